#include "xtape/nn/loss.hpp"

#include "support/expect.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

namespace F = nn::functional;
using testing::any;
using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::expect_error;
using testing::indices;
using testing::Input;
using testing::uniform;

XTAPE_OP_CASES(loss_modules) {
  const Input classes = indices({4}, {2, 0, -100, 1}), probabilities = uniform({4, 3}, 0.1, 0.8);
  const Input weight = constant({3}, {0.2, 0.3, 0.5}), pos_weight = constant({3}, {2, 0.5, 1});
  cases.add("NLLLoss", "", {any({4, 3}), classes, weight},
            "nn.NLLLoss(weight=x[2], ignore_index=0, reduction='sum')(x[0], x[1].clamp(min=0))", [](Args x) {
              const nn::NLLLoss loss({.weight = x[2], .ignore_index = 0, .reduction = Reduction::sum});
              return loss(x[0], clamp(x[1], 0, 2));
            });
  cases.add("CrossEntropyLoss", "", {any({4, 3}), classes, weight},
            "nn.CrossEntropyLoss(weight=x[2], label_smoothing=0.2)(x[0], x[1])",
            [](Args x) { return nn::CrossEntropyLoss({.weight = x[2], .label_smoothing = 0.2})(x[0], x[1]); });
  cases.add("MSELoss", "", {any({4, 3}), any({4, 3})}, "nn.MSELoss()(*x)",
            [](Args x) { return nn::MSELoss()(x[0], x[1]); });
  cases.add("BCEWithLogitsLoss", "", {any({4, 3}), probabilities, weight, pos_weight},
            "nn.BCEWithLogitsLoss(weight=x[2], pos_weight=x[3])(x[0], x[1])",
            [](Args x) { return nn::BCEWithLogitsLoss({.weight = x[2], .pos_weight = x[3]})(x[0], x[1]); });
  cases.add("KLDivLoss", "", {uniform({4, 3}, -3, 3), probabilities}, "nn.KLDivLoss(reduction='batchmean')(*x)",
            [](Args x) { return nn::KLDivLoss({.reduction = Reduction::batchmean})(x[0], x[1]); });
}

const Tensor logits = tensor({{1., 2., 3.}, {4., 5., 6.}}, {.dtype = float64});
const Tensor target = tensor({1, 0});

/// Expects the module's parts to equal the function's.
void expect_parts(const LossParts& parts, const LossParts& expected) {
  EXPECT_TRUE(equal(parts.sum, expected.sum));
  EXPECT_EQ(parts.denominator, expected.denominator);
}

TEST(CrossEntropyLossModule, IsCrossEntropyWithItsOptions) {
  expect_close(nn::CrossEntropyLoss()(logits, target), {1.9076059644443806}, 1e-15);
  Tensor w = tensor({0.2, 0.3, 0.5}, {.dtype = float64});
  const F::CrossEntropyOptions options{
      .weight = w, .ignore_index = 1, .reduction = Reduction::sum, .label_smoothing = 0.1};
  nn::CrossEntropyLoss criterion(options);
  EXPECT_TRUE(equal(criterion(logits, target), F::cross_entropy(logits, target, options)));
  expect_parts(criterion.parts(logits, target), F::cross_entropy_parts(logits, target, options));
}

TEST(CrossEntropyLossModule, EqualsLogSoftmaxAndNLLLoss) {
  Tensor lp = nn::LogSoftmax(1)(logits);
  expect_close(nn::NLLLoss()(lp, target), {1.9076059644443806}, 1e-15);
}

TEST(CrossEntropyLossModule, ItsWeightIsABuffer) {
  nn::CrossEntropyLoss criterion({.weight = tensor({1., 2., 3.})});
  EXPECT_TRUE(criterion.state_dict().contains("weight"));
  EXPECT_TRUE(criterion.parameters().empty());
  criterion.to(float64);
  EXPECT_EQ(criterion(logits, target).dtype(), float64);
  EXPECT_EQ(criterion.parts(logits, target).denominator, 3);
}

TEST(CrossEntropyLossModule, UsesAWeightThatIsSetByElement) {
  Tensor w = ones({3}, {.dtype = float64});
  w[1] = 3.0;
  nn::CrossEntropyLoss criterion({.weight = w});
  expect_close(criterion(logits, target), {(3 * 1.4076059644443806 + 2.4076059644443806) / 4}, 1e-12);
}

