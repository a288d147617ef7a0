// Fifty steps of each optimizer beside PyTorch's: tests/golden/optim.txt, written by optim.py next to it.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

using testing::expect_close;

const std::vector<Shape> shapes = {{4, 5}, {3}, {}};
constexpr int initial = 1000;

/// The numbers of optim.py's `noise`, from the same integers.
double noise(std::uint64_t step, std::uint64_t parameter, std::uint64_t element) {
  const std::uint64_t mask = 0xffffffff;
  std::uint64_t x = (step * 7919 + parameter * 104729 + element * 1299709 + 12345) * 2654435761 & mask;
  x ^= x >> 15;
  x = x * 2246822519 & mask;
  x ^= x >> 13;
  return static_cast<double>(x) / 4294967296.0 - 0.5;
}

Tensor values(int step, std::size_t parameter, DType dtype) {
  std::vector<double> x(static_cast<std::size_t>(shapes[parameter].numel()));
  const double scale = step % 5 == 2 ? 0.0 : std::ldexp(1.0, step % 7 - 3);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = noise(static_cast<std::uint64_t>(step), parameter, i) * scale;
  }
  return tensor(x, shapes[parameter]).to(dtype);
}

bool is_absent(int step, std::size_t parameter) {
  return (parameter == 1 && step % 7 == 3) || (parameter == 2 && step < 10);
}

struct Case {
  std::string line, optimizer;
  DType dtype = float64;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::pair<int, std::vector<double>>> after;  // step, the elements of all parameters

  double number(const std::string& option) const { return std::stod(text(option)); }
  bool flag(const std::string& option) const { return text(option) == "1"; }
  std::string text(const std::string& option) const {
    for (const auto& [name, value] : options) {
      if (name == option) return value;
    }
    ADD_FAILURE() << option << " is not in: " << line;
    return "0";
  }
};

std::vector<Case> read_cases() {
  std::ifstream file(xtape::testing::golden_file("optim.txt"));
  std::vector<Case> cases;
  for (std::string line, word; std::getline(file, line);) {
    std::istringstream words(line);
    words >> word;
    if (word == "case") {
      Case c;
      c.line = line;
      words >> c.optimizer >> word;
      c.dtype = word == "float32" ? float32 : float64;
      while (words >> word) {
        c.options.emplace_back(word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
      }
      cases.push_back(c);
    } else if (word == "after") {
      int step = 0;
      words >> step;
      std::vector<double> numbers;
      while (words >> word) numbers.push_back(std::strtod(word.c_str(), nullptr));
      cases.back().after.emplace_back(step, numbers);
    }
  }
  return cases;
}

/// Runs the case's steps on an optimizer of `options` and compares where PyTorch's numbers are known.
template <class Options>
void run(const Case& c, const Options& options) {
  SCOPED_TRACE(c.line);
  std::vector<Tensor> params;
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    params.push_back(values(initial, k, c.dtype).requires_grad_());
  }
  optim::GroupOptimizer<Options> optimizer(params, options);
  int step = 0;
  for (const auto& [until, expected] : c.after) {
    while (step < until) {
      ++step;
      for (std::size_t k = 0; k < params.size(); ++k) {
        params[k].set_grad(is_absent(step, k) ? Tensor() : values(step, k, c.dtype));
      }
      optimizer.step();
      if (step == 25) optimizer.param_groups()[0].options.lr *= 0.5;
    }
    SCOPED_TRACE(step);
    std::vector<double> ours;
    for (const Tensor& p : params) {
      for (double x : p.detach().to(float64).to_vector<double>()) ours.push_back(x);
    }
    expect_close(tensor(ours), expected, c.dtype == float32 ? 4e-7 : 1e-14);
  }
}

TEST(OptimGolden, SGDFollowsPyTorch) {
  int count = 0;
  for (const Case& c : read_cases()) {
    if (c.optimizer != "SGD") continue;
    ++count;
    run<optim::SGDOptions>(c, {.lr = c.number("lr"),
                               .momentum = c.number("momentum"),
                               .dampening = c.number("dampening"),
                               .weight_decay = c.number("weight_decay"),
                               .nesterov = c.flag("nesterov"),
                               .maximize = c.flag("maximize")});
  }
  EXPECT_EQ(count, 20);
}

TEST(OptimGolden, AdamFollowsPyTorch) {
  int count = 0;
  for (const Case& c : read_cases()) {
    if (c.optimizer != "Adam") continue;
    ++count;
    const std::string betas = c.text("betas");
    run<optim::AdamOptions>(c, {.lr = c.number("lr"),
                                .betas = {std::stod(betas), std::stod(betas.substr(betas.find(',') + 1))},
                                .eps = c.number("eps"),
                                .weight_decay = c.number("weight_decay"),
                                .amsgrad = c.flag("amsgrad"),
                                .maximize = c.flag("maximize")});
  }
  EXPECT_EQ(count, 24);
}

}  // namespace
}  // namespace xtape
