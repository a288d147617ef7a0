// Dropout, losses and layers; the twins stand in golden/make_ops.py.
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {

namespace {

using Tensors = std::vector<Tensor>;

/// A Linear whose parameters are these tensors, so that gradients reach them.
nn::Linear linear_of(const Tensor& weight, const Tensor& bias) {
  nn::Linear layer(weight.size(1), weight.size(0));
  layer.weight = nn::Parameter(weight);
  layer.bias = nn::Parameter(bias);
  return layer;
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

void add_losses(OpCases& cases) {
  const Input y = indices({4}, {2, 0, -100, 1}), w = constant({3}, {0.2, 0.3, 0.5});
  cases.add("nll_loss", "", {any({4, 3}), y}, [](Args x) { return nll_loss(x[0], x[1]); });
  cases.add("nll_loss", "each", {any({4, 3}), y, w}, [](Args x) {
    return nll_loss(x[0], x[1], {.weight = x[2], .reduction = Reduction::none});
  });
  cases.add("cross_entropy", "", {any({4, 3}), y}, [](Args x) { return cross_entropy(x[0], x[1]); });
  cases.add("cross_entropy", "weighted and smoothed", {any({4, 3}), y, w}, [](Args x) {
    return cross_entropy(x[0], x[1], {.weight = x[2], .label_smoothing = 0.1});
  });
  cases.add("cross_entropy", "each", {any({2, 3, 2}), indices({2, 2}, {2, 0, 1, 1})},
            [](Args x) { return cross_entropy(x[0], x[1], {.reduction = Reduction::none}); });
  cases.add("cross_entropy", "probabilities", {any({4, 3}), uniform({4, 3}, 0, 1), w}, [](Args x) {
    return cross_entropy(x[0], x[1],
                         {.weight = x[2], .reduction = Reduction::sum, .label_smoothing = 0.1});
  });
  cases.add("cross_entropy", "large", {uniform({9, 100}, -64, 128), integers({9}, 100)},
            [](Args x) { return cross_entropy(x[0], x[1]); }).smooth = false;
  cases.add("NLLLoss", "", {any({4, 3}), y, w}, [](Args x) {
    const nn::NLLLoss loss({.weight = x[2], .ignore_index = 0, .reduction = Reduction::sum});
    return loss(x[0], clamp(x[1], 0, 2));
  });
  cases.add("CrossEntropyLoss", "", {any({4, 3}), y, w}, [](Args x) {
    return nn::CrossEntropyLoss({.weight = x[2], .label_smoothing = 0.2})(x[0], x[1]);
  });
}

void add_layers(OpCases& cases) {
  cases.add("Linear", "", {any({4, 3}), any({2, 3}), any({2})}, [](Args x) { return linear_of(x[1], x[2])(x[0]); });
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
    return nn::Sequential{linear_of(x[1], x[2]), nn::ReLU(), linear_of(x[3], x[4])}(x[0]);
  });
}

}  // namespace

void add_nn_cases(OpCases& cases) {
  add_dropout(cases);
  add_layers(cases);
  add_losses(cases);
}

}  // namespace xtape::testing