TEST(CrossEntropyLossModule, ACloneHasItsOwnWeight) {
  nn::CrossEntropyLoss criterion({.weight = tensor({1., 2., 3.})});
  nn::CrossEntropyLoss copy = clone(criterion);
  criterion.weight.fill_(0);
  expect_close(copy.weight, {1, 2, 3});
}

TEST(NLLLossModule, IsNllLossWithItsOptions) {
  const F::NLLOptions options{
      .weight = tensor({0.2, 0.3, 0.5}, {.dtype = float64}), .ignore_index = 0, .reduction = Reduction::sum};
  const nn::NLLLoss criterion(options);
  EXPECT_TRUE(criterion.state_dict().contains("weight"));
  EXPECT_TRUE(equal(criterion(logits, target), F::nll_loss(logits, target, options)));
  expect_close(criterion(logits, target), {-0.3 * 2}, 1e-15);
  expect_parts(criterion.parts(logits, target), F::nll_loss_parts(logits, target, options));
  EXPECT_EQ(criterion.parts(logits, target).denominator, 0.3);
}

TEST(NLLLossModule, UsesTheCurrentValuesOfItsWeight) {
  nn::NLLLoss criterion({.weight = tensor({1., 2., 3.})});
  nn::NLLLoss copy = clone(criterion);
  criterion.to(float64);
  criterion.weight.fill_(7);
  expect_close(criterion(logits, target), {-3}, 1e-15);
  expect_close(copy.weight, {1, 2, 3});
}

TEST(NLLLossModule, LeavesTheCallersWeightAlone) {
  const Tensor w = tensor({1., 2., 3.});
  nn::NLLLoss({.weight = w}).to(float64);
  nn::CrossEntropyLoss({.weight = w}).to(float64);
  EXPECT_EQ(w.dtype(), float32);
}

TEST(MSELossModule, IsMseLossWithItsOptions) {
  const Tensor t = zeros_like(logits);
  expect_close(nn::MSELoss()(logits, t), {91.0 / 6}, 1e-15);
  expect_close(nn::MSELoss({.reduction = Reduction::sum})(logits, t), {91});
  expect_parts(nn::MSELoss().parts(logits, t), F::mse_loss_parts(logits, t));
}

TEST(DifferenceLossModules, AreTheirFunctionsWithTheirOptions) {
  const Tensor t = zeros_like(logits);
  expect_close(nn::L1Loss()(logits, t), {21.0 / 6}, 1e-15);
  expect_close(nn::L1Loss({.reduction = Reduction::sum})(logits, t), {21});
  expect_parts(nn::L1Loss().parts(logits, t), F::l1_loss_parts(logits, t));
  const F::SmoothL1Options smooth{.reduction = Reduction::sum, .beta = 2.5};
  EXPECT_TRUE(equal(nn::SmoothL1Loss(smooth)(logits, t), F::smooth_l1_loss(logits, t, smooth)));
  expect_parts(nn::SmoothL1Loss(smooth).parts(logits, t), F::smooth_l1_loss_parts(logits, t, smooth));
  const F::HuberOptions huber{.reduction = Reduction::sum, .delta = 2.5};
  EXPECT_TRUE(equal(nn::HuberLoss(huber)(logits, t), F::huber_loss(logits, t, huber)));
  expect_parts(nn::HuberLoss(huber).parts(logits, t), F::huber_loss_parts(logits, t, huber));
}

TEST(BCELossModule, KeepsItsWeightAsABuffer) {
  const Tensor p = sigmoid(logits), t = tensor({{1., 0., 1.}, {0., 1., 0.}}, {.dtype = float64});
  const F::BCEOptions options{.weight = tensor({1.0, 2.0, 3.0}, {.dtype = float64}), .reduction = Reduction::sum};
  const nn::BCELoss criterion(options);
  EXPECT_TRUE(criterion.state_dict().contains("weight"));
  const Tensor expected = F::binary_cross_entropy(p, t, options);
  EXPECT_TRUE(equal(criterion(p, t), expected));
  expect_parts(criterion.parts(p, t), {expected, 6});
  criterion.weight.fill_(0);
  expect_close(criterion(p, t), {0});
  EXPECT_EQ(options.weight.sum().item<double>(), 6);  // the caller's is not touched
  EXPECT_FALSE(nn::BCELoss().state_dict().contains("weight"));
}

