// Layers and their functions; golden/make_ops.py has the same cases.
// clang-format off
#include "support/constants.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {

namespace {

const Input extreme_rows = given({6, 4}, {1,   1, 1, 1, 8,     9,     10,    11,    1, nan, 2, 3,
                                          inf, 1, 2, 3, 1e-20, 2e-20, 3e-20, 4e-20, 0, 0,   0, 5});

using Tensors = std::vector<Tensor>;

/// The layer with these tensors as its parameters, so that gradients reach them.
template <class Layer>
Layer with_parameters(Layer layer, const Tensor& weight, const Tensor& bias) {
  layer.to(weight.dtype());
  layer.weight = nn::Parameter(weight);
  layer.bias = nn::Parameter(bias);
  return layer;
}

void add_activations(OpCases& cases) {
  cases.add("leaky_relu", "", {away({2, 3, 4})}, [](Args x) { return leaky_relu(x[0], 0.1); });
  cases.add("leaky_relu", "special", {special({20})}, [](Args x) { return leaky_relu(x[0]); }).smooth = false;
  for (const bool by_tanh : {false, true}) {
    const GELUApproximate form = by_tanh ? GELUApproximate::tanh : GELUApproximate::none;
    const std::string name = by_tanh ? "by tanh" : "by erf";
    cases.add("gelu", name, {any({2, 3, 4})}, [form](Args x) { return gelu(x[0], form); });
    cases.add("gelu", name + ", special",
              {given({12}, {0, -0.0, 1, -1, 0.5, -2.5, 3, nan, 1e-40, 1e10, 88.5, 0x1p53})},
              [form](Args x) { return gelu(x[0], form); }).smooth = false;
    cases.add("gelu", name + ", wide", {uniform({200}, -30, 60)}, [form](Args x) { return gelu(x[0], form); }).smooth =
        false;
  }
  cases.add("LeakyReLU", "", {away({4, 3})}, [](Args x) { return nn::LeakyReLU(0.2)(x[0]); });
  cases.add("GELU", "", {any({4, 3})},
            [](Args x) { return Tensors{nn::GELU()(x[0]), nn::GELU(GELUApproximate::tanh)(x[0])}; });
  cases.add("Sigmoid", "", {any({4, 3})}, [](Args x) { return nn::Sigmoid()(x[0]); });
  cases.add("Tanh", "", {any({4, 3})}, [](Args x) { return nn::Tanh()(x[0]); });
  cases.add("Identity", "", {any({4, 3})}, [](Args x) { return nn::Identity()(x[0]) * 2; });
}

void add_layer_norm(OpCases& cases) {
  cases.add("layer_norm", "", {any({4, 5}), any({5}), any({5})},
            [](Args x) { return layer_norm(x[0], {5}, x[1], x[2]); });
  cases.add("layer_norm", "over two dims", {any({2, 3, 4}), any({3, 4})},
            [](Args x) { return layer_norm(x[0], {3, 4}, x[1], {}, 0.1); });
  cases.add("layer_norm", "of nothing", {any({0, 3})}, [](Args x) { return layer_norm(x[0], {3}); });
  cases.add("layer_norm", "extremes", {extreme_rows}, [](Args x) { return layer_norm(x[0], {4}); }).smooth = false;
  cases.add("layer_norm", "of single elements", {any({3, 1})}, [](Args x) { return layer_norm(x[0], {1}); });
  cases.add("LayerNorm", "", {any({4, 5}), any({5}), any({5})},
            [](Args x) { return with_parameters(nn::LayerNorm(5, {.eps = 1e-3}), x[1], x[2])(x[0]); });
}

void add_batch_norm(OpCases& cases) {
  const Input mean = constant({3}, {0.1, -0.2, 0.3}), var = constant({3}, {1, 2, 0.5});
  for (const Shape& shape : {Shape{5, 3}, Shape{4, 3, 2}}) {
    const std::string rank = std::to_string(shape.size()) + "-D";
    cases.add("batch_norm", rank + " in training", {any(shape), any({3}), any({3})},
              [](Args x) { return batch_norm(x[0], {}, {}, x[1], x[2], true); });
    cases.add("batch_norm", rank + " in evaluation", {any(shape), any({3}), any({3}), mean, var},
              [](Args x) { return batch_norm(x[0], x[3], x[4], x[1], x[2]); });
    cases.add("batch_norm", rank + " running", {any(shape), mean, var}, [](Args x) {
      const Tensors running = {x[1].clone(), x[2].clone()};
      batch_norm(x[0].detach(), running[0], running[1], {}, {}, true, 0.3);
      return running;
    }).smooth = false;
  }
  cases.add("batch_norm", "in training, with running statistics", {any({2, 3, 2}), any({3}), any({3}), mean, var},
            [](Args x) { return batch_norm(x[0], x[3].clone(), x[4].clone(), x[1], x[2], true); }).golden = false;
  cases.add("batch_norm", "without parameters", {any({4, 3})},
            [](Args x) { return batch_norm(x[0], {}, {}, {}, {}, true); }).golden = false;
  cases.add("batch_norm", "extremes", {extreme_rows}, [](Args x) {
    return batch_norm(x[0].transpose(0, 1), {}, {}, {}, {}, true);
  }).smooth = false;
  cases.add("BatchNorm1d", "", {any({5, 3}), any({3}), any({3})}, [](Args x) {
    return with_parameters(nn::BatchNorm1d(3, {.eps = 1e-3}), x[1], x[2])(x[0]);
  });
  cases.add("BatchNorm1d", "evaluates what it has seen", {any({5, 3}), any({3}), any({3})}, [](Args x) {
    const nn::BatchNorm1d layer = with_parameters(nn::BatchNorm1d(3, {.momentum = nn::cumulative_average}), x[1], x[2]);
    layer(x[0].detach());
    layer(x[0].detach() * x[0].detach());
    layer.eval();
    return layer(x[0].detach());
  }).smooth = false;
}

void add_embedding(OpCases& cases) {
  const Input index = indices({2, 3}, {3, 0, 0, 2, 3, 1});
  cases.add("embedding", "", {index, any({4, 3})}, [](Args x) { return embedding(x[0], x[1]); });
  cases.add("embedding", "with padding", {index, any({4, 3})}, [](Args x) {
    const Tensor y = embedding(x[0], x[1], 0);
    return y * y.detach();
  }).smooth = false;  // differences change the padding row too
  cases.add("Embedding", "", {index, any({4, 3})}, [](Args x) {
    nn::Embedding layer(4, 3);
    layer.weight = nn::Parameter(x[1]);
    return layer(x[0]);
  });
}

void add_dropout(OpCases& cases) {
  cases.add("dropout", "in evaluation", {any({2, 3})}, [](Args x) { return dropout(x[0], 0.5, false); });
  cases.add("dropout", "of p 0", {any({2, 3})}, [](Args x) { return dropout(x[0], 0.0); });
  cases.add("dropout", "of p 1", {any({2, 3})}, [](Args x) { return dropout(x[0], 1.0); });
  cases.add("dropout", "in training", {any({4, 5})}, [](Args x) {
    manual_seed(3);  // the same mask each time
    return dropout(x[0], 0.4);
  }).golden = false;
}

void add_layers(OpCases& cases) {
  cases.add("Linear", "", {any({4, 3}), any({2, 3}), any({2})},
            [](Args x) { return with_parameters(nn::Linear(3, 2), x[1], x[2])(x[0]); });
  cases.add("ReLU", "", {away({4, 3})}, [](Args x) { return nn::ReLU()(x[0]); });
  cases.add("Dropout", "in evaluation", {any({4, 3})}, [](Args x) {
    nn::Dropout layer(0.5);
    layer.eval();
    return layer(x[0]);
  });
  cases.add("Dropout", "in training", {any({4, 5})}, [](Args x) {
    manual_seed(3);
    return nn::Dropout(0.5)(x[0]);
  }).golden = false;
  cases.add("Flatten", "", {any({2, 3, 2})},
            [](Args x) { return Tensors{nn::Flatten()(x[0]), nn::Flatten(0, 1)(x[0])}; });
  cases.add("Softmax", "", {any({2, 3})}, [](Args x) { return nn::Softmax(1)(x[0]); });
  cases.add("LogSoftmax", "", {any({2, 3})}, [](Args x) { return nn::LogSoftmax(1)(x[0]); });
  cases.add("Sequential", "", {any({4, 3}), any({5, 3}), any({5}), any({2, 5}), any({2})}, [](Args x) {
    const nn::Linear fc1 = with_parameters(nn::Linear(3, 5), x[1], x[2]);
    const nn::Linear fc2 = with_parameters(nn::Linear(5, 2), x[3], x[4]);
    return nn::Sequential{fc1, nn::ReLU(), fc2}(x[0]);
  });
}

}  // namespace

void add_layer_cases(OpCases& cases) {
  add_dropout(cases);
  add_layers(cases);
  add_activations(cases);
  add_layer_norm(cases);
  add_batch_norm(cases);
  add_embedding(cases);
}

}  // namespace xtape::testing
