// Runs the tests. If XTAPE_ISA asks for an instruction set that this CPU lacks, it says so and exits with a special
// code, by which ctest distinguishes a test that cannot run here from one that fails. With --op-cases it prints the
// table of ops for golden/make_ops.py instead.
#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

#include "support/op_cases.hpp"
#include "xtape/error.hpp"
#include "xtape/version.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/// Tests ask for more memory than there is, and expect an exception.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
#endif
#endif

int main(int argc, char** argv) {
  constexpr int cannot_run_here = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
  ::testing::InitGoogleTest(&argc, argv);
  try {
    xtape::build_info();
  } catch (const xtape::ValueError& error) {
    std::puts(error.what());
    return cannot_run_here;
  }
  if (argc == 2 && std::string_view(argv[1]) == "--op-cases") {
    xtape::testing::print_op_cases();
    return 0;
  }
  return RUN_ALL_TESTS();
}
