// The losses, as ops and as modules; golden/make_ops.py has the same cases.
// clang-format off
#include "support/constants.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {

namespace {

using Tensors = std::vector<Tensor>;

const std::vector<Reduction> reductions = {Reduction::none, Reduction::mean, Reduction::sum};

/// One row, several rows, and rows with positions, with an ignored target; golden/losses_test.cpp compares with
/// PyTorch.
void add_nll_loss_of_shapes(OpCases& cases) {
  const Input t22 = indices({2, 2, 2}, {0, 2, -100, 1, 1, 1, 0, 2}), t4 = indices({2, 4}, t22.values);
  const std::vector<std::pair<Shape, Input>> problems = {
      {{3}, indices({}, {2})}, {{4, 3}, indices({4}, {0, 2, -100, 1})}, {{2, 3, 4}, t4}, {{2, 3, 2, 2}, t22}};
  for (const auto& problem : problems) {
    for (const bool weighted : {false, true}) {
      cases.add("nll_loss", "of " + problem.first.to_string() + (weighted ? ", weighted" : ""),
                {any(problem.first), problem.second, constant({3}, {0.2, 0.3, 0.5})}, [weighted](Args x) {
        Tensors y;
        for (Reduction r : reductions) {
          y.push_back(nll_loss(x[0], x[1], {.weight = weighted ? x[2] : Tensor(), .reduction = r}));
        }
        return y;
      }).golden = false;
    }
  }
}

void add_class_losses(OpCases& cases) {
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

void add_element_losses(OpCases& cases) {
  const Input t = uniform({4, 3}, 0.1, 0.8), w = constant({3}, {0.2, 0.3, 0.5}), p = constant({3}, {2, 0.5, 1});
  cases.add("mse_loss", "", {any({4, 3}), any({4, 3})}, [](Args x) {
    Tensors y;
    for (Reduction r : reductions) y.push_back(mse_loss(x[0], x[1], {.reduction = r}));
    return y;
  });
  cases.add("binary_cross_entropy_with_logits", "", {any({4, 3}), t}, [](Args x) {
    Tensors y;
    for (Reduction r : reductions) y.push_back(binary_cross_entropy_with_logits(x[0], x[1], {.reduction = r}));
    return y;
  });
  auto weighted = [](Args x) {
    Tensors y;
    for (Reduction r : reductions) {
      y.push_back(binary_cross_entropy_with_logits(x[0], x[1], {.weight = x[2], .reduction = r, .pos_weight = x[3]}));
    }
    return y;
  };
  const Input hard = constant({4, 3}, {1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0});
  cases.add("binary_cross_entropy_with_logits", "weighted", {any({4, 3}), t, w, p}, weighted);
  cases.add("binary_cross_entropy_with_logits", "hard targets, weighted", {any({4, 3}), hard, w, p}, weighted).golden =
      false;
  cases.add("binary_cross_entropy_with_logits", "hard targets", {uniform({9, 20}, -64, 128), integers({9, 20}, 2)},
            [](Args x) { return binary_cross_entropy_with_logits(x[0], x[1].to(x[0].dtype())); }).smooth = false;
  cases.add("mse_loss", "special", {special({400}, 20), special({400})}, [](Args x) {
    return mse_loss(x[0], x[1], {.reduction = Reduction::none});
  }).smooth = false;
  cases.add("kl_div", "targets of zero", {uniform({2, 3}, -3, 3), given({2, 3}, {0, 1, 0.5, 1, 0, 0})}, [](Args x) {
    return kl_div(x[0], x[1].detach(), {.reduction = Reduction::sum});
  }).smooth = false;
  cases.add("kl_div", "far", {given({4}, {-1000, -inf, -3, -1}), constant({4}, {1e-30, 0.5, 1e-300, 1})}, [](Args x) {
    return kl_div(x[0], x[1], {.reduction = Reduction::none});
  }).smooth = false;
  for (const bool log_target : {false, true}) {
    const Input target = log_target ? uniform({4, 3}, -3, 3) : t;
    cases.add("kl_div", log_target ? "of a log target" : "", {uniform({4, 3}, -3, 3), target}, [log_target](Args x) {
      Tensors y = {kl_div(x[0], x[1], {.reduction = Reduction::batchmean, .log_target = log_target})};
      for (Reduction r : reductions) y.push_back(kl_div(x[0], x[1], {.reduction = r, .log_target = log_target}));
      return y;
    });
  }
  cases.add("MSELoss", "", {any({4, 3}), any({4, 3})}, [](Args x) { return nn::MSELoss()(x[0], x[1]); });
  cases.add("BCEWithLogitsLoss", "", {any({4, 3}), t, w, p}, [](Args x) {
    return nn::BCEWithLogitsLoss({.weight = x[2], .pos_weight = x[3]})(x[0], x[1]);
  });
  cases.add("KLDivLoss", "", {uniform({4, 3}, -3, 3), t},
            [](Args x) { return nn::KLDivLoss({.reduction = Reduction::batchmean})(x[0], x[1]); });
}

}  // namespace

void add_loss_cases(OpCases& cases) {
  add_class_losses(cases);
  add_nll_loss_of_shapes(cases);
  add_element_losses(cases);
}

}  // namespace xtape::testing
