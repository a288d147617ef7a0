// The losses against PyTorch's, for all combinations of weights, smoothings, ignored positions, reductions, ranks and
// layouts, in both dtypes; make_losses.py writes the files.
#include <cmath>
#include <cstdio>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Comparison;
using testing::GoldenFile;
using testing::gradients;
using testing::Input;
using testing::integers;
using testing::make_inputs;

constexpr std::int64_t classes = 4;
const std::vector<Shape> shapes = {{classes}, {3, classes}, {3, classes, 2}, {3, classes, 2, 2}, {2, classes, 2, 1, 3}};
const std::vector<std::string> layouts = {"plain", "permuted", "sliced"}, weights = {"none", "given", "zero"},
                               ignored = {"none", "some", "all", "inside"};
const std::vector<double> smoothings = {0, 0.1, 1};
const std::vector<std::pair<Reduction, std::string>> reductions = {
    {Reduction::none, "none"}, {Reduction::mean, "mean"}, {Reduction::sum, "sum"}};

Tensor weight(const std::string& which, DType dtype) {
  if (which == "none") return {};
  return tensor({0.25, 1.5, which == "zero" ? 0.0 : 0.75, 2.0}, {.dtype = dtype});
}

Shape base_shape(const Shape& shape, const std::string& layout) {
  Shape base = shape;
  if (layout == "permuted") {
    for (std::int64_t d = 0; d < shape.size(); ++d) base[d] = shape[shape.size() - 1 - d];
  } else if (layout == "sliced") {
    base[0] += 2;
  }
  return base;
}

Tensor lay_out(const Tensor& base, const std::string& layout, std::int64_t n) {
  if (layout == "sliced") return narrow(base, 0, 1, n);
  Shape reversed;
  for (std::int64_t d = base.dim() - 1; d >= 0; --d) reversed.push_back(d);
  return layout == "permuted" ? permute(base, reversed) : base;
}

std::string number(double e) {
  char text[16];
  std::snprintf(text, sizeof text, "%g", e);
  return text;
}

/// One combination; its name is the one in make_losses.py.
struct LossCase {
  std::string loss, target, w, ignore;
  double e;
  std::pair<Reduction, std::string> reduction;
  Shape shape;
  std::string layout;
  DType dtype;

  std::string name() const {
    return loss + " " + target + " w=" + w + " e=" + number(e) + (ignore.empty() ? "" : " ignore=" + ignore) + " " +
           reduction.second + " rank=" + std::to_string(shape.size()) + " " + layout;
  }
};

std::vector<LossCase> product(const std::string& loss, const std::string& target, const std::vector<double>& es,
                              const std::vector<std::string>& ignores) {
  const std::vector<DType> dtypes = {float64, float32};
  std::vector<LossCase> cases;
  for (std::size_t i = 0, rest = 0; rest == 0; ++i) {
    rest = i;
    auto digit = [&rest](const auto& values) {
      const auto value = values[rest % values.size()];
      rest /= values.size();
      return value;
    };
    cases.push_back({loss, target, digit(weights), digit(ignores), digit(es), digit(reductions), digit(shapes),
                     digit(layouts), digit(dtypes)});
  }
  cases.pop_back();  // the first combination again
  return cases;
}

/// Writes ignore_index to the targets that the case ignores, and returns it.
std::int64_t ignore_some(Tensor& target, const std::string& ignore) {
  if (ignore == "inside") return 1;
  const std::size_t step = ignore == "some" ? 3 : 1;
  const std::size_t first = ignore == "some" ? 1 : 0;
  if (ignore != "none") {
    const std::span<std::int64_t> y = target.span<std::int64_t>();
    for (std::size_t i = first; i < y.size(); i += step) y[i] = -100;
  }
  return -100;
}

