#include "xtape/nn/module.hpp"

#include <cmath>
#include <sstream>

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

struct Classifier : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(4, 3));
  nn::Dropout drop = register_module("drop", nn::Dropout(0.5));
  nn::Linear fc2 = register_module("fc2", nn::Linear(3, 2));
  Tensor forward(const Tensor& x) { return fc2(drop(relu(fc1(x)))); }
};

struct Scale : nn::Module {
  nn::Parameter w = register_parameter("w", ones({3}));
  nn::Buffer offset = register_buffer("offset", full({3}, 2.0));
  Tensor forward(const Tensor& x) const { return x * w + offset; }
};

std::vector<std::string> names(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> result;
  for (const auto& entry : tensors) result.push_back(entry.name);
  return result;
}
using Names = std::vector<std::string>;

TEST(Module, NamesParametersAsPyTorchDoes) {
  EXPECT_EQ(names(Classifier().named_parameters()), (Names{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}));
}

TEST(Module, ListsItsChildrenInTheOrderOfRegistration) {
  Classifier model;
  ASSERT_EQ(model.children().size(), 3u);
  EXPECT_EQ(model.named_children()[1].name, "drop");
  EXPECT_EQ(model.children()[2]->parameters()[0].impl(), model.fc2.weight.impl());
  nn::Sequential outer{model, relu};
  Names paths;
  for (const auto& [name, module] : outer.named_modules()) paths.push_back(name);
  EXPECT_EQ(paths, (Names{"", "0", "0.fc1", "0.drop", "0.fc2", "1"}));
}

TEST(Module, ListsBuffersApartFromParameters) {
  Scale scale;
  EXPECT_EQ(names(scale.named_parameters()), Names{"w"});
  EXPECT_EQ(names(scale.named_buffers()), Names{"offset"});
  EXPECT_TRUE(scale.w.requires_grad());
  EXPECT_FALSE(scale.offset.requires_grad());
}

TEST(Module, AConstForwardRunsToo) { expect_close(Scale()(ones({3})), {3, 3, 3}); }

TEST(Module, ACopySharesParametersAndMode) {
  Classifier model;
  Classifier copy = model;
  model.eval();
  EXPECT_FALSE(copy.is_training());
  EXPECT_FALSE(copy.drop.is_training());
  without_grad([&] { return model.fc1.bias.fill_(7); });
  EXPECT_EQ(copy.fc1.bias.to_vector<float>()[0], 7);
}

TEST(Module, AMovedFromModuleIsStillAHandle) {
  Classifier model;
  Classifier other = std::move(model);
  EXPECT_EQ(model.parameters()[0].impl(), other.parameters()[0].impl());  // NOLINT: on purpose
}

TEST(Module, AMovedFromCustomModuleRunsAndSharesItsTensors) {
  Scale model;
  Scale other = std::move(model);
  expect_close(model(ones({3})), {3, 3, 3});  // NOLINT: on purpose
  EXPECT_EQ(model.w.impl(), other.w.impl());
  Scale third;
  third = std::move(other);
  expect_close(other(ones({3})), {3, 3, 3});  // NOLINT: on purpose
  EXPECT_EQ(other.offset.impl(), third.offset.impl());
}

TEST(Module, AMoveWithinACloneCopiesNothingTwice) {
  struct Moving : nn::Module {
    Moving() = default;
    Moving(const Moving& other) : nn::Module(other), w(moved(other.w)) {}
    static nn::Parameter moved(nn::Parameter copy) { return copy; }
    nn::Parameter w = register_parameter("w", ones({1}));
  } model;
  const Moving copy = clone(model);
  EXPECT_EQ(copy.w.impl(), copy.parameters()[0].impl());
  EXPECT_NE(copy.w.impl(), model.w.impl());
}

TEST(Module, ACloneSharesNothing) {
  Classifier model;
  Classifier copy = clone(model);
  ASSERT_EQ(copy.parameters().size(), model.parameters().size());
  for (std::size_t i = 0; i < copy.parameters().size(); ++i) {
    EXPECT_TRUE(equal(copy.parameters()[i], model.parameters()[i]));
    EXPECT_NE(copy.parameters()[i].impl(), model.parameters()[i].impl());
  }
  without_grad([&] { return model.fc1.weight.fill_(0); });
  Tensor x = ones({1, 4});
  EXPECT_FALSE(equal(copy.fc1(x), model.fc1(x)));
}

TEST(Module, TheMembersOfACloneAreItsRegisteredChildren) {
  Classifier copy = clone(Classifier());
  EXPECT_EQ(copy.fc2.weight.impl(), copy.parameters()[2].impl());
  copy.eval();
  EXPECT_FALSE(copy.drop.is_training());
}

