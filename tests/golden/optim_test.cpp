// Fifty steps of each optimizer with every combination of options against PyTorch's, from optim.golden, which
// make_optim.py writes.
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using testing::Comparison;
using testing::GoldenFile;

const std::vector<Shape> parameter_shapes = {{2, 3}, {3}, {}, {2}};

// The same three functions are in make_optim.py.

Tensor values(int step, std::size_t parameter, DType dtype) {
  const std::string key = "optim " + std::to_string(step) + " " + std::to_string(parameter);
  const double scale = step % 5 == 2 ? 0.0 : std::ldexp(1.0, step % 7 - 3);
  return (testing::any(parameter_shapes[parameter]).make(key, float64).detach() * scale).to(dtype);
}

bool is_absent(int step, std::size_t parameter) {
  return (parameter == 1 && step % 7 == 3) || (parameter == 2 && step < 10);
}

template <class Options>
Options second(Options options) {
  options.lr = 2 * options.lr;
  options.weight_decay = .1 - options.weight_decay;
  options.maximize = !options.maximize;
  return options;
}

/// "SGD float64 lr=0.05 momentum=0.9 ...".
struct OptimizerCase {
  explicit OptimizerCase(const std::string& name) {
    std::istringstream in(name);
    std::string dtype_name, option;
    in >> optimizer >> dtype_name;
    dtype = dtype_name == "float32" ? float32 : float64;
    while (in >> option) {
      const std::size_t equals = option.find('=');
      options[option.substr(0, equals)] = std::stod(option.substr(equals + 1));
    }
  }
  double at(const std::string& option) const { return options.at(option); }
  bool flag(const std::string& option) const { return options.at(option) != 0; }

  std::string optimizer;
  DType dtype = float64;
  std::map<std::string, double> options;
};

/// Elements of all parameters after every fifth step.
template <class Options>
Tensor trace(DType dtype, const Options& options) {
  std::vector<Tensor> p, rows;
  for (std::size_t k = 0; k < parameter_shapes.size(); ++k) p.push_back(values(0, k, dtype).requires_grad_());
  optim::GroupOptimizer<Options> optimizer({{{p[0], p[1]}, options}, {{p[2], p[3]}, second(options)}});
  for (int step = 1; step <= 50; ++step) {
    for (std::size_t k = 0; k < p.size(); ++k) p[k].set_grad(is_absent(step, k) ? Tensor() : values(step, k, dtype));
    optimizer.step();
    if (step == 25) optimizer.param_groups()[0].options.lr *= 0.5;
    if (step % 5) continue;
    std::vector<Tensor> row;
    for (const Tensor& x : p) row.push_back(x.detach().clone().reshape({-1}));
    rows.push_back(cat(row, 0));
  }
  return stack(rows, 0);
}

Tensor trace(const OptimizerCase& c) {
  if (c.optimizer == "SGD") {
    return trace(c.dtype, optim::SGDOptions{.lr = c.at("lr"),
                                            .momentum = c.at("momentum"),
                                            .dampening = c.at("dampening"),
                                            .weight_decay = c.at("weight_decay"),
                                            .nesterov = c.flag("nesterov"),
                                            .maximize = c.flag("maximize")});
  }
  if (c.optimizer == "RMSprop") {
    return trace(c.dtype, optim::RMSpropOptions{.lr = c.at("lr"),
                                                .alpha = c.at("alpha"),
                                                .eps = c.at("eps"),
                                                .weight_decay = c.at("weight_decay"),
                                                .momentum = c.at("momentum"),
                                                .centered = c.flag("centered"),
                                                .maximize = c.flag("maximize")});
  }
  if (c.optimizer == "Adagrad") {
    return trace(c.dtype, optim::AdagradOptions{.lr = c.at("lr"),
                                                .lr_decay = c.at("lr_decay"),
                                                .weight_decay = c.at("weight_decay"),
                                                .initial_accumulator_value = c.at("initial_accumulator_value"),
                                                .eps = c.at("eps"),
                                                .maximize = c.flag("maximize")});
  }
  const auto options = [&c]<class Options>(Options) {
    return Options{.lr = c.at("lr"),
                   .betas = {c.at("beta1"), c.at("beta2")},
                   .eps = c.at("eps"),
                   .weight_decay = c.at("weight_decay"),
                   .amsgrad = c.flag("amsgrad"),
                   .maximize = c.flag("maximize")};
  };
  if (c.optimizer == "Adam") return trace(c.dtype, options(optim::AdamOptions{}));
  return trace(c.dtype, options(optim::AdamWOptions{}));
}

TEST(OptimGolden, EveryCombinationOfOptionsFollowsPyTorch) {
  GoldenFile file(testing::golden_file("optim.golden"));
  Comparison comparison({.float32 = 1e-5});  // a beta2 of 0 magnifies the rounding of small gradients
  std::map<std::string, int> count;
  for (const std::string& name : file.names()) {
    const OptimizerCase c(name);
    ++count[c.optimizer];
    comparison.expect_same(name, {trace(c)}, file.take(name));
  }
  file.expect_all_taken();
  const std::map<std::string, int> expected{
      {"SGD", 2 * 20}, {"Adam", 2 * 32}, {"AdamW", 2 * 32}, {"RMSprop", 2 * 40}, {"Adagrad", 2 * 32}};
  EXPECT_EQ(count, expected);
}

}  // namespace
}  // namespace xtape
