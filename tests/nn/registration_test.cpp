// Modules that run inside others: new heads, layers that nobody registered, and nn::unregistered.
#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {
namespace {

struct Net : nn::Module {
  nn::Linear body = register_module("body", nn::Linear(4, 16));
  nn::ReLU act = register_module("act", nn::ReLU());
  nn::Linear head = register_module("head", nn::Linear(16, 10));
  Tensor forward(const Tensor& x) const { return head(act(body(x))); }
};

const std::vector<std::string> names_of(const nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module.named_parameters()) names.push_back(name);
  return names;
}

TEST(ReplaceModule, GivesANetANewHead) {
  Net net;
  const std::vector<std::string> names = names_of(net);
  net.head = net.replace_module("head", nn::Linear(16, 2));
  EXPECT_EQ(names_of(net), names);
  EXPECT_EQ(net(ones({3, 4})).shape(), (Shape{3, 2}));
  EXPECT_EQ(net.state_dict().at("head.weight").impl(), net.head.weight.impl());
  optim::SGD optimizer(net.parameters(), {.lr = 0.5});
  const Tensor before = net.head.weight.clone();
  net(ones({3, 4})).sum().backward();
  optimizer.step();
  EXPECT_FALSE(equal(net.head.weight, before));
}

TEST(ReplaceModule, KeepsThePlaceInTheOrder) {
  Net net;
  net.body = net.replace_module("body", nn::Linear(8, 16));
  EXPECT_EQ(names_of(net), (std::vector<std::string>{"body.weight", "body.bias", "head.weight", "head.bias"}));
  EXPECT_EQ(net.parameters()[0].shape(), (Shape{16, 8}));
}

TEST(ReplaceModule, WorksFromOutsideAndUnderAnyParent) {
  struct Outer : nn::Module {
    Net net = register_module("net", Net());
    Tensor forward(const Tensor& x) const { return net(x); }
  } outer;
  outer.net.head = outer.net.replace_module("head", nn::Linear(16, 3));
  EXPECT_EQ(outer.state_dict().at("net.head.weight").shape(), (Shape{3, 16}));
  // The registered handle of the net is a copy, made before.
  expect_error<ValueError>([&outer] { outer.children()[0]->operator()(ones({1, 4})); }, "this copy of the module");
  EXPECT_EQ(outer(ones({1, 4})).shape(), (Shape{1, 3}));
}

TEST(ReplaceModule, MakesOlderCopiesOfTheHandleStale) {
  Net net;
  nn::Sequential model{net, nn::Softmax(1)};
  net.head = net.replace_module("head", nn::Linear(16, 2));
  EXPECT_NO_THROW(net(ones({1, 4})));
  expect_error<ValueError>(
      [&] {
        model(ones({1, 4}));
      },
      "Net \"0\": this copy of the module still has the old \"head\", which replace_module has replaced",
      "call replace_module before you copy the module");
  const nn::Sequential fresh{net, nn::Softmax(1)};
  EXPECT_EQ(fresh(ones({1, 4})).shape(), (Shape{1, 2}));
}

TEST(ReplaceModule, MakesThemStaleWhereTheOldModuleOwnsNothing) {
  struct Wrapper : nn::Module {
    nn::Flatten shape = register_module("shape", nn::Flatten());
    Tensor forward(const Tensor& x) const { return shape(x); }
  } wrapper;
  const Wrapper old = wrapper, clone_of_old = clone(old);
  wrapper.shape = wrapper.replace_module("shape", nn::Flatten(0));
  EXPECT_EQ(wrapper(ones({2, 3})).shape(), Shape{6});
  expect_error<ValueError>([&] { old(ones({2, 3})); }, "still has the old \"shape\"");
  expect_error<ValueError>([&] { clone(old)(ones({2, 3})); }, "still has the old \"shape\"");
  EXPECT_EQ(clone_of_old(ones({2, 3})).shape(), (Shape{2, 3}));  // a module of its own since before
}

