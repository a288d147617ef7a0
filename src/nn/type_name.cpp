#include "nn/type_name.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace xtape::nn {

std::string type_name(const Module& module) {
  const char* mangled = typeid(module).name();
  const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr),
                                                        std::free);
  std::string name = readable ? readable.get() : mangled;
  if (name.rfind("xtape::nn::detail::FunctionModule<", 0) == 0) return "function";
  std::string last;  // of the parts between "::", without anything in brackets
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '>' || c == ')') {
      --depth;
    } else if (c == '<' || c == '(') {
      ++depth;
    } else if (depth == 0 && c == ':') {
      last.clear();
    } else if (depth == 0) {
      last += c;
    }
  }
  return last;
}

}  // namespace xtape::nn
