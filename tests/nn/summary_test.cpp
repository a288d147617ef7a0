#include "support/expect.hpp"

namespace xtape::testing {
namespace {

TEST(Summary, IsATableOfLayersShapesAndParameters) {
  nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10),
                       [](const Tensor& x) { return x * 2; }};
  model[0].requires_grad_(false);
  EXPECT_EQ(nn::summary(model, {32, 784}).to_string(),
            "layer    type        output shape  parameters  state\n"
            "------------------------------------------------------------\n"
            "(model)  Sequential  (32, 10)               0  -\n"
            "0        Linear      (32, 256)        200,960  frozen\n"
            "1        ReLU        (32, 256)              0  -\n"
            "2        Dropout     (32, 256)              0  -\n"
            "3        Linear      (32, 10)           2,570  trainable\n"
            "4        function    (32, 10)               0  -\n"
            "------------------------------------------------------------\n"
            "total                                 203,530  partly frozen\n");
}

struct Twice : nn::Module {
  nn::Linear shared = register_module("shared", nn::Linear(3, 3));
  nn::Linear unused = register_module("unused", nn::Linear(3, 2, {.bias = false}));
  nn::Parameter tied = register_parameter("tied", shared.weight);
  Tensor forward(const Tensor& x) { return shared(shared(x).sum(0, true)) + tied.sum(); }
};

TEST(Summary, ListsEveryCallAndCountsATieOnce) {
  const nn::Summary summary = nn::summary(Twice(), {4, 3});
  ASSERT_EQ(summary.rows().size(), 3u);
  EXPECT_EQ(summary.rows()[0].type, "Twice");
  EXPECT_EQ(summary.rows()[0].parameters, 9);  // the tied parameter counts under its first name
  EXPECT_EQ(summary.rows()[1].path, "shared");
  EXPECT_EQ(summary.rows()[1].parameters, 3);
  EXPECT_EQ(summary.rows()[1].outputs, (std::vector<Shape>{{4, 3}, {1, 3}}));
  EXPECT_TRUE(summary.rows()[2].outputs.empty());
  EXPECT_EQ(summary.parameters(), 9 + 3 + 6);
  EXPECT_NE(summary.to_string().find("(4, 3) (1, 3)"), std::string::npos) << summary.to_string();
}

template <class T>
struct Outer {
  struct Inner : nn::Module {
    Tensor forward(const Tensor& x) { return x; }
  };
};

TEST(Summary, NamesTypesWithoutScopesAndTemplateArguments) {
  EXPECT_EQ(nn::summary(Outer<std::vector<int>>::Inner(), {1}).rows()[0].type, "Inner");
}

TEST(Summary, LeavesTheModelAlone) {
  nn::Sequential model{nn::Linear(2, 2), nn::Dropout(0.5)};
  model[1].eval();
  int calls = 0;
  model.register_forward_hook([&calls](const nn::Module&, const Tensor&, const Tensor&) { ++calls; });
  manual_seed(3);
  const Tensor expected = rand({1});
  manual_seed(3);
  static_cast<void>(nn::summary(model, {1, 2}));
  EXPECT_TRUE(equal(rand({1}), expected));  // nothing drawn
  EXPECT_TRUE(model.is_training());
  EXPECT_FALSE(model[1].is_training());
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace xtape::testing
