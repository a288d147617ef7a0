#include "kernels/isa.hpp"

#include <cstdlib>
#include <string>

#include "support/expect.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

TEST(Isa, IsFoundByItsName) {
  testing::each_isa([](const kernels::Isa& isa) { EXPECT_EQ(kernels::find_isa(isa.name), &isa); });
  EXPECT_NE(kernels::find_isa("baseline"), nullptr);
}

TEST(Isa, IsTheBestOfTheCpuByDefault) {
  const kernels::Isa* best = nullptr;
  testing::each_isa([&best](const kernels::Isa& isa) { best = &isa; });
  EXPECT_EQ(&kernels::choose_isa(nullptr), best);
  EXPECT_EQ(&kernels::choose_isa(""), best);
}

TEST(Isa, MayBeChosenByName) {
  testing::each_isa([](const kernels::Isa& isa) { EXPECT_EQ(&kernels::choose_isa(isa.name), &isa); });
}

TEST(Isa, RefusesUnknownNamesAndWhatTheCpuLacks) {
  testing::expect_error<ValueError>([] { kernels::choose_isa("AVX2"); }, "XTAPE_ISA", "'AVX2'", "baseline");
  for (const char* name : kernels::isa_names) {
    if (!kernels::find_isa(name)) {
      testing::expect_error<ValueError>([name] { kernels::choose_isa(name); }, name, "it has baseline");
    }
  }
}

TEST(Isa, InUseIsTheEnvironmentsChoiceAndBuildInfoNamesIt) {
  EXPECT_EQ(&kernels::isa(), &kernels::choose_isa(std::getenv("XTAPE_ISA")));
  EXPECT_NE(build_info().find(std::string(kernels::isa().name) + " kernels"), std::string::npos) << build_info();
}

}  // namespace
}  // namespace xtape