TEST(BCEWithLogitsLossModule, KeepsBothWeightsAsBuffers) {
  const Tensor t = tensor({{1., 0., 1.}, {0., 1., 0.}}, {.dtype = float64});
  const F::BCEWithLogitsOptions options{.weight = tensor({1.0, 2.0, 3.0}, {.dtype = float64}),
                                        .reduction = Reduction::sum,
                                        .pos_weight = tensor({3.0, 2.0, 1.0}, {.dtype = float64})};
  const nn::BCEWithLogitsLoss criterion(options);
  EXPECT_TRUE(criterion.state_dict().contains("weight"));
  EXPECT_TRUE(criterion.state_dict().contains("pos_weight"));
  const Tensor expected = F::binary_cross_entropy_with_logits(logits, t, options);
  EXPECT_TRUE(equal(criterion(logits, t), expected));
  expect_parts(criterion.parts(logits, t), {expected, 6});
  criterion.pos_weight.fill_(0);
  EXPECT_FALSE(equal(criterion(logits, t), expected));
}

TEST(KLDivLossModule, IsKlDivWithItsOptions) {
  const Tensor lp = log_softmax(logits, 1), p = softmax(logits * 2, 1);
  const nn::KLDivLoss criterion({.reduction = Reduction::batchmean});
  EXPECT_TRUE(equal(criterion(lp, p), F::kl_div(lp, p, {.reduction = Reduction::batchmean})));
  expect_parts(criterion.parts(lp, p), {F::kl_div(lp, p, {.reduction = Reduction::sum}), 2});
  const nn::KLDivLoss by_log({.reduction = Reduction::batchmean, .log_target = true});
  expect_close(by_log(lp, log(p)), {criterion(lp, p).item<double>()}, 1e-12);
}

TEST(Loss, KnowsItsReduction) {
  EXPECT_EQ(nn::MSELoss().reduction(), Reduction::mean);
  EXPECT_EQ(nn::NLLLoss({.reduction = Reduction::sum}).reduction(), Reduction::sum);
  EXPECT_EQ(nn::L1Loss({.reduction = Reduction::sum}).reduction(), Reduction::sum);
  EXPECT_EQ(nn::SmoothL1Loss({.reduction = Reduction::none}).reduction(), Reduction::none);
  EXPECT_EQ(nn::HuberLoss({.reduction = Reduction::sum}).reduction(), Reduction::sum);
  EXPECT_EQ(nn::BCELoss({.reduction = Reduction::none}).reduction(), Reduction::none);
  EXPECT_EQ(nn::CrossEntropyLoss({.reduction = Reduction::none}).reduction(), Reduction::none);
  EXPECT_EQ(nn::BCEWithLogitsLoss({.reduction = Reduction::sum}).reduction(), Reduction::sum);
  EXPECT_EQ(nn::KLDivLoss({.reduction = Reduction::batchmean}).reduction(), Reduction::batchmean);
}

TEST(Loss, TellsItsOptions) {
  EXPECT_EQ(nn::NLLLoss({.ignore_index = 3}).options_text(), "ignore_index = 3");
  EXPECT_EQ(nn::CrossEntropyLoss({.label_smoothing = 0.1}).options_text(),
            "ignore_index = -100, label_smoothing = 0.1");
  EXPECT_EQ(nn::SmoothL1Loss({.beta = 2}).options_text(), "beta = 2");
  EXPECT_EQ(nn::HuberLoss({.delta = 2}).options_text(), "delta = 2");
  EXPECT_EQ(nn::KLDivLoss({.log_target = true}).options_text(), "log_target = true");
  EXPECT_EQ(nn::MSELoss().options_text(), "");
}

