// The opt-in headers: xtensor.hpp and fmt.hpp.
#include <fmt/ranges.h>

#include <xtensor/xmath.hpp>
#include <xtensor/xvectorize.hpp>

#include "support/expect.hpp"
#include "xtape/fmt.hpp"
#include "xtape/nn/nn.hpp"
#include "xtape/xtensor.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

TEST(Xtensor, ToXarrayIsACopy) {
  Tensor t = tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  xt::xarray<float> a = to_xarray<float>(t);
  t.fill_(0);
  EXPECT_EQ(a(1, 2), 6.f);
  EXPECT_EQ(a.dimension(), 2u);
}

TEST(Xtensor, AViewWritesThrough) {
  Tensor t = zeros({2, 2});
  auto v = view<float>(t);
  v(1, 0) = 7;
  expect_close(t, {0, 0, 7, 0});
}

TEST(Xtensor, FromXtensorEvaluatesAnExpressionOnce) {
  xt::xarray<float> a = {{0.f, 0.f}, {0.f, 0.f}};
  int evaluations = 0;
  auto count = xt::vectorize([&evaluations](float v) {
    ++evaluations;
    return v;
  });
  Tensor t = from_xtensor(count(a) + 1.0f);
  EXPECT_EQ(evaluations, 4);
  EXPECT_EQ(t.dtype(), float32);
  expect_close(t, {1, 1, 1, 1});
}

TEST(Xtensor, FromXtensorReadsAnyLayoutRowMajor) {
  xt::xarray<double, xt::layout_type::column_major> a = {{1, 2, 3}, {4, 5, 6}};
  expect_close(from_xtensor(a), {1, 2, 3, 4, 5, 6});
  expect_close(from_xtensor(xt::transpose(a)), {1, 4, 2, 5, 3, 6});
}

TEST(Xtensor, TheWrongTypeIsAnError) {
  expect_error<DTypeError>([] { to_xarray<double>(ones({2})); }, "the tensor holds float32, not float64");
}

TEST(Fmt, ASpecOfNumbersFormatsTheOnlyElement) {
  const Tensor loss = tensor(0.69314718), count = tensor(42), x = tensor({1.5, 2.5});
  EXPECT_EQ(fmt::format("{:.4f}|{:10.3e}|{:.3}|{:.{}f}|{:g}", loss, loss, loss, loss, 2, count),
            "0.6931| 6.931e-01|0.693|0.69|42");
  EXPECT_EQ(fmt::format("{:5d}|{:d}|{:.1f}|{:.1f}", count, tensor(true), count, tensor({2.5})), "   42|1|42.0|2.5");
  EXPECT_EQ(fmt::format("{:>16}|{:s}", loss, loss), "  tensor(0.6931)|tensor(0.6931)");
  expect_error<ValueError>([&x] { (void)fmt::format("{:.4f}", x); }, "item: tensor has 2 elements; use to_vector");
  expect_error<DTypeError>([&x] { (void)fmt::format("{:d}", x[0]); },
                           "format: {:d} formats integers, the tensor is float32");
}

TEST(Fmt, FormatsTensorsShapesAndDtypes) {
  EXPECT_EQ(fmt::format("{} {}", Shape{2, 3}, float64), "(2, 3) float64");
  Tensor t = ones({2});
  EXPECT_EQ(fmt::format("{}", t), t.to_string());
  const IncompatibleKeys keys{{"a"}, {}};
  EXPECT_EQ(fmt::format("{}", keys), "IncompatibleKeys(missing_keys=['a'], unexpected_keys=[])");
}

TEST(Fmt, FormatsModulesOfAnyTypeAlsoBesideRanges) {
  struct Doubling : nn::Module {
    Tensor forward(const Tensor& x) const { return 2 * x; }
  };
  const nn::Sequential model{Doubling(), nn::Linear(2, 3)};
  EXPECT_EQ(fmt::format("{}", Doubling()), "Doubling()");
  EXPECT_EQ(fmt::format("{}", model), model.to_string());
  EXPECT_EQ(fmt::format("{}", nn::ModuleList{nn::ReLU()}), "ModuleList(\n  (0): ReLU()\n)");
  EXPECT_EQ(fmt::format("{}", model.state_dict()), model.state_dict().to_string());
  EXPECT_EQ(fmt::format("{}", nn::summary(model, {1, 2})), nn::summary(model, {1, 2}).to_string());
  EXPECT_EQ(fmt::format("{}", std::vector<int>{1, 2}), "[1, 2]");
}

}  // namespace
}  // namespace xtape
