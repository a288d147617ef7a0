// Training runs against PyTorch's, loss by loss, from training.golden; make_training.py writes it and describes the
// runs.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

constexpr std::int64_t steps = 200, batch = 32;

/// weight and bias of each layer, uniform on +-1/sqrt(inputs).
std::vector<Tensor> parameters(const std::string& run, const std::vector<std::int64_t>& sizes, DType dtype) {
  std::vector<testing::Input> inputs;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const double k = 1 / std::sqrt(static_cast<double>(sizes[i]));
    inputs.push_back(testing::uniform({sizes[i + 1], sizes[i]}, -k, 2 * k));
    inputs.push_back(testing::uniform({sizes[i + 1]}, -k, 2 * k));
  }
  return testing::make_inputs(run, inputs, dtype);
}

std::vector<double> train(const std::vector<Tensor>& p, optim::Optimizer& optimizer,
                          const std::vector<data::Batch>& batches, double smoothing) {
  std::vector<double> losses;
  for (const data::Batch& b : batches) {
    Tensor x = b.x;
    for (std::size_t i = 0; i < p.size(); i += 2) {
      x = linear(x, p[i], p[i + 1]);
      if (i + 2 < p.size()) x = relu(x);
    }
    Tensor loss = cross_entropy(x, b.y, {.label_smoothing = smoothing});
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

void expect_equal_traces(const std::string& name, const std::vector<double>& ours, double relative) {
  const Tensor golden = testing::GoldenFile(testing::golden_file("training.golden")).take(name)[0];
  const std::vector<double> theirs = golden.to_vector<double>();
  ASSERT_EQ(theirs.size(), ours.size());
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) worst = std::max(worst, std::abs(ours[i] / theirs[i] - 1));
  std::printf("%s: largest relative difference of a loss %.3g\n", name.c_str(), worst);
  EXPECT_LE(worst, relative);
}

const char* name_of(DType dtype) { return dtype == float32 ? "float32" : "float64"; }

// ---- 784-256-10, Adam, label smoothing ---------------------------------------------------------------------------

void expect_synthetic_trace(DType dtype, double relative) {
  const std::vector<Tensor> p = parameters("synthetic", {784, 256, 10}, dtype);
  const std::vector<Tensor> xy =
      testing::make_inputs("synthetic batch", {testing::uniform({64, 784}, 0, 1), testing::integers({64}, 10)}, dtype);
  optim::Adam adam(p, {.lr = 1e-3});
  const std::vector<data::Batch> batches(20, data::Batch{xy[0].detach(), xy[1]});
  expect_equal_traces(std::string("synthetic ") + name_of(dtype), train(p, adam, batches, 0.1), relative);
}

TEST(Training, TwentyAdamStepsEqualPyTorchsInFloat32) { expect_synthetic_trace(float32, 1e-6); }
TEST(Training, TwentyAdamStepsEqualPyTorchsInFloat64) { expect_synthetic_trace(float64, 1e-12); }

// ---- 784-64-32-10 on Fashion-MNIST -------------------------------------------------------------------------------

class FashionTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* set = std::getenv("XTAPE_FASHION_MNIST");
    directory_ = set ? set : "/usr/share/datasets/fashion-mnist";
    if (!std::filesystem::exists(directory_)) {
      GTEST_SKIP() << "no Fashion-MNIST in " << directory_
                   << "; cmake/install-deps.sh data, or set XTAPE_FASHION_MNIST";
    }
    testing::GoldenFile golden(testing::golden_file("training.golden"));
    const data::ImageDataset dataset = data::fashion_mnist(directory_, data::Split::train);
    const Tensor images = narrow(dataset.images(), 0, 0, steps * batch);
    const Tensor labels = narrow(dataset.labels(), 0, 0, steps * batch);
    ASSERT_TRUE(equal(images.sum() * 10 + labels.sum(), golden.take("fashion bytes")[0])) << "another data set";
    for (std::int64_t step = 0; step < steps; ++step) {
      std::array<std::int64_t, batch> indices;
      std::iota(indices.begin(), indices.end(), step * batch);
      batches_.push_back(dataset.batch(indices));
      batches_.back().x = batches_.back().x.reshape({batch, 784});
    }
  }

  /// `make` makes the optimizer of the parameters.
  template <class Make>
  void expect_trace(const std::string& which, DType dtype, double relative, Make make) {
    const std::vector<Tensor> p = parameters("fashion", {784, 64, 32, 10}, dtype);
    std::vector<data::Batch> batches = batches_;
    for (data::Batch& b : batches) b.x = b.x.to(dtype);
    auto optimizer = make(p);
    expect_equal_traces("fashion " + which + " " + name_of(dtype), train(p, optimizer, batches, 0), relative);
  }

  std::string directory_;
  std::vector<data::Batch> batches_;
};

optim::SGD sgd(const std::vector<Tensor>& p) { return optim::SGD(p, {.lr = 0.05, .momentum = 0.9, .nesterov = true}); }
optim::Adam adam(const std::vector<Tensor>& p) { return optim::Adam(p, {.lr = 1e-3}); }

TEST_F(FashionTraining, WithNesterovEqualsPyTorchsInFloat32) { expect_trace("sgd", float32, 1e-4, sgd); }
TEST_F(FashionTraining, WithNesterovEqualsPyTorchsInFloat64) { expect_trace("sgd", float64, 1e-12, sgd); }
TEST_F(FashionTraining, WithAdamEqualsPyTorchsInFloat32) { expect_trace("adam", float32, 1e-4, adam); }
TEST_F(FashionTraining, WithAdamEqualsPyTorchsInFloat64) { expect_trace("adam", float64, 1e-12, adam); }

}  // namespace
}  // namespace xtape