TEST(Loss, TheDenominatorIsThatOfItsParts) {
  const Tensor w = tensor({0.2, 0.3, 0.5}, {.dtype = float64}), probabilities = softmax(logits, 1);
  const auto expect_same = [](const nn::Loss& loss, const Tensor& x, const Tensor& y) {
    EXPECT_EQ(loss.denominator(x, y), loss.parts(x, y).denominator);
  };
  for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    expect_same(nn::CrossEntropyLoss({.reduction = reduction}), logits, target);
    expect_same(nn::CrossEntropyLoss({.weight = w, .reduction = reduction}), logits, target);
    expect_same(nn::CrossEntropyLoss({.weight = w, .ignore_index = 1, .reduction = reduction}), logits, target);
    expect_same(nn::CrossEntropyLoss({.weight = w, .reduction = reduction}), logits, probabilities);
    expect_same(nn::NLLLoss({.weight = w, .ignore_index = 0, .reduction = reduction}), logits, target);
    expect_same(nn::MSELoss({.reduction = reduction}), logits, probabilities);
    expect_same(nn::L1Loss({.reduction = reduction}), logits, probabilities);
    expect_same(nn::SmoothL1Loss({.reduction = reduction}), logits, probabilities);
    expect_same(nn::HuberLoss({.reduction = reduction}), logits, probabilities);
    expect_same(nn::BCELoss({.weight = w, .reduction = reduction}), probabilities, probabilities);
    expect_same(nn::BCEWithLogitsLoss({.reduction = reduction}), logits, probabilities);
    expect_same(nn::KLDivLoss({.reduction = reduction}), logits, probabilities);
  }
  const nn::KLDivLoss by_batch({.reduction = Reduction::batchmean});
  EXPECT_EQ(by_batch.denominator(logits, probabilities), 2);
  expect_same(by_batch, logits, probabilities);
}

TEST(Loss, TheDenominatorIsCheckedAsTheLossIs) {
  expect_error<IndexError>(
      [] {
        nn::CrossEntropyLoss().denominator(logits, tensor({1, 3}));
      },
      "cross_entropy: target[1] = 3 is outside [0, 3)");
  expect_error<DTypeError>([] { nn::NLLLoss().denominator(logits, logits); }, "nll_loss: the target is float64");
}

TEST(Loss, IsCalledThroughItsBase) {
  const nn::CrossEntropyLoss criterion;
  const nn::Loss& loss = criterion;
  const nn::Module& module = criterion;
  EXPECT_TRUE(equal(loss(logits, target), F::cross_entropy(logits, target)));
  EXPECT_TRUE(equal(module(logits, target), F::cross_entropy(logits, target)));
  expect_parts(loss.parts(logits, target), F::cross_entropy_parts(logits, target));
  expect_error<ValueError>([&] { module(logits); },
                           "CrossEntropyLoss: called with 1 input, but it has no forward(const Tensor& x)");
}

/// A custom loss: |input - target|.
struct Distance : nn::Loss {
  Tensor forward(const Tensor& input, const Tensor& wanted) override { return (input - wanted).abs().mean(); }
  LossParts parts(const Tensor& input, const Tensor& wanted) const override {
    return {(input - wanted).abs().sum(), static_cast<double>(input.numel())};
  }
};

TEST(Loss, ACustomLossIsCalledThroughTheBaseToo) {
  const Distance criterion;
  const nn::Loss& loss = criterion;
  expect_close(loss(tensor({1.0, 5.0}), tensor({2.0, 2.0})), {2});
  EXPECT_EQ(loss.parts(tensor({1.0, 5.0}), tensor({2.0, 2.0})).denominator, 2);
  EXPECT_EQ(loss.denominator(tensor({1.0, 5.0}), tensor({2.0, 2.0})), 2);
  EXPECT_EQ(loss.reduction(), Reduction::mean);
}

struct ModelWithLoss : nn::Module {
  nn::Linear layer = register_module("layer", nn::Linear(2, 3));
  nn::CrossEntropyLoss criterion = register_module("criterion", nn::CrossEntropyLoss({.weight = ones({3})}));
  Tensor forward(const Tensor& x, const Tensor& y) { return criterion(layer(x), y); }
};

TEST(Loss, IsASubmoduleLikeAnyOther) {
  ModelWithLoss model;
  EXPECT_TRUE(model.state_dict().contains("criterion.weight"));
  model.eval();
  EXPECT_FALSE(model.criterion.is_training());
  expect_error<IndexError>([&] { model(ones({1, 2}), tensor({7})); }, "cross_entropy \"criterion\": target[0] = 7");
  const ModelWithLoss copy = clone(model);
  model.criterion.weight.fill_(0);
  expect_close(copy.criterion.weight, {1, 1, 1});
  copy(ones({1, 2}), tensor({1})).backward();
  EXPECT_TRUE(copy.layer.weight.grad().defined());
  EXPECT_FALSE(model.layer.weight.grad().defined());
}

}  // namespace
}  // namespace xtape
