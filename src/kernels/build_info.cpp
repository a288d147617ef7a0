// build_info() stands with the kernels, which alone know the BLAS.
#include <cblas.h>
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

const char* blas() {
#ifdef OPENBLAS_VERSION
  return openblas_get_config();
#else
  return "CBLAS";
#endif
}
}  // namespace

std::string build_info() {
  return fmt::format("xtape {}, {}, {}, {} kernels", version(), compiler, blas(), kernels::isa().name);
}

}  // namespace xtape
