// A network's training against PyTorch's: tests/golden/adam_trace.csv, made by make_adam_trace.py beside it, which says
// where weights and batch come from.
#include <cmath>
#include <fstream>
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

namespace F = nn::functional;

Tensor u(std::uint64_t k, const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>((i * 2654435761 + k * 40503) % (std::uint64_t{1} << 32)) / 0x1p32 - 0.5;
  }
  return tensor(values, shape);
}

std::vector<double> trace(DType dtype) {
  auto parameter = [dtype](const Tensor& t) { return t.to(dtype).requires_grad_(); };
  const std::vector<Tensor> p{parameter(2 * u(1, {256, 784}) / 28.0), parameter(2 * u(2, {256}) / 28.0),
                              parameter(2 * u(3, {10, 256}) / 16.0), parameter(2 * u(4, {10}) / 16.0)};
  const Tensor x = (u(5, {64, 784}) + 0.5).to(dtype);
  std::vector<std::int64_t> labels(64);
  for (std::int64_t i = 0; i < 64; ++i) labels[static_cast<std::size_t>(i)] = (7 * i + i / 10) % 10;
  const Tensor y = tensor(labels);
  optim::Adam optimizer(p, {.lr = 1e-3});
  std::vector<double> losses;
  for (int step = 0; step < 20; ++step) {
    Tensor logits = F::linear(relu(F::linear(x, p[0], p[1])), p[2], p[3]);
    Tensor loss = F::cross_entropy(logits, y, {.label_smoothing = 0.1});
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

/// Column `column` of the golden file.
std::vector<double> golden(int column) {
  std::ifstream file(testing::golden_file("adam_trace.csv"));
  std::vector<double> values;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || !(std::isdigit(static_cast<unsigned char>(line[0])))) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i <= column; ++i) std::getline(fields, field, ',');
    values.push_back(std::stod(field));
  }
  return values;
}

void expect_equal_traces(const std::vector<double>& ours, const std::vector<double>& theirs, double relative) {
  ASSERT_EQ(theirs.size(), 20u);
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) worst = std::max(worst, std::abs(ours[i] / theirs[i] - 1));
  ::testing::Test::RecordProperty("largest_relative_difference", std::to_string(worst * 1e9) + "e-9");
  EXPECT_LE(worst, relative);
}

TEST(AdamTrace, EqualsPyTorchsInFloat32) { expect_equal_traces(trace(float32), golden(0), 1e-6); }
TEST(AdamTrace, EqualsPyTorchsInFloat64) { expect_equal_traces(trace(float64), golden(1), 1e-12); }

}  // namespace
}  // namespace xtape