TEST(Module, ACloneKeepsModesAndFrozenParameters) {
  Classifier model;
  model.drop.eval();
  model.fc1.requires_grad_(false);
  Classifier copy = clone(model);
  EXPECT_TRUE(copy.is_training());
  EXPECT_FALSE(copy.drop.is_training());
  EXPECT_FALSE(copy.fc1.weight.requires_grad());
  EXPECT_TRUE(copy.fc2.weight.requires_grad());
}

TEST(Module, ACloneLeavesGradientsBehind) {
  Scale model;
  model(ones({3})).sum().backward();
  EXPECT_TRUE(model.w.grad().defined());
  EXPECT_FALSE(clone(model).w.grad().defined());
}

struct Tied : nn::Module {
  nn::Linear encoder = register_module("encoder", nn::Linear(3, 3, {.bias = false}));
  nn::Parameter decoder = register_parameter("decoder", encoder.weight);
  nn::Linear again = register_module("again", encoder);
  Tensor forward(const Tensor& x) { return linear(encoder(x), decoder); }
};

TEST(Module, CountsTiedParametersOnce) { EXPECT_EQ(Tied().parameters().size(), 1u); }

TEST(Module, ListsATieUnderEachNameInTheStateDict) {
  StateDict dict = Tied().state_dict();
  EXPECT_EQ(dict.size(), 3u);
  EXPECT_EQ(dict.at("decoder").impl(), dict.at("encoder.weight").impl());
}

TEST(Module, TiesSurviveInAClone) {
  Tied model;
  Tied copy = clone(model);
  EXPECT_EQ(copy.decoder.impl(), copy.encoder.weight.impl());
  EXPECT_EQ(copy.again.weight.impl(), copy.encoder.weight.impl());
  EXPECT_NE(copy.decoder.impl(), model.decoder.impl());
  EXPECT_EQ(copy.parameters().size(), 1u);
}

TEST(Module, ATieCollectsBothGradients) {
  Tied model;
  without_grad([&] { return model.decoder.copy_(eye(3)); });
  model(ones({1, 3})).sum().backward();
  expect_close(model.decoder.grad(), {2, 2, 2, 2, 2, 2, 2, 2, 2});
}

TEST(Module, StateDictAliasesAndItsCloneIsASnapshot) {
  Scale model;
  StateDict alias = model.state_dict(), snapshot = clone(alias);
  without_grad([&] { return model.w.fill_(5); });
  expect_close(alias.at("w"), {5, 5, 5});
  expect_close(snapshot.at("w"), {1, 1, 1});
  model.load_state_dict(snapshot);
  expect_close(model.w, {1, 1, 1});
}

TEST(Module, LoadsNothingWhenSomethingDoesNotFit) {
  Scale model;
  StateDict dict = clone(model.state_dict());
  without_grad([&] { return dict.at("w").fill_(9); });
  dict.set("offset", zeros({4}));
  expect_error<ShapeError>([&] { model.load_state_dict(dict); }, "load_state_dict: \"offset\" is (4) in the dict, (3)");
  expect_close(model.w, {1, 1, 1});
}

TEST(Module, NamesMissingAndUnexpectedKeys) {
  Scale model;
  StateDict dict;
  dict.set("w", full({3}, 4.0));
  dict.set("v", ones({3}));
  expect_error<ValueError>([&] { model.load_state_dict(dict); }, "missing [offset], unexpected [v]");
  expect_close(model.w, {1, 1, 1});
  model.load_state_dict(dict, false);
  expect_close(model.w, {4, 4, 4});
}

TEST(Module, LoadingWhatFitsTellsWhatDidNot) {  // SEMANTICS [38]
  Classifier pretrained, model;
  StateDict dict;
  for (const auto& [name, tensor] : pretrained.state_dict()) {
    if (name.substr(0, 3) == "fc1") dict.set(name, tensor);
  }
  dict.set("head.weight", ones({2}));
  const IncompatibleKeys keys = model.load_state_dict(dict, false);
  EXPECT_EQ(keys.missing_keys, (Names{"fc2.weight", "fc2.bias"}));
  EXPECT_EQ(keys.unexpected_keys, Names{"head.weight"});
  EXPECT_TRUE(equal(model.fc1.weight, pretrained.fc1.weight));
  std::ostringstream out;
  out << keys << "; " << model.load_state_dict(pretrained.state_dict());
  EXPECT_EQ(out.str(),
            "IncompatibleKeys(missing_keys=['fc2.weight', 'fc2.bias'], unexpected_keys=['head.weight']); "
            "<All keys matched successfully>");
  const auto [missing, unexpected] = model.load_state_dict({}, false);
  EXPECT_EQ(missing.size(), 4u);
  EXPECT_TRUE(unexpected.empty());
}