/// Whether the weights of all positions that count are 0, so that a mean is 0 / 0.
bool weighs_nothing(const LossCase& c, const Tensor& target, std::int64_t ignore_index) {
  for (std::int64_t y : target.to_vector<std::int64_t>()) {
    if (y != ignore_index && !(c.w == "zero" && y == 2)) return false;
  }
  return true;
}

void check_index(const LossCase& c, GoldenFile& file, Comparison& comparison) {
  Shape positions = c.shape;
  positions.erase(c.shape.size() == 1 ? 0 : 1);
  auto inputs = make_inputs(c.name(), {any(base_shape(c.shape, c.layout)), integers(positions, classes)}, c.dtype);
  const std::int64_t ignore_index = ignore_some(inputs[1], c.ignore);
  const Tensor x = lay_out(inputs[0], c.layout, c.shape[0]), w = weight(c.w, c.dtype);
  const Tensor y = c.loss == "nll_loss" ? nll_loss(x, inputs[1], {w, ignore_index, c.reduction.first})
                                        : cross_entropy(x, inputs[1], {w, ignore_index, c.reduction.first, c.e});
  const std::vector<Tensor> dx = gradients(c.name(), {y}, {inputs[0]}, {.retain_graph = true});
  std::vector<Tensor> expected = file.take(c.name() + " " + to_string(c.dtype));
  if (c.reduction.first == Reduction::mean && weighs_nothing(c, inputs[1], ignore_index)) {
    EXPECT_TRUE(std::isnan(expected[0].item<double>())) << c.name();
    expected[1].zero_();  // SEMANTICS [6], [13]: gradients are exactly 0, where PyTorch's are NaN or 0
  }
  comparison.expect_same(c.name(), {y, dx[0]}, expected);
  const std::vector<Tensor> recorded = gradients(c.name(), {y}, {inputs[0]}, {.create_graph = true});
  comparison.expect_same(c.name() + ", recorded", recorded, {expected[1]});
}

/// Checks a loss of real inputs and targets with its gradients at both.
void check_both(const std::string& name, const Tensor& y, const std::vector<Tensor>& inputs, GoldenFile& file,
                Comparison& comparison) {
  const std::vector<Tensor> d = gradients(name, {y}, inputs, {.retain_graph = true});
  const std::vector<Tensor> expected = file.take(name + " " + to_string(y.dtype()));
  comparison.expect_same(name, {y, d[0], d[1]}, expected);
  const std::vector<Tensor> recorded = gradients(name, {y}, inputs, {.create_graph = true});
  comparison.expect_same(name + ", recorded", recorded, {expected[1], expected[2]});
}

void check_probability(const LossCase& c, GoldenFile& file, Comparison& comparison) {
  const auto inputs =
      make_inputs(c.name(), {any(base_shape(c.shape, c.layout)), testing::uniform(c.shape, 0, 1)}, c.dtype);
  const Tensor y = cross_entropy(lay_out(inputs[0], c.layout, c.shape[0]), inputs[1],
                                 {weight(c.w, c.dtype), -100, c.reduction.first, c.e});
  check_both(c.name(), y, inputs, file, comparison);
}

