// build_info() is here because the kernels know the instruction set in use.
#include <fmt/format.h>

#include "kernels/isa.hpp"
#include "xtape/version.hpp"

namespace xtape {

namespace {
#if defined(__clang__)
constexpr const char* compiler = "clang " __clang_version__;
#else
constexpr const char* compiler = "gcc " __VERSION__;
#endif
}  // namespace

std::string build_info() { return fmt::format("xtape {}, {}, {} kernels", version(), compiler, kernels::isa().name); }

}  // namespace xtape
