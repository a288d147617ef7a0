// A custom module: a struct whose members register themselves. Copies share parameters, clones do not.
#include <fmt/core.h>

#include <xtape/xtape.hpp>

using namespace xtape;

struct Classifier : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(784, 256));
  nn::Dropout drop = register_module("drop", nn::Dropout(0.5));
  nn::Linear fc2 = register_module("fc2", nn::Linear(256, 10));
  Tensor forward(const Tensor& x) { return fc2(drop(relu(fc1(x)))); }
};

/// A module with its own parameters: y = scale * x + shift, per feature.
struct Affine : nn::Module {
  explicit Affine(std::int64_t features)
      : scale(register_parameter("scale", ones({features}))), shift(register_parameter("shift", zeros({features}))) {}
  Tensor forward(const Tensor& x) const { return x * scale + shift; }

  nn::Parameter scale, shift;
};

/// A module may take up to three inputs.
struct Difference : nn::Module {
  nn::Linear embed = register_module("embed", nn::Linear(8, 4));
  Tensor forward(const Tensor& a, const Tensor& b) { return (embed(a) - embed(b)).abs().sum(1); }
};

int main() {
  manual_seed(0);
  Classifier model;
  for (const auto& [name, p] : model.named_parameters()) fmt::print("{:<12} {}\n", name, p.shape().to_string());

  Classifier same = model, other = clone(model);
  without_grad([&] { return model.fc1.bias.fill_(1); });
  fmt::print("a copy sees the change: {}, a clone does not: {}\n", same.fc1.bias.to_vector<float>()[0] == 1,
             other.fc1.bias.to_vector<float>()[0] != 1);

  nn::Sequential deeper{Affine(784), model};
  fmt::print("nested keys: {} .. {}\n", deeper.named_parameters().front().name, deeper.named_parameters().back().name);

  Difference distance;
  const Tensor a = randn({3, 8});
  fmt::print("distance of a batch from itself: {}\n", distance(a, a).sum().item<float>());

  try {
    deeper(randn({2, 28, 28}).flatten(0, 1));
  } catch (const Error& error) {  // the message names the module whose forward failed
    fmt::print("{}\n", error.what());
  }
  try {
    model(randn({64, 28, 28}));
  } catch (const ShapeError& error) {
    fmt::print("{}\n", error.what());
  }
}