TEST(ReplaceModule, MayBeTakenBack) {
  Net net;
  const nn::Linear old = net.head;
  net.head = net.replace_module("head", nn::Linear(16, 2));
  EXPECT_EQ(old(ones({1, 16})).shape(), (Shape{1, 10}));  // alone, it is a module as any
  net.head = net.replace_module("head", old);
  net.head = net.replace_module("head", old);
  EXPECT_EQ(net(ones({1, 4})).shape(), (Shape{1, 10}));
}

TEST(ReplaceModule, LeavesATieThatHasAnotherName) {
  struct Tied : nn::Module {
    nn::Linear a = register_module("a", nn::Linear(2, 2)), b = register_module("b", a);
    Tensor forward(const Tensor& x) const { return b(a(x)); }
  } tied;
  const Tied copy = tied;
  tied.a = tied.replace_module("a", nn::Linear(2, 2));
  EXPECT_NO_THROW(tied(ones({1, 2})));
  EXPECT_NO_THROW(copy(ones({1, 2})));  // its `a` is the module's "b"
  EXPECT_EQ(tied.parameters().size(), 4u);
}

TEST(ReplaceModule, HoldsInAClone) {
  Net net;
  net.head = net.replace_module("head", nn::Linear(16, 2));
  const Net copy = clone(net);
  EXPECT_EQ(copy(ones({1, 4})).shape(), (Shape{1, 2}));
  EXPECT_EQ(copy.state_dict().at("head.weight").impl(), copy.head.weight.impl());
}

TEST(Registration, AnAssignedHeadIsAnError) {
  Net net;
  net.head = nn::Linear(16, 2);
  expect_error<ValueError>(
      [&net] {
        net(ones({1, 4}));
      },
      "Net: it runs an unregistered Linear", "register_module", "nn::unregistered");
  EXPECT_EQ(net.head(ones({1, 16})).shape(), (Shape{1, 2}));
}

TEST(Registration, AForgottenLayerIsAnErrorAtAnyDepth) {
  struct Forgetful : nn::Module {
    nn::Sequential layers{nn::Linear(2, 2), nn::ReLU()};
    Tensor forward(const Tensor& x) const { return layers(x); }
  };
  expect_error<ValueError>([] { Forgetful()(ones({1, 2})); }, "Forgetful: it runs an unregistered Sequential");
  const nn::Sequential outer{nn::ReLU(), Forgetful()};
  expect_error<ValueError>([&outer] { outer(ones({1, 2})); }, "Forgetful \"1\": it runs an unregistered Sequential");
}

TEST(Registration, ALayerThatLooksAtItsModeCounts) {
  struct Forgetful : nn::Module {
    nn::Dropout drop{0.5};
    nn::Sequential more{nn::Dropout(0.5)};
    bool first = true;
    Tensor forward(const Tensor& x) const { return first ? drop(x) : more(x); }
  } net;
  expect_error<ValueError>([&net] { net(ones({2})); }, "Forgetful: it runs an unregistered Dropout");
  net.first = false;
  expect_error<ValueError>([&net] { net(ones({2})); }, "Forgetful: it runs an unregistered Sequential");
}

TEST(Registration, WhatOwnsNothingNeedsNone) {
  struct Plain : nn::Module {
    nn::ReLU act;
    nn::CrossEntropyLoss loss;
    Tensor forward(const Tensor& x) const { return loss(act(x), tensor({0})); }
  };
  EXPECT_NO_THROW(Plain()(ones({1, 3})));
}

TEST(Registration, AGrandchildMayBeCalled) {
  struct Encoder : nn::Module {
    nn::Embedding embed = register_module("embed", nn::Embedding(5, 3));
    nn::Sequential layers = register_module("layers", nn::Sequential{nn::Linear(3, 3), nn::Dropout(0.1)});
  };
  struct Model : nn::Module {
    Encoder encoder = register_module("encoder", Encoder());
    Tensor forward(const Tensor& x) const { return encoder.layers[1](encoder.layers[0](encoder.embed(x))); }
  };
  const Model model;
  EXPECT_NO_THROW(model(tensor({1, 2})));
  EXPECT_NO_THROW(clone(model)(tensor({1, 2})));
  const nn::Sequential outer{model, nn::ReLU()};
  EXPECT_NO_THROW(outer(tensor({1, 2})));
}

