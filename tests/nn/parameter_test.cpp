// Parameter and Buffer members: assigned with their module, and never alone.
#include "xtape/nn/parameter.hpp"

#include <vector>

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {
namespace {

struct Twins : nn::Module {
  nn::Linear d = register_module("d", nn::Linear(3, 3)), e = register_module("e", nn::Linear(3, 3));
  nn::Parameter scale = register_parameter("scale", ones({3}));
  nn::Buffer offset = register_buffer("offset", zeros({3}));
  nn::Parameter none = register_parameter("none", Tensor());
  Tensor forward(const Tensor& x) const { return d(e(x)) * scale + offset; }
};

/// Every member refers to the tensor that its module has registered.
void expect_consistent(const Twins& twins) {
  const StateDict dict = twins.state_dict();
  EXPECT_EQ(dict.at("d.weight").impl(), twins.d.weight.impl());
  EXPECT_EQ(dict.at("e.bias").impl(), twins.e.bias.impl());
  EXPECT_EQ(dict.at("scale").impl(), twins.scale.impl());
  EXPECT_EQ(dict.at("offset").impl(), twins.offset.impl());
}

TEST(Parameter, IsNotAssignedAloneByWhateverSpelling) {
  Twins n;
  const Twins other;
  const std::string rule = "=: the module would keep its own tensor \"weight\" registered";
  expect_error<ValueError>([&n] { n.d.weight = std::as_const(n.e.weight); }, rule);
  expect_error<ValueError>([&n] { n.d.weight = std::move(n.e.weight); }, rule);
  expect_error<ValueError>([&n] { n.d.weight = nn::Parameter(n.e.weight); }, rule);
  expect_error<ValueError>([&n] { n.d.weight = nn::Parameter(); }, rule);
  expect_error<ValueError>([&n, &other] { n.d.weight = other.d.weight; }, rule);
  expect_error<ValueError>([&n] { std::swap(n.d.weight, n.e.weight); }, rule);
  expect_error<ValueError>([&n] { n.d.weight = std::as_const(n.d.bias); }, rule);
  expect_error<ValueError>([&n, &other] { n.offset = other.offset; }, "own tensor \"offset\" registered");
  expect_error<ValueError>([&n, &other] { n.none = other.scale; }, "keep no tensor registered");
  expect_consistent(n);
}

TEST(Parameter, IsNotAssignedThroughAReferenceToATensor) {
  Twins n;
  const std::string rule = "=: the module would keep its own tensor registered";
  Tensor &d = n.d.weight, &offset = n.offset, &none = n.none;
  expect_error<ValueError>([&d] { d = zeros({3, 3}); }, rule);
  expect_error<ValueError>([&d, &n] { d = n.e.weight; }, rule);
  expect_error<ValueError>([&d] { d = Tensor(); }, rule);
  expect_error<ValueError>([&offset] { offset = offset * 2; }, rule);
  expect_error<ValueError>([&none, &n] { none = n.scale; }, "keep no tensor registered");
  expect_error<ValueError>([&n] { static_cast<Tensor&>(n.scale) = n.scale.detach(); }, rule);
  Tensor& same = d;
  d = same;
  expect_consistent(n);
}

TEST(Parameter, IsNotAssignedWhateverTheNumberOfOthers) {
  std::vector<nn::LayerNorm> layers;  // so many that a check finds a member near any address, its own variables' too
  for (int i = 0; i < 20000; ++i) layers.emplace_back(1);
  Tensor& weight = layers[0].weight;
  expect_error<ValueError>([&weight] { weight = zeros({1}); }, "=: the module would keep its own tensor registered");
}

TEST(Parameter, WithoutATensorGetsNoneThroughAReferenceToATensor) {
  nn::Linear layer(2, 3, false);
  Tensor& bias = layer.bias;
  expect_error<ValueError>([&bias] { bias = zeros({3}); }, "=: the module would keep no tensor registered");
  EXPECT_FALSE(layer.bias.defined());
}

TEST(Parameter, KeepsItsTensorWhenASwapIsRefused) {
  Twins n;
  Tensor other = zeros({3});
  const std::string rule = "=: the module would keep its own tensor registered";
  expect_error<ValueError>([&n] { std::swap<Tensor>(n.d.weight, n.e.weight); }, rule);
  expect_error<ValueError>([&n, &other] { std::swap<Tensor>(n.scale, other); }, rule);
  expect_consistent(n);
}

TEST(Parameter, ThatWasMovedFromMayGetItsOwnTensorBack) {
  Twins n;
  Tensor& scale = n.scale;
  Tensor taken = std::move(scale);
  expect_error<ValueError>([&scale] { scale = zeros({3}); }, "=: the module would keep its own tensor registered");
  scale = taken;
  expect_consistent(n);
}

TEST(Parameter, MayBeWhatAnOrdinaryHandleRefersTo) {
  Twins n;
  Tensor handle;
  handle = n.scale;
  handle = n.offset;
  handle = zeros({3});
  std::vector<Tensor> all = n.parameters();
  std::swap(all[0], all[1]);
  all.erase(all.begin());
  expect_consistent(n);
  std::vector<Tensor> gone = Twins().parameters();
  gone[0] = handle;
}

TEST(Parameter, AssignedItsOwnTensorStaysWhatItIs) {
  Twins n;
  const Twins same = n;
  n.scale = same.scale;
  expect_consistent(n);
  expect_error<ValueError>([&n] { n.scale = Twins().scale; }, "own tensor \"scale\" registered");
}

TEST(Parameter, GoesWithItsModule) {
  Twins a, b;
  const Twins first = a, second = b, third;
  a = b;
  expect_consistent(a);
  EXPECT_EQ(a.scale.impl(), second.scale.impl());
  b = first;
  expect_consistent(b);
  EXPECT_EQ(b.scale.impl(), first.scale.impl());
  std::swap(a, b);
  expect_consistent(a);
  expect_consistent(b);
  EXPECT_EQ(a.scale.impl(), first.scale.impl());
  a = third;
  a = Twins();
  a = clone(b);
  expect_consistent(a);
  expect_error<ValueError>([&a, &third] { a.scale = third.scale; }, "own tensor \"scale\" registered");
}

TEST(Parameter, GoesWithAModuleThatLeavesAnotherHandleBehind) {
  Twins n;
  n.d = n.replace_module("d", nn::Linear(3, 3, {.bias = false}));
  n.d = n.replace_module("d", nn::Linear(3, 3));
  expect_consistent(n);
  std::vector<Twins> pairs(3);
  const Twins last = pairs[2];
  pairs.erase(pairs.begin());
  EXPECT_EQ(pairs[1].offset.impl(), last.offset.impl());
  expect_consistent(pairs[0]);
  expect_consistent(pairs[1]);
}

TEST(Parameter, OfACloneBelongsToTheClone) {
  Twins original;
  Twins copy = clone(original);
  expect_consistent(copy);
  expect_error<ValueError>([&] { copy.scale = std::as_const(original.scale); }, "own tensor \"scale\" registered");
  original = Twins();  // forgets what it was
  expect_error<ValueError>([&] { copy.scale = std::as_const(original.scale); }, "own tensor \"scale\" registered");
}

TEST(Parameter, ATieBelongsToTheModuleThatHasRegisteredIt) {
  struct Tied : nn::Module {
    explicit Tied(const nn::Linear& encoder) { weight = register_parameter("weight", encoder.weight); }
    nn::Parameter weight;
  };
  nn::Linear encoder(2, 2);
  Tied tied(encoder);
  encoder = nn::Linear(2, 2);
  expect_error<ValueError>([&] { tied.weight = std::as_const(encoder.weight); }, "own tensor \"weight\" registered");
  EXPECT_EQ(tied.weight.impl(), tied.parameters()[0].impl());
}

TEST(Parameter, OutlivesItsModule) {
  nn::Parameter w = nn::Linear(2, 3).weight;
  EXPECT_EQ(w.shape(), (Shape{3, 2}));
  w = nn::Linear(4, 5).weight;
  EXPECT_EQ(w.shape(), (Shape{5, 4}));
}

}  // namespace
}  // namespace xtape::testing
