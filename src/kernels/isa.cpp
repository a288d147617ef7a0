#include "kernels/isa.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "core/fail.hpp"

namespace xtape::kernels {

extern const Isa baseline_isa;
#if defined(__x86_64__)  // cmake/XtapeIsa.cmake decides by the processor's name; if they disagree, linking fails
extern const Isa avx2_isa, avx512_isa;
#endif

const Isa* find_isa(const char* word) {
  const std::string_view name = word;
  if (name == "baseline") return &baseline_isa;
#if defined(__x86_64__)
  // Every feature that cmake/XtapeIsa.cmake lets the compiler use.
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (name == "avx2" && avx2) return &avx2_isa;
  if (name == "avx512" && avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
    return &avx512_isa;
  }
#endif
  return nullptr;
}

const Isa& choose_isa(const char* name) {
  if (name && *name) {
    if (const Isa* found = find_isa(name)) return *found;
    std::string here;
    for (const char* other : isa_names) {
      if (find_isa(other)) here += (here.empty() ? "" : ", ") + std::string(other);
    }
    fail<ValueError>("XTAPE_ISA", "this CPU does not have the instruction set '{}'; it has {}", name, here);
  }
  const Isa* best = &baseline_isa;
  for (const char* other : isa_names) {
    if (const Isa* found = find_isa(other)) best = found;
  }
  return *best;
}

const Isa& isa() {
  static const Isa& chosen = choose_isa(std::getenv("XTAPE_ISA"));
  return chosen;
}

template <>
const FloatKernels<float>& isa_of() {
  return isa().float32;
}
template <>
const FloatKernels<double>& isa_of() {
  return isa().float64;
}

}  // namespace xtape::kernels
