#include "xtape/nn/sequential.hpp"

#include "support/expect.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::with_parameters;

XTAPE_OP_CASES(sequential) {
  cases.add("Sequential", "", {any({4, 3}), any({5, 3}), any({5}), any({2, 5}), any({2})},
            "F.linear(F.relu(F.linear(x[0], x[1], x[2])), x[3], x[4])", [](Args x) {
              const nn::Linear fc1 = with_parameters(nn::Linear(3, 5), x[1], x[2]);
              const nn::Linear fc2 = with_parameters(nn::Linear(5, 2), x[3], x[4]);
              return nn::Sequential{fc1, nn::ReLU(), fc2}(x[0]);
            });
}

TEST(Sequential, NumbersItsEntriesPlainFunctionsIncluded) {
  nn::Sequential model{nn::Linear(2, 3), relu, nn::Linear(3, 1)};
  EXPECT_EQ(model.size(), 3u);
  EXPECT_TRUE(model.state_dict().contains("2.weight"));
  EXPECT_FALSE(model.state_dict().contains("1.weight"));
}

TEST(Sequential, AppliesItsLayersInOrder) {
  nn::Sequential model{[](const Tensor& x) { return x + 1; }, [](const Tensor& x) { return x * 10; }};
  expect_close(model(tensor({1.0, 2.0})), {20, 30});
}

TEST(Sequential, OneSequentialInBracesIsACopyOfIt) {
  nn::Sequential a{relu, relu};
  nn::Sequential b{a};
  EXPECT_EQ(b.size(), 2u);
  a.append(relu);
  EXPECT_EQ(b.size(), 3u);  // a handle: the same module
}

TEST(Sequential, NestsByAppend) {
  nn::Sequential outer;
  outer.append(nn::Sequential{nn::Linear(2, 2)}).append(nn::Linear(2, 1));
  EXPECT_TRUE(outer.state_dict().contains("0.0.weight"));
  EXPECT_TRUE(outer.state_dict().contains("1.bias"));
}

TEST(Sequential, EmptyIsTheIdentity) {
  Tensor x = ones({2});
  EXPECT_EQ(nn::Sequential()(x).impl(), x.impl());
}

TEST(Sequential, ConstructsItsLayersInOrder) {
  manual_seed(3);
  nn::Sequential model{nn::Linear(2, 2), nn::Linear(2, 2)};
  manual_seed(3);
  nn::Linear first(2, 2);
  EXPECT_TRUE(equal(model.parameters()[0], first.weight));
}

TEST(Sequential, ReplacesALayer) {
  nn::Sequential model{nn::Linear(2, 3), relu, nn::Linear(3, 1)};
  model.replace(2, nn::Linear(3, 5)).replace(1, nn::Tanh());
  EXPECT_EQ(model.size(), 3u);
  EXPECT_EQ(model(ones({1, 2})).shape(), (Shape{1, 5}));
  EXPECT_EQ(model.state_dict().at("2.weight").shape(), (Shape{5, 3}));
  const nn::Sequential copy = model;
  model.replace(0, [](const Tensor& x) { return x * 0; }).replace(2, [](const Tensor& x) { return x + 1; });
  testing::expect_close(copy(ones({1, 2})), {1, 1});  // a copy shares the layers, and is never stale
}

TEST(Sequential, ALayerMayBeReplacedWhileItRuns) {
  nn::Sequential model{nn::Flatten(), [](const Tensor& x) { return x * 1; }, nn::ReLU()};
  const RemovableHandle lazy = model[1].register_forward_pre_hook(
      [&model](const nn::Module&, const Tensor& x) { model.replace(1, nn::Linear(x.size(1), 4)); });
  EXPECT_EQ(model(ones({2, 3, 3})).shape(), (Shape{2, 9}));  // the one that was running
  EXPECT_EQ(model(ones({2, 3, 3})).shape(), (Shape{2, 4}));
}

TEST(Sequential, PassesTheModeToItsLayers) {
  nn::Dropout drop(0.5);
  nn::Sequential model{nn::Linear(2, 2), drop};
  model.eval();
  EXPECT_FALSE(drop.is_training());
}

TEST(Sequential, ACloneSharesNothingWithTheOriginal) {
  nn::Sequential model{nn::Linear(2, 2), nn::Dropout(0.5)};
  nn::Sequential copy = clone(model);
  copy.eval();
  EXPECT_TRUE(model.is_training());
  EXPECT_NE(copy.parameters()[0].impl(), model.parameters()[0].impl());
  Tensor x = ones({1, 2});
  EXPECT_TRUE(equal(copy(x), model.eval()(x)));
}

TEST(Sequential, AModuleInsideAFunctionIsClonedToo) {
  const nn::Linear inner = nn::unregistered(nn::Linear(2, 2));
  nn::Sequential model{[inner](const Tensor& x) { return inner(x); }, relu};
  nn::Sequential copy = clone(model);
  Tensor x = ones({1, 2}), before = copy(x);
  without_grad([&] { return inner.weight.fill_(100); });
  EXPECT_TRUE(equal(copy(x), before));
}

}  // namespace
}  // namespace xtape
