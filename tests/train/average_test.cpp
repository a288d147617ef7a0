// The moving average of the weights against the same sums by hand, and the scope that puts it into the model.
#include "train/average.hpp"

#include <algorithm>
#include <stdexcept>

#include "support/bits.hpp"
#include "support/expect.hpp"

namespace xtape::train {
namespace {

using testing::bits_of;
using testing::expect_error;
using testing::expect_same_bits;

StateDict averages_of(const WeightAverage& average) { return StateDict(average.averages()); }

/// Of one element, after steps 1, 2, ... with these values.
template <class T>
T average_by_hand(T first, const std::vector<T>& values, double decay) {
  T average = first;
  double step = 1;
  for (const T value : values) {
    const double d = std::min(decay, (1 + step) / (10 + step));
    const T new_share = static_cast<T>(1 - d);
    average =
        new_share < T(0.5) ? average + new_share * (value - average) : value - (T(1) - new_share) * (value - average);
    ++step;
  }
  return average;
}

TEST(WeightAverage, IsThatByHand) {
  for (const double decay : {0.1, 0.5, 0.999}) {
    SCOPED_TRACE(decay);
    manual_seed(3);
    const nn::Linear model(200, 180);  // the weight has more than one chunk of elements
    const Tensor first = model.parameters()[0].detach().clone();
    WeightAverage average(model, decay);
    std::vector<Tensor> later;
    for (std::int64_t step = 1; step <= 12; ++step) {
      NoGradGuard no_grad;
      model.parameters()[0].add_(randn({180, 200}), 0.1);
      later.push_back(model.parameters()[0].detach().clone());
      average.update(step);
    }
    std::vector<float> expected = first.to_vector<float>();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      std::vector<float> values;
      for (const Tensor& weight : later) values.push_back(weight.data<float>()[i]);
      expected[i] = average_by_hand(expected[i], values, decay);
    }
    EXPECT_EQ(bits_of(averages_of(average)["weight"]), bits_of(tensor(expected, {180, 200})));
    EXPECT_EQ(bits_of(averages_of(average)["bias"]), bits_of(model.parameters()[1]));
  }
}

TEST(WeightAverage, IsTakenInTheParametersDtype) {
  const nn::Linear model(1, 1);
  model.to(float64);
  NoGradGuard no_grad;
  model.parameters()[0].fill_(1.0 / 3);
  WeightAverage average(model, 0.9);
  model.parameters()[0].fill_(0.7);
  average.update(1);
  const Tensor weight = averages_of(average)["weight"];
  EXPECT_EQ(weight.dtype(), float64);
  EXPECT_EQ(weight.item<double>(), average_by_hand(1.0 / 3, {0.7}, 0.9));
  model.to(float32);
  average.update(2);
  EXPECT_EQ(averages_of(average)["weight"].dtype(), float32);
}

TEST(WeightAverage, HasTheSameBitsForAnyNumberOfThreads) {
  const auto run = [] {
    manual_seed(4);
    const nn::Linear model(300, 500);
    WeightAverage average(model, 0.99);
    NoGradGuard no_grad;
    for (std::int64_t step = 1; step < 5; ++step) {
      for (const Tensor& p : model.parameters()) p.add_(randn_like(p));
      average.update(step);
    }
    return averages_of(average);
  };
  const StateDict one = run();
  const int before = num_threads();
  set_num_threads(3);
  const StateDict three = run();
  set_num_threads(before);
  expect_same_bits(one, three);
}

/// A model with a buffer and an average that differs from its weights.
struct Averaged {
  Averaged() {
    NoGradGuard no_grad;
    for (const Tensor& p : model.parameters()) p.add_(1.0);
    average.update(1);
  }
  nn::Sequential model{nn::Linear(3, 2000), nn::BatchNorm1d(2000)};
  WeightAverage average{model, 0.9};
};

TEST(AveragedWeights, AreTheModelsWhileTheScopeLasts) {
  Averaged a;
  const StateDict raw = clone(a.model.state_dict()), averaged = clone(averages_of(a.average));
  std::vector<const float*> places;
  for (const Tensor& p : a.model.parameters()) places.push_back(p.data<float>());
  {
    const AveragedWeights scope(&a.average);
    for (const NamedTensor& p : a.model.named_parameters()) EXPECT_EQ(bits_of(p.tensor), bits_of(averaged[p.name]));
    for (const NamedTensor& b : a.model.named_buffers()) EXPECT_EQ(bits_of(b.tensor), bits_of(raw[b.name]));
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(a.model.parameters()[i].data<float>(), places[i]);
  }
  expect_same_bits(a.model.state_dict(), raw);
  expect_same_bits(averages_of(a.average), averaged);
  { const AveragedWeights none(nullptr); }
  expect_same_bits(a.model.state_dict(), raw);
}

TEST(AveragedWeights, GoWhenAnExceptionPasses) {
  Averaged a;
  const StateDict raw = clone(a.model.state_dict());
  try {
    const AveragedWeights scope(&a.average);
    throw std::runtime_error("a dataset");
  } catch (const std::runtime_error&) {
  }
  expect_same_bits(a.model.state_dict(), raw);
}

TEST(AveragedWeights, CountAsWritten) {
  Averaged a;
  const Tensor weight = a.model.parameters()[0], y = (weight * weight).sum();
  { const AveragedWeights scope(&a.average); }
  expect_error<GradError>([&y] { y.backward(); }, "modified");
}

TEST(AveragedWeights, FollowAModelThatWasConverted) {
  Averaged a;
  const StateDict averaged = clone(averages_of(a.average));
  a.model.to(float64);
  const AveragedWeights scope(&a.average);
  for (const NamedTensor& p : a.model.named_parameters()) {
    EXPECT_EQ(bits_of(p.tensor), bits_of(averaged[p.name].to(float64)));
  }
}

}  // namespace
}  // namespace xtape::train
