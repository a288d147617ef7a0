// Tests that hold for every optimizer: construction, groups, gradients, zero_grad.
#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;

TEST(Optimizer, HasEveryDocumentedConstructor) {
  Tensor w = ones({2, 3}, {.requires_grad = true}), b = ones({3}, {.requires_grad = true});
  const std::vector<Tensor> params{w}, params2{b};
  const optim::SGDOptions options{.lr = 0.5};
  const std::vector<optim::ParamGroup<optim::SGDOptions>> groups{{params, options}, {params2}};
  EXPECT_EQ(optim::SGD(params).param_groups().size(), 1u);
  EXPECT_EQ(optim::SGD(params, {.lr = 0.1, .momentum = 0.9}).param_groups()[0].options.momentum, 0.9);
  EXPECT_EQ(optim::SGD({w, b}, {.lr = 0.1}).parameters().size(), 2u);
  EXPECT_EQ(optim::SGD({w}).parameters().size(), 1u);
  EXPECT_EQ(optim::SGD(groups).param_groups().size(), 2u);
  EXPECT_EQ(optim::SGD({{params, options}}).param_groups()[0].options.lr, 0.5);
  EXPECT_EQ(optim::SGD({{params, options}, {params2, {.lr = 0.1}}}).param_groups()[1].options.lr, 0.1);
  EXPECT_EQ(optim::Adam({{{w}, {.betas = {0.8, 0.9}}}, {{b}, {}}}).param_groups()[0].options.betas[0], 0.8);
  const std::unique_ptr<optim::Optimizer> owned = std::make_unique<optim::Adam>(params, optim::AdamOptions{.lr = 0.1});
  EXPECT_EQ(owned->parameters()[0].impl(), w.impl());
}

template <class O>
double lr_of(const O& optimizer) {
  return optimizer.param_groups()[0].options.lr;
}

TEST(Optimizer, TakesTheLearningRateAlone) {
  const std::vector<Tensor> params{ones({2}, {.requires_grad = true})};
  EXPECT_EQ(lr_of(optim::SGD(params, 0.1)), 0.1);
  EXPECT_EQ(lr_of(optim::SGD({params[0]}, 1)), 1);
  EXPECT_EQ(lr_of(optim::Adam(params, 0.5f)), 0.5);
  const optim::AdamW decoupled(params, 0.01);
  EXPECT_EQ(lr_of(decoupled), 0.01);
  EXPECT_EQ(decoupled.param_groups()[0].options.weight_decay, 0.01);
  EXPECT_EQ(lr_of(optim::SGD(params, {})), 1e-3);
  EXPECT_EQ(lr_of(optim::SGD(params, {0.2})), 0.2);
  expect_error<ValueError>([&params] { optim::SGD(params, -1); }, "SGD: lr = -1 in group 0");
}

TEST(Optimizer, TreatsEachGroupByItsOwnOptions) {
  Tensor w = leaf({1}, {1}), b = leaf({1}, {1});
  optim::SGD optimizer({{{w}, {.lr = .1}}, {{b}, {.lr = .5}}});
  w.set_grad(ones_like(w));
  b.set_grad(ones_like(b));
  optimizer.step();
  expect_close(w, {.9}, 1e-15);
  expect_close(b, {.5});
}

TEST(Optimizer, ReadsOptionsAtEachStep) {
  Tensor w = leaf({1}, {1});
  optim::SGD optimizer({w}, {.lr = .1});
  w.set_grad(ones_like(w));
  optimizer.param_groups()[0].options.lr = .5;
  optimizer.step();
  expect_close(w, {.5});
}

TEST(Optimizer, AnInvalidOptionSetLaterMovesNothing) {
  Tensor w = leaf({1}, {1}), b = leaf({1}, {1});
  optim::Adam optimizer({{{w}, {}}, {{b}, {}}});
  w.set_grad(ones_like(w));
  b.set_grad(ones_like(b));
  optimizer.param_groups()[1].options.lr = NAN;
  expect_error<ValueError>([&] { optimizer.step(); }, "lr = nan in group 1");
  expect_close(w, {1});
  EXPECT_FALSE(optimizer.state_dict().contains("state.0.step"));
}

TEST(Optimizer, AChangedListOfParametersIsRefused) {
  Tensor w = leaf({1}, {1}), b = leaf({1}, {1});
  w.set_grad(ones_like(w));
  optim::SGD more({w}), other({w}), fewer({w, b});
  const StateDict dict = more.state_dict();
  more.param_groups()[0].params.push_back(b);
  other.param_groups()[0].params[0] = b;
  fewer.param_groups()[0].params.pop_back();
  for (optim::SGD* optimizer : {&more, &other, &fewer}) {
    expect_error<ValueError>([&] { optimizer->step(); }, "list of parameters", "make a new optimizer");
    expect_error<ValueError>([&] { optimizer->state_dict(); }, "list of parameters");
    expect_error<ValueError>([&] { optimizer->load_state_dict(dict); }, "list of parameters");
    expect_error<ValueError>([&] { optimizer->add_param_group({{leaf({1}, {1})}}); }, "list of parameters");
  }
  expect_close(w, {1});
}