using ElementLoss = Tensor (*)(const Tensor& x, const Tensor& t, const Tensor& w, const Tensor& p, Reduction r);
const std::vector<std::pair<std::string, ElementLoss>> element_losses = {
    {"mse_loss", [](auto& x, auto& t, auto&, auto&, Reduction r) { return mse_loss(x, t, {r}); }},
    {"bce",
     [](auto& x, auto& t, auto&, auto&, Reduction r) {
       return binary_cross_entropy_with_logits(x, t, {{}, r, {}});
     }},
    {"bce weight",
     [](auto& x, auto& t, auto& w, auto&, Reduction r) {
       return binary_cross_entropy_with_logits(x, t, {w, r, {}});
     }},
    {"bce pos_weight",
     [](auto& x, auto& t, auto&, auto& p, Reduction r) {
       return binary_cross_entropy_with_logits(x, t, {{}, r, p});
     }},
    {"bce both",
     [](auto& x, auto& t, auto& w, auto& p, Reduction r) {
       return binary_cross_entropy_with_logits(x, t, {w, r, p});
     }},
    {"l1_loss", [](auto& x, auto& t, auto&, auto&, Reduction r) { return l1_loss(x, t, {r}); }},
    {"smooth_l1_loss",
     [](auto& x, auto& t, auto&, auto&, Reduction r) {
       return smooth_l1_loss(x, t, {r, 0.7});
     }},
    {"huber_loss",
     [](auto& x, auto& t, auto&, auto&, Reduction r) {
       return huber_loss(x, t, {r, 0.7});
     }},
    {"binary_cross_entropy",
     [](auto& x, auto& t, auto&, auto&, Reduction r) {
       return binary_cross_entropy(sigmoid(x), t, {{}, r});
     }},
    {"binary_cross_entropy weight",
     [](auto& x, auto& t, auto& w, auto&, Reduction r) {
       return binary_cross_entropy(sigmoid(x), t, {w, r});
     }},
    {"kl_div", [](auto& x, auto& t, auto&, auto&, Reduction r) { return kl_div(x, t, {r}); }},
    {"kl_div log_target",
     [](auto& x, auto& t, auto&, auto&, Reduction r) {
       return kl_div(x, t, {r, true});
     }},
};

/// Checks one loss with one reduction for all shapes and layouts.
void check_elements(const std::string& loss, ElementLoss f, const std::string& reduced, Reduction reduction,
                    GoldenFile& file, Comparison& comparison) {
  for (const Shape& shape : shapes) {
    for (const std::string& layout : layouts) {
      for (DType dtype : {float64, float32}) {
        const std::string name = loss + " " + reduced + " rank=" + std::to_string(shape.size()) + " " + layout;
        const Input factors = testing::uniform({shape.back()}, 0, 2);
        const auto x =
            make_inputs(name, {any(base_shape(shape, layout)), testing::uniform(shape, 0, 1), factors, factors}, dtype);
        const Tensor y = f(lay_out(x[0], layout, shape[0]), x[1], x[2].detach(), x[3].detach(), reduction);
        check_both(name, y, {x[0], x[1]}, file, comparison);
      }
    }
  }
}

TEST(LossesGolden, CrossEntropyOfIndicesAgreesWithPyTorch) {
  GoldenFile file(testing::golden_file("cross_entropy_index.golden"));
  Comparison comparison;
  for (const LossCase& c : product("cross_entropy", "index", smoothings, ignored)) check_index(c, file, comparison);
  file.expect_all_taken();
}

TEST(LossesGolden, CrossEntropyOfProbabilitiesAgreesWithPyTorch) {
  GoldenFile file(testing::golden_file("cross_entropy_probability.golden"));
  Comparison comparison;
  for (const LossCase& c : product("cross_entropy", "probability", smoothings, {""})) {
    check_probability(c, file, comparison);
  }
  file.expect_all_taken();
}

TEST(LossesGolden, NLLLossAgreesWithPyTorch) {
  GoldenFile file(testing::golden_file("nll_loss.golden"));
  Comparison comparison;
  for (const LossCase& c : product("nll_loss", "index", {0}, ignored)) check_index(c, file, comparison);
  file.expect_all_taken();
}

TEST(LossesGolden, LossesOfElementsAgreeWithPyTorch) {
  GoldenFile file(testing::golden_file("element_losses.golden"));
  Comparison comparison;
  for (const auto& loss : element_losses) {
    for (const auto& reduction : reductions) {
      check_elements(loss.first, loss.second, reduction.second, reduction.first, file, comparison);
    }
    if (loss.first.rfind("kl_div", 0) == 0) {
      check_elements(loss.first, loss.second, "batchmean", Reduction::batchmean, file, comparison);
    }
  }
  file.expect_all_taken();
}

}  // namespace
}  // namespace xtape