TEST(Module, AShapeThatDiffersIsAnErrorInEitherMode) {
  Scale model;
  StateDict dict;
  dict.set("w", ones({4}));
  expect_error<ShapeError>([&] { model.load_state_dict(dict, false); }, "\"w\" is (4) in the dict, (3) in the module");
  expect_error<ShapeError>([&] { model.load_state_dict(dict); }, "\"w\" is (4)", "missing [offset]");
}

TEST(Module, ChangesDtypeInPlace) {
  Scale model;
  Tensor w = model.parameters()[0];
  model(ones({3})).sum().backward();
  model.to(float64);
  EXPECT_EQ(w.dtype(), float64);
  EXPECT_EQ(w.grad().dtype(), float64);
  EXPECT_EQ(model.offset.dtype(), float64);
  model(ones({3}, {.dtype = float64})).sum().backward();
  expect_close(w.grad(), {2, 2, 2});
}

TEST(Module, AConversionBetweenForwardAndBackwardIsAnError) {
  Scale model;
  Tensor loss = (model(ones({3}).requires_grad_()) * model.w).sum();
  model.to(float64);
  expect_error<GradError>([&] { loss.backward(); }, "modified in place");
}

TEST(Module, TrainAndEvalNeverTouchRequiresGrad) {  // SEMANTICS [22]
  Classifier model;
  model.fc1.requires_grad_(false);
  model.eval().train();
  EXPECT_FALSE(model.fc1.weight.requires_grad());
  EXPECT_TRUE(model.fc2.weight.requires_grad());
}

TEST(Module, FreezingDropsAnOldGradient) {  // SEMANTICS [22]
  Scale model;
  model(ones({3})).sum().backward();
  model.requires_grad_(false);
  EXPECT_FALSE(model.w.grad().defined());
}

TEST(Module, ZeroGradSetsNoneOrZeros) {
  Scale model;
  model(ones({3})).sum().backward();
  Tensor g = model.w.grad();
  model.zero_grad(false);
  expect_close(g, {0, 0, 0});
  model.zero_grad();
  EXPECT_FALSE(model.w.grad().defined());
}

TEST(Module, AModuleSharedByTwoParentsReportsTheRightPath) {
  nn::Linear shared(4, 4);
  nn::Sequential a{shared}, b{relu, shared};
  nn::Sequential both{a.append(relu), b};
  expect_error<ShapeError>([&] { both[1](ones({1, 3})); }, "linear \"1\"");
  expect_error<ShapeError>([&] { both(ones({1, 3})); }, "linear \"0.0\"");
}

struct Naming : nn::Module {
  nn::Parameter slice(const Tensor& whole) { return register_parameter("w", whole.narrow(0, 0, 1)); }
};

TEST(Module, LoadsNothingWhenAValueCannotBeCast) {
  struct Counter : nn::Module {
    nn::Parameter w = register_parameter("w", ones({1}));
    nn::Buffer steps = register_buffer("steps", zeros({1}, {.dtype = int64}));
  } model;
  StateDict dict;
  dict.set("w", full({1}, 5.0));
  dict.set("steps", full({1}, std::nan("")));
  EXPECT_THROW(model.load_state_dict(dict), Error);
  expect_close(model.w, {1});
}

TEST(Module, RegistersACopyOfWhatPyTorchHasAsAView) {
  struct Transposed : nn::Module {
    nn::Parameter weight = register_parameter("weight", ones({2, 3}).transpose(0, 1));
    nn::Buffer scale = register_buffer("scale", ones({2, 3}).transpose(0, 1));
  } module;
  NoGradGuard no_grad;
  module.weight.fill_(2);
  module.scale.fill_(3);
  EXPECT_EQ(module.parameters()[0].sum().item<float>(), 12);
  EXPECT_EQ(module.buffers()[0].sum().item<float>(), 18);
}

TEST(Module, AParameterOwnsItsStorage) {
  Tensor whole = zeros({4});
  Naming m;
  nn::Parameter w = m.slice(whole);
  whole.fill_(3);
  expect_close(w, {0});
}

TEST(Module, ANewHeadOnAFrozenBodyLeavesTheBodyAlone) {
  Classifier model;
  model.fc1.requires_grad_(false);
  Tensor before = model.fc1.weight.clone();
  model(randn({5, 4})).sum().backward();
  EXPECT_FALSE(model.fc1.weight.grad().defined());
  EXPECT_TRUE(model.fc2.weight.grad().defined());
  EXPECT_TRUE(equal(before, model.fc1.weight));
}

}  // namespace
}  // namespace xtape