TEST(Optimizer, AnAbsentGradientLeavesParameterAndStateAlone) {  // SEMANTICS [23]
  Tensor w = leaf({1}, {1});
  optim::Adam adam({w}, {.weight_decay = .5});
  adam.step();
  expect_close(w, {1});
  EXPECT_FALSE(adam.state_dict().contains("state.0.step"));
}

TEST(Optimizer, AFrozenParameterStaysUnchanged) {  // SEMANTICS [22]
  Tensor w = leaf({1}, {1});
  optim::SGD optimizer({w}, {.lr = .1, .momentum = .9, .weight_decay = .1});
  w.set_grad(ones_like(w));
  optimizer.step();
  const double moved = w.item<double>();
  w.requires_grad_(false);
  optimizer.step();
  expect_close(w, {moved});
}

TEST(Optimizer, NeverEditsAGradient) {  // SEMANTICS [23]
  Tensor w = leaf({1, 2}, {2});
  const Tensor g = tensor({.25, -.5}, {.dtype = float64});
  w.set_grad(g);
  optim::SGD sgd({w}, {.lr = .1, .momentum = .9, .weight_decay = .5, .nesterov = true, .maximize = true});
  optim::Adam adam({w}, {.lr = .1, .weight_decay = .5, .amsgrad = true, .maximize = true});
  sgd.step();
  sgd.step();
  adam.step();
  adam.step();
  EXPECT_EQ(w.grad().to_vector<double>(), (std::vector<double>{.25, -.5}));
  EXPECT_EQ(g.to_vector<double>(), (std::vector<double>{.25, -.5}));
}

TEST(Optimizer, ReadsAGradientThatIsTheParameterItself) {
  Tensor w = leaf({1, 2, 3, 4, 5, 6, 7, 8, 9}, {9});
  w.set_grad(w.detach());
  optim::SGD optimizer({w}, {.lr = .5});
  optimizer.step();
  expect_close(w, {.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5});
}

TEST(Optimizer, StepsInPlaceForEveryHandleAndUnderGradMode) {
  Tensor w = leaf({1}, {1});
  const Tensor alias = w.detach();
  optim::SGD optimizer({w}, {.lr = 1});
  w.set_grad(ones_like(w));
  optimizer.step();
  expect_close(alias, {0});
  EXPECT_TRUE(w.is_leaf() && w.requires_grad() && is_grad_enabled());
}

TEST(Optimizer, AStepInvalidatesValuesThatTheTapeHasSaved) {
  Tensor w = leaf({2}, {1});
  Tensor loss = (w * w).sum();
  optim::SGD optimizer({w}, {.lr = 1});
  w.set_grad(ones_like(w));
  optimizer.step();
  expect_error<GradError>([&] { loss.backward(); }, "mul");
}

TEST(Optimizer, ZeroGradRemovesGradientsOrZeroesThem) {  // SEMANTICS [30]
  Tensor w = leaf({1, 2}, {2}), b = leaf({1}, {1});
  optim::SGD optimizer({w, b});
  w.set_grad(ones_like(w));
  optimizer.zero_grad(/*set_to_none=*/false);
  expect_close(w.grad(), {0, 0});
  EXPECT_FALSE(b.grad().defined());
  optimizer.zero_grad();
  EXPECT_FALSE(w.grad().defined());
}

TEST(Optimizer, DescendsAParabola) {
  Tensor w = tensor({3.f, -2.f}, {.requires_grad = true});
  optim::Adam adam({w}, {.lr = .1});
  for (int i = 0; i < 500; ++i) {
    adam.zero_grad();
    (w * w).sum().backward();
    adam.step();
  }
  expect_close(w, {0, 0}, 1e-3);
}

TEST(Optimizer, TakesEmptyAndScalarParameters) {
  Tensor none = zeros({0, 3}, {.requires_grad = true}), scalar = leaf({1}, {});
  optim::Adam optimizer({none, scalar}, {.lr = .1});
  none.set_grad(zeros({0, 3}));
  scalar.set_grad(ones_like(scalar));
  optimizer.step();
  expect_close(scalar, {.9}, 1e-8);
}

/// A function that makes an SGD of these parameters or groups.
template <class... Args>
auto making(const Args&... args) {
  return [=] { optim::SGD optimizer(args...); };
}

TEST(Optimizer, RefusesWhatIsNotAParameter) {  // SEMANTICS [25]
  using Tensors = std::vector<Tensor>;
  using Groups = std::vector<optim::ParamGroup<optim::SGDOptions>>;
  Tensor w = leaf({1, 2}, {2}), b = leaf({1}, {1});
  expect_error<ValueError>(making(Tensors{}), "SGD", "empty");
  expect_error<ValueError>(making(Groups{}), "SGD", "empty");
  expect_error<ValueError>(making(Groups{{}}), "SGD", "empty");
  expect_error<ValueError>(making(Tensors{w, Tensor()}), "parameter 1 is undefined");
  expect_error<GradError>(making(Tensors{b, w * 2}), "parameter 1 of shape (2)", "mul", "leaf");
  expect_error<DTypeError>(making(Tensors{tensor({1, 2})}), "parameter 0 of shape (2) is int64");
  expect_error<ValueError>([&] { optim::Adam optimizer({w, Tensor()}); }, "Adam");
}