TEST(Registration, RegisteredLayersMayRunInAContainerMadeOnTheWay) {
  struct Chained : nn::Module {
    nn::Linear a = register_module("a", nn::Linear(2, 2)), b = register_module("b", nn::Linear(2, 2));
    Tensor forward(const Tensor& x) const { return nn::Sequential{a, relu, b}(x); }
  } net;
  for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(net(ones({1, 2})));
}

TEST(Registration, AModuleMayRunItself) {
  struct Twice : nn::Module {
    nn::Linear fc = register_module("fc", nn::Linear(2, 2));
    nn::Parameter scale = register_parameter("scale", ones({1}));
    Tensor forward(const Tensor& x) const { return x.numel() > 2 ? fc(x) * scale : (*this)(cat({x, x})); }
  };
  EXPECT_NO_THROW(Twice()(ones({1, 2})));
}

TEST(Unregistered, MarksAFrozenTeacher) {
  struct Distilled : nn::Module {
    nn::Linear student = register_module("student", nn::Linear(2, 2));
    nn::Sequential teacher = nn::unregistered(nn::Sequential{nn::Linear(2, 2), nn::Dropout(0.5)});
    Tensor forward(const Tensor& x) const {
      return mse_loss(student(x), without_grad([&] { return teacher(x); }));
    }
  } model;
  EXPECT_NO_THROW(model(ones({1, 2})).backward());
  EXPECT_NO_THROW(clone(model)(ones({1, 2})));
  EXPECT_EQ(model.parameters().size(), 2u);
  EXPECT_NO_THROW((nn::Sequential{model, relu}(ones({1, 2}))));
}

TEST(Unregistered, IsNotInheritedByAClone) {
  struct Student : nn::Module {
    nn::Linear net;
    explicit Student(const nn::Linear& teacher) : net(clone(teacher)) {}
    Tensor forward(const Tensor& x) const { return net(x); }
  };
  const nn::Linear teacher = nn::unregistered(nn::Linear(2, 2));
  const Student student(teacher);
  expect_error<ValueError>([&student] { student(ones({1, 2})); }, "it runs an unregistered Linear");
}

TEST(Registration, HooksMayRunAnyModule) {
  Net net;
  const nn::Linear probe(10, 1);
  Tensor seen;
  net.register_forward_hook([&](const nn::Module&, const Tensor&, const Tensor& y) { seen = probe(y); });
  net.register_forward_pre_hook([&](const nn::Module& module, const Tensor& x) {
    EXPECT_TRUE(module.is_training());
    return nn::Linear(4, 4)(x);
  });
  EXPECT_EQ(net(ones({1, 4})).shape(), (Shape{1, 10}));
  EXPECT_TRUE(seen.defined());
  net.head = nn::Linear(16, 2);
  EXPECT_THROW(net(ones({1, 4})), ValueError);  // between its hooks it is as strict as ever
}

TEST(Registration, AParentThatIsGoneCountsNoMore) {
  const nn::Linear shared(2, 2);
  { const nn::Sequential gone{shared}; }
  struct Runs : nn::Module {
    explicit Runs(nn::Linear l) : layer(std::move(l)) {}
    nn::Linear layer;
    Tensor forward(const Tensor& x) const { return layer(x); }
  };
  expect_error<ValueError>([&shared] { Runs{shared}(ones({1, 2})); }, "Runs: it runs an unregistered Linear");
  Runs runs{shared};
  const nn::Sequential other{shared};  // registered elsewhere, which does not run
  EXPECT_THROW(runs(ones({1, 2})), ValueError);
}

}  // namespace
}  // namespace xtape::testing
