#include "xtape/nn/module_list.hpp"

#include <numeric>
#include <sstream>

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape::testing {
namespace {

struct Tower : nn::Module {
  explicit Tower(int depth = 0) {
    for (int i = 0; i < depth; ++i) layers.append(nn::Linear(3, 3));
  }
  nn::ModuleList layers = register_module("layers", nn::ModuleList{nn::Linear(2, 3), nn::Dropout(0.5)});
  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (const nn::Module& layer : layers) y = layer(y);
    return y;
  }
};

std::vector<std::string> names_in(const nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module.state_dict()) names.push_back(name);
  return names;
}

TEST(ModuleList, NamesItsModulesByNumber) {
  EXPECT_EQ(names_in(Tower(1)),
            (std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"}));
  EXPECT_EQ(Tower(1).layers.size(), 3u);
}

TEST(ModuleList, RegistersAndTrainsItsModules) {
  const Tower tower(2);
  EXPECT_EQ(tower.parameters().size(), 6u);
  tower(ones({4, 2})).sum().backward();
  for (const Tensor& p : tower.parameters()) EXPECT_TRUE(p.grad().defined());
  tower.eval();
  EXPECT_FALSE(tower.layers[1].is_training());
  const Tower copy = clone(tower);
  EXPECT_NE(copy.parameters()[0].impl(), tower.parameters()[0].impl());
  EXPECT_TRUE(equal(copy(ones({4, 2})), tower(ones({4, 2}))));
}

TEST(ModuleList, CountsFromTheEndToo) {
  const nn::ModuleList list{nn::Linear(1, 2), nn::ReLU(), nn::Linear(2, 5)};
  EXPECT_EQ(&list[-1], &list[2]);
  EXPECT_EQ(&list[-3], &list[0]);
  EXPECT_EQ(dynamic_cast<const nn::Linear&>(list[-1]).weight.size(0), 5);
  expect_error<IndexError>([&list] { static_cast<void>(list[3]); }, "ModuleList: layer 3 is outside [-3, 3)");
  expect_error<IndexError>([&list] { static_cast<void>(list[-4]); }, "ModuleList: layer -4 is outside [-3, 3)");
}

TEST(ModuleList, IsMadeOfAVectorAndExtended) {
  std::vector<nn::Linear> layers;
  for (int i = 0; i < 3; ++i) layers.emplace_back(2, 2);
  nn::ModuleList list(layers);
  list.extend(layers).append(relu);
  EXPECT_EQ(list.size(), 7u);
  EXPECT_EQ(list.parameters().size(), 6u);  // the same modules again
  list.replace(-1, nn::Tanh()).replace(0, nn::Linear(2, 1));
  EXPECT_EQ(list.state_dict().at("0.weight").shape(), (Shape{1, 2}));
  EXPECT_EQ(list[6].to_string(), "Tanh()");
}

TEST(ModuleList, IsIteratedAsAlgorithmsDoIt) {
  const nn::ModuleList list{nn::Linear(1, 2), nn::Linear(2, 5)};
  EXPECT_EQ(std::distance(list.begin(), list.end()), 2);
  auto at = list.begin();
  EXPECT_EQ(at++->parameters().size(), 2u);
  EXPECT_EQ(&*at, &list[1]);
  const nn::Sequential layers{nn::Flatten(), nn::Flatten()};
  for (const nn::Module& layer : layers) EXPECT_EQ(layer(ones({2, 3})).shape(), (Shape{2, 3}));
}

TEST(ModuleList, ThatIsNotRegisteredIsFound) {
  struct Forgetful : nn::Module {
    nn::ModuleList layers{nn::Linear(2, 2), nn::ReLU()};
    Tensor forward(const Tensor& x) const { return layers[0](x); }
  };
  expect_error<ValueError>([] { Forgetful()(ones({1, 2})); }, "Forgetful: it runs an unregistered Linear");
}

TEST(ModuleList, HasNoForward) {
  const nn::ModuleList list{nn::ReLU()};
  const nn::Module& module = list;
  expect_error<ValueError>([&module] { module(ones({1})); }, "ModuleList: called with 1 input, but it has no forward");
}

TEST(Lambda, IsAMemberWhateverItCaptures) {
  struct Halving : nn::Module {
    explicit Halving(double s) : scale(register_module("scale", nn::Lambda([s](const Tensor& x) { return s * x; }))) {}
    nn::Lambda scale, act = register_module("act", nn::Lambda(relu));
    Tensor forward(const Tensor& x) const { return act(scale(x)); }
  };
  Halving halving(0.5);
  expect_close(halving(tensor({2.0, -2.0})), {1, 0});
  halving.scale = halving.replace_module("scale", nn::Lambda([](const Tensor& x) { return -x; }));
  expect_close(halving(tensor({2.0, -2.0})), {0, 2});
  EXPECT_EQ(halving.to_string(), "Halving(\n  (scale): Lambda()\n  (act): Lambda()\n)");
  const nn::Sequential layers{nn::Lambda([](const Tensor& x) { return x + 1; }), halving};
  expect_close(clone(layers)(tensor({2.0, -2.0})), {0, 1});
  nn::Lambda moved = std::move(halving.act);
  expect_close(halving.act(tensor({-1.0})), {0});  // NOLINT: a moved-from module stays one
}

TEST(Lambda, IsClonedWithWhatItCaptures) {
  const nn::Linear inner = nn::unregistered(nn::Linear(2, 2));
  const nn::Lambda function([inner](const Tensor& x) { return inner(x); });
  const nn::Lambda copy = clone(function);
  const Tensor x = ones({1, 2}), before = copy(x);
  without_grad([&] { return inner.weight.fill_(100); });
  EXPECT_TRUE(equal(copy(x), before));
  EXPECT_FALSE(equal(function(x), before));
}

TEST(Lambda, ThatRunsAnUnregisteredModuleIsFound) {
  const nn::Linear inner(2, 2);
  const nn::Lambda function([inner](const Tensor& x) { return inner(x); });
  expect_error<ValueError>([&function] { function(ones({1, 2})); }, "it runs an unregistered Linear");
}

TEST(Printing, ModulesGoToAStream) {
  std::ostringstream out;
  out << nn::Sequential{nn::Linear(2, 3), relu} << " " << Tower() << " " << nn::MSELoss();
  EXPECT_EQ(out.str(),
            "Sequential(\n"
            "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
            "  (1): function()\n"
            ") Tower(\n"
            "  (layers): ModuleList(\n"
            "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
            "    (1): Dropout(p=0.5, inplace=False)\n"
            "  )\n"
            ") MSELoss()");
}

TEST(Printing, SummariesAndStateDictsGoToAStream) {
  std::ostringstream out;
  const nn::Sequential model{nn::ReLU()};
  out << nn::summary(model, {2, 3});
  EXPECT_EQ(out.str(), nn::summary(model, {2, 3}).to_string());
  StateDict dict;
  out.str("");
  out << dict << "\n";
  dict.set("fc.weight", tensor({{1, 2}, {3, 4}}));
  dict.set("b", ones({1}));
  out << dict;
  EXPECT_EQ(out.str(),
            "StateDict({})\n"
            "StateDict({\n"
            "  'fc.weight': tensor([[1, 2],\n"
            "                       [3, 4]]),\n"
            "  'b': tensor([1.]),\n"
            "})");
}

}  // namespace
}  // namespace xtape::testing