TEST(Optimizer, RefusesAParameterTwice) {  // SEMANTICS [25]
  using Tensors = std::vector<Tensor>;
  using Groups = std::vector<optim::ParamGroup<optim::SGDOptions>>;
  Tensor w = leaf({1, 2}, {2}), b = leaf({1}, {1});
  expect_error<ValueError>(making(Tensors{w, b, w}), "parameter 2 of shape (2) is the same tensor as parameter 0");
  expect_error<ValueError>(making(Groups{{{w}}, {{b, w}}}),
                           "parameter 2 of shape (2) is the same tensor as parameter 0");
}

TEST(Optimizer, RefusesParametersThatShareElements) {
  using Tensors = std::vector<Tensor>;
  Tensor w = leaf({1, 2}, {2}), b = leaf({1}, {1});
  const Tensor alias = w.detach().requires_grad_();
  const Tensor first = w.detach()[0].requires_grad_(), second = w.detach()[1].requires_grad_();
  expect_error<ValueError>(making(Tensors{alias, w}), "parameter 1", "shares elements", "parameter 0");
  expect_error<ValueError>(making(Tensors{w, b, second}), "parameter 2 of shape ()", "shares elements");
  EXPECT_NO_THROW(making(Tensors{second, b, first})());
}

TEST(Optimizer, AnEmptyViewSharesNoElements) {
  using Tensors = std::vector<Tensor>;
  Tensor w = leaf({1, 2, 3}, {3});
  const Tensor none = w.detach().narrow(0, 1, 0).requires_grad_(), other = w.detach().narrow(0, 1, 0).requires_grad_();
  EXPECT_NO_THROW(making(Tensors{w, none, other})());
  expect_error<ValueError>(making(Tensors{none, w, none}), "parameter 2 of shape (0) is the same tensor",
                           "parameter 0");
  const Tensor row = w.detach()[2].requires_grad_();
  expect_error<ValueError>(making(Tensors{none, row, w}), "parameter 2 of shape (3) shares elements with parameter 1");
}

TEST(Optimizer, AnAddedGroupIsUpdatedFromThenOn) {
  Tensor w = leaf({1}, {1}), b = leaf({1}, {1});
  optim::SGD optimizer({w}, {.lr = 1, .momentum = .5});
  w.set_grad(ones_like(w));
  b.set_grad(ones_like(b));
  optimizer.step();
  optimizer.add_param_group({{b}, {.lr = .25}});
  optimizer.step();
  expect_close(w, {-1.5});  // with the momentum of the first step
  expect_close(b, {.75});
  EXPECT_EQ(optimizer.param_groups().size(), 2u);
  EXPECT_EQ(optimizer.parameters().size(), 2u);
  optimizer.zero_grad();
  EXPECT_FALSE(b.grad().defined());
}

TEST(Optimizer, AGroupThatIsRefusedChangesNothing) {  // SEMANTICS [25]
  Tensor w = leaf({1, 2}, {2}), b = leaf({1}, {1}), c = leaf({1}, {1});
  optim::Adam optimizer({w, b});
  const Tensor row = w.detach()[1].requires_grad_();
  expect_error<ValueError>(
      [&] {
        optimizer.add_param_group({{c, b}});
      },
      "Adam", "parameter 3 of shape (1) is the same tensor as parameter 1");
  expect_error<ValueError>([&] { optimizer.add_param_group({{c, c}}); }, "parameter 3", "as parameter 2");
  expect_error<ValueError>([&] { optimizer.add_param_group({{row}}); }, "parameter 2 of shape ()", "shares elements");
  expect_error<ValueError>([&] { optimizer.add_param_group({{c, Tensor()}}); }, "parameter 3 is undefined");
  expect_error<GradError>([&] { optimizer.add_param_group({{c * 2}}); }, "parameter 2", "mul", "leaf");
  expect_error<DTypeError>([&] { optimizer.add_param_group({{tensor({1, 2})}}); }, "parameter 2", "int64");
  expect_error<ValueError>([&] { optimizer.add_param_group({{c}, {.lr = -1}}); }, "lr = -1 in group 1");
  EXPECT_EQ(optimizer.param_groups().size(), 1u);
  EXPECT_EQ(optimizer.parameters().size(), 2u);
  EXPECT_EQ(optimizer.state_dict().size(), optim::Adam({w, b}).state_dict().size());
  EXPECT_NO_THROW(optimizer.step());
}

TEST(Optimizer, ARefusedGroupLeavesTheListOfGroupsWhereItIs) {
  const Tensor a = leaf({1}, {1});
  optim::Adam adam({a}, {.lr = .1});
  const auto groups = adam.param_groups();
  expect_error<ValueError>([&] { adam.add_param_group({{a}, {.lr = .2}}); }, "as parameter 0");
  EXPECT_EQ(groups.data(), adam.param_groups().data());
  EXPECT_EQ(adam.parameters().size(), 1u);
}

}  // namespace
}  // namespace xtape
