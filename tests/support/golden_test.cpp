// The reader of golden files and the comparison must fail where they should: otherwise the golden tests prove nothing.
#include "support/golden.hpp"

#include <gtest/gtest-spi.h>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using testing::Comparison;
using testing::GoldenFile;
using testing::TempDir;

std::string whole() { return testing::read_file(testing::golden_file("nll_loss.golden")); }

/// Reading these bytes throws an error with this message.
void expect_refused(const std::string& bytes, const std::string& message) {
  const TempDir dir;
  testing::write_file(dir / "x.golden", bytes);
  testing::expect_error<std::runtime_error>([&] { GoldenFile file(dir / "x.golden"); }, "x.golden", message);
}

TEST(GoldenFile, IsReadWhole) { EXPECT_EQ(GoldenFile(testing::golden_file("nll_loss.golden")).names().size(), 1080u); }

TEST(GoldenFile, IsRefusedWhenAbsentCutOrLengthened) {
  const std::string bytes = whole();
  expect_refused("", "first line");
  expect_refused(bytes.substr(0, 20), "first line");
  expect_refused(bytes.substr(0, bytes.size() - 1), "damaged");
  expect_refused(bytes.substr(0, bytes.size() / 2), "damaged");
  expect_refused(bytes + "x", "damaged");
}

TEST(GoldenFile, IsRefusedWithAChangedByte) {
  std::string bytes = whole();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  expect_refused(bytes, "damaged");
}

TEST(GoldenFile, IsRefusedWhenItsFirstLineIsWrong) {
  const std::string bytes = whole();
  const std::size_t cases = bytes.find("1080 cases");
  expect_refused(std::string(bytes).replace(cases, 4, "1081"), "cases");
  expect_refused(std::string(bytes).replace(bytes.find(" bytes") - 1, 1, "0"), "as long as");
}

TEST(GoldenFile, GivesEachCaseOnceAndOnlyThoseItHas) {
  GoldenFile file(testing::golden_file("nll_loss.golden"));
  const std::string name = file.names()[0];
  EXPECT_EQ(file.take(name).size(), 2u);
  testing::expect_error<std::runtime_error>([&] { file.take(name); }, name, "taken before");
  testing::expect_error<std::runtime_error>([&] { file.take("no such case"); }, "no such case");
  EXPECT_NONFATAL_FAILURE(file.expect_all_taken(), "1079 cases were not taken");
}

TEST(GoldenComparison, AcceptsWhatIsCloseEnoughAndNothingElse) {
  auto same = [](const Tensor& ours, const Tensor& theirs) { Comparison().expect_same("case", {ours}, {theirs}); };
  const float inf = INFINITY, nan = NAN;
  same(tensor({1.0f, nan, inf}), tensor({1.000001f, nan, inf}));
  same(tensor({true, false}), tensor({true, false}));
  EXPECT_NONFATAL_FAILURE(same(tensor({1.0f}), tensor({1.00001f})), "element 0");
  EXPECT_NONFATAL_FAILURE(same(tensor({0.0f, nan}), tensor({0.0f, 1.0f})), "element 1");
  EXPECT_NONFATAL_FAILURE(same(tensor({1.0f}), tensor({nan})), "element 0");
  EXPECT_NONFATAL_FAILURE(same(tensor({inf}), tensor({-inf})), "element 0");
  EXPECT_NONFATAL_FAILURE(same(tensor({3}), tensor({4})), "element 0");
  EXPECT_NONFATAL_FAILURE(same(tensor({1.0f}), tensor(1.0f)), "PyTorch's is ()");
  EXPECT_NONFATAL_FAILURE(same(tensor({1}), tensor({1.0f})), "PyTorch's is float32");
}

TEST(GoldenComparison, CountsTheResults) {
  EXPECT_NONFATAL_FAILURE(Comparison().expect_same("case", {}, {tensor(1)}), "case");
}

TEST(Inputs, AreTheSameAsInGoldenPy) {  // printed by golden.py's any_((2,)).tensor("key", torch.float64)
  testing::expect_close(testing::any({2}).make("key", float64), {1.8314338794338592, 1.7862204505596937});
}

}  // namespace
}  // namespace xtape
