// Code that must not compile, with the reason in one line, and code that must compile without a warning in a user's
// program that finds the headers by -I.
#include <gtest/gtest.h>

#include <utility>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

/// What the compiler says to a program of `code`, given what else its command line holds; "" if it accepts it.
std::string said_to(const std::string& code, const std::string& flags) {
  const Ran ran = run("printf %s " + quote("using namespace xtape;\n" + code + "\n") + " | " + quote(XTAPE_CXX) +
                      " " XTAPE_USER_FLAGS " " + flags + " -x c++ -fsyntax-only - 2>&1");
  std::string said;
  for (const std::string& line : ran.lines) said += line + "\n";
  EXPECT_EQ(ran.status == 0, said.empty()) << said;
  return said;
}

/// To a user's program.
std::string compiler_says(const std::string& code) {
  return said_to(code, "-Woverloaded-virtual -include xtape/nn/nn.hpp");
}

/// To one that is refused. The build has compiled its header, which saves most of the time. (GCC's file does not hold
/// the header's pragmas on warnings, so that programs which must compile without a warning read the header itself.)
std::string refusal_of(const std::string& code) {
  return said_to(code, "-Wno-overloaded-virtual -include " + quote(XTAPE_COMPILED_HEADER));
}

void expect_refused(const std::string& code, const std::string& reason) {
  const std::string said = refusal_of(code);
  EXPECT_NE(said.find(reason), std::string::npos) << code << "\n" << said;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

/// Refused with one error.
void expect_one_error(const std::string& code, const std::string& reason) {
  const std::string said = refusal_of(code);
  EXPECT_NE(said.find(reason), std::string::npos) << code << "\n" << said;
  EXPECT_EQ(count(said, "error: "), 1u) << code << "\n" << said;
}

/// A module `M` with `forward`, registered by another module.
std::string registering(const std::string& forward) {
  return "struct M : nn::Module { " + forward + " };\n" +
         "struct Outer : nn::Module { M m = register_module(\"m\", M()); };\n";
}

TEST(Compile, AForwardOfOneToThreeInputsConstOrNotGivesNoWarning) {
  EXPECT_EQ(compiler_says(R"cpp(
              struct One : nn::Module {
                Tensor forward(const Tensor& x) { return x; }
              };
              struct Two : nn::Module {
                Tensor forward(const Tensor& x, const Tensor&) const { return x; }
              };
              struct Three : nn::Module {
                Tensor forward(const Tensor& x, const Tensor&, const Tensor&) { return x; }
              };
              struct OneOrTwo : nn::Module {
                Tensor forward(const Tensor& x) const override { return x; }
                Tensor forward(const Tensor& x, const Tensor&) const override { return x; }
              };
              struct Four : nn::Module {
                Tensor operator()(const Tensor& x, const Tensor&, const Tensor&, const Tensor&) const { return x; }
              };
              template <class T>
              struct Generic : nn::Module {
                Tensor forward(const Tensor& x) { return x; }
              };
              struct Huber : nn::Loss {
                Tensor forward(const Tensor& input, const Tensor&) override { return input; }
                LossParts parts(const Tensor& input, const Tensor&) const override { return {input, 1}; }
              };
              struct Outer : nn::Module {
                One one = register_module("one", One());
                Two two = register_module("two", Two());
                Three three = register_module("three", Three());
                OneOrTwo one_or_two = register_module("one_or_two", OneOrTwo());
                Four four = register_module("four", Four());
                Generic<int> generic = register_module("generic", Generic<int>());
                Huber huber = register_module("huber", Huber());
                nn::Sequential layers = register_module("layers", nn::Sequential{One(), OneOrTwo(), Generic<int>()});
              };
              void use() { Outer().two(ones({1}), Outer().three(ones({1}), ones({1}), ones({1}))); }
            )cpp"),
            "");
}

TEST(Compile, AForwardWithAnotherSignatureIsRefused) {
  const std::string reason = "forward must be `Tensor forward(const Tensor& x)`, of one to three such inputs";
  expect_refused(registering("Tensor forward(Tensor x) { return x; }"), reason);
  expect_refused(registering("void forward(const Tensor&) {}"), reason);
  expect_refused(registering("Tensor forward(const Tensor& x, double) { return x; }"), reason);
  const std::string four = "const Tensor& x, const Tensor&, const Tensor&, const Tensor&";
  expect_refused(registering("Tensor forward(" + four + ") { return x; }"), reason);
}

TEST(Compile, EveryTemplateThatTakesAModuleLooksAtItsForward) {
  const std::string reason = "forward must be `Tensor forward(const Tensor& x)`, of one to three such inputs";
  const std::string by_value = "struct M : nn::Module { Tensor forward(Tensor x) { return x; } };\n";
  for (const char* use : {"nn::Sequential{M()}", "nn::Sequential{nn::ReLU(), M()}", "nn::Sequential().append(M())",
                          "clone(M())", "nn::summary(M(), {1})", "(void)nn::Sequential().replace_module(\"0\", M())"}) {
    expect_one_error(by_value + "void use() { " + use + "; }", reason);
  }
  expect_one_error(by_value + "struct Derived : M {}; void use() { clone(Derived()); }", reason);
  for (const char* forward :
       {"Tensor forward(const auto& x) { return x; }", "Tensor forward(Tensor& x) { return x; }",
        "Tensor forward(Tensor x) { return x; } Tensor forward(Tensor x, Tensor) { return x; }"}) {
    expect_one_error(registering(forward), reason);
  }
}

TEST(Compile, AForwardThatFitsIsTakenWhateverStandsBesideIt) {
  const std::string forward = "Tensor forward(const Tensor& x)";
  EXPECT_EQ(compiler_says("struct A : nn::Module { " + forward + " noexcept override { return x; } };\n" +
                          "struct B : nn::Module { " + forward + " const noexcept { return x; } };\n" +
                          "struct C : nn::Module { " + forward +
                          " { return x; } Tensor forward(const Tensor& x, const Tensor&) { return x; } };\n" +
                          "struct D : nn::Module { private: " + forward + " { return x; } };\n" +
                          "struct E : C { Tensor operator()(const Tensor& x) const { return x; } };\n" +
                          "void use() { clone(nn::Sequential{A(), B(), C(), D(), E()}); }"),
            "");
}

TEST(Compile, ALayerOfSeveralInputsIsRefusedBySequentialAndSummary) {
  const std::string two = "struct Two : nn::Module { Tensor forward(const Tensor& x, const Tensor&) { return x; } };\n";
  const std::string reason = "a layer of a Sequential takes one input";
  expect_refused(two + "void use() { nn::Sequential{Two()}; }", reason);
  expect_refused("void use() { nn::Sequential{nn::ReLU(), nn::MSELoss()}; }", reason);
  expect_refused(two + "void use() { nn::summary(Two(), {1}); }", "summary runs a model of one input");
}

TEST(Compile, AModuleListIsNotCalled) {
  const std::string hint = "for (const nn::Module& layer : layers) x = layer(x);";
  expect_refused("void use(const nn::ModuleList& layers, Tensor x) { x = layers(x); }", hint);
  expect_refused("void use(const nn::ModuleList& layers) { nn::Sequential{layers}; }",
                 "a layer of a Sequential takes one input");
  expect_refused("void use(const nn::Lambda& f, const Tensor& x) { f(x, x, 1); }", "error: ");
  expect_refused("nn::Lambda f([](const Tensor&, int) { return 1; });", "error: ");
}

TEST(Compile, ALossIsCalledWithTwoInputs) {
  const std::string call = "void use(const nn::Loss& loss, const Tensor& x) { loss";
  EXPECT_EQ(compiler_says(call + "(x, x); }"), "");
  expect_refused(call + "(x); }", "error: ");
  expect_refused(call + "(x, x, x); }", "error: ");
  expect_refused(
      "struct NoParts : nn::Loss { Tensor forward(const Tensor& x, const Tensor&) { return x; } };\n"
      "NoParts loss;",
      "parts");
}

TEST(Compile, AParameterCannotBeAssignedATensor) {
  expect_refused("void use(nn::Linear& layer) { layer.weight = ones({1}); }", "deleted");
  expect_refused("void use(nn::Linear& layer) { layer.weight = 0.5; }", "error: ");
}

TEST(Compile, AParameterIsNotTiedByAssignment) {
  const std::string use = "void use(nn::Linear& a, nn::Linear& b, Tensor t) { ";
  expect_refused(use + "a.weight = b.weight; }", "register_parameter(name, other.weight)");
  expect_refused(use + "a.weight = nn::Parameter(t); }", "register_parameter(name, tensor)");
  expect_refused(use + "swap(a.weight, b.weight); }", "error: ");
  expect_refused(use + "using std::swap; swap(a.weight, b.weight); }", "deleted function");
  expect_refused(use + "a.weight = std::move(t); }", "deleted");
  expect_refused("struct M : nn::Module { nn::Parameter w{ones({1})}; };", "register_parameter(name, tensor)");
}

TEST(Compile, CompoundAssignmentTakesEveryLeftSide) {
  EXPECT_EQ(compiler_says(R"cpp(
              void use(nn::Module& model, nn::Linear& linear, const nn::BatchNorm1d& norm, const Tensor& t, Tensor w) {
                for (auto p : model.parameters()) p -= 0.1 * p.grad();
                for (const auto& [name, p] : model.named_parameters()) p -= 0.1 * p.grad();
                for (const Tensor& p : model.parameters()) p *= 2;
                linear.weight *= 0.5;
                norm.running_mean += t;
                w[0] += 1;
                w.grad() /= 2;
                t[1][2] -= t[0][0];
                (w += 1) += linear.bias;
                Tensor same = w -= t;
              }
            )cpp"),
            "");
  expect_refused("void use(double x, const Tensor& t) { x += t; }", "error: ");
}

// C's functions on numbers and those of xtape on tensors are overloads, whichever header comes first.
TEST(Compile, FunctionsOfNumbersStandBesideThoseOfTensors) {
  for (const std::string header : {"math.h", "cmath"}) {
    EXPECT_EQ(compiler_says("#include <" + header + ">\n" + R"cpp(
                double of_number(double x) {
                  double y = sin(x) + cos(x) + tan(x) + tanh(x) + exp(x) + exp2(x) + expm1(x) + log(x) + log1p(x);
                  y += log2(x) + log10(x) + sqrt(x) + floor(x) + ceil(x) + trunc(x) + round(x) + erf(x) + pow(x, 2.0);
                  return y + sin(1.0) + round(2.5) + floor(1.5f);
                }
                Tensor of_tensor(const Tensor& x) {
                  Tensor y = sin(x) + cos(x) + tan(x) + tanh(x) + exp(x) + exp2(x) + expm1(x) + log(x) + log1p(x);
                  y += log2(x) + log10(x) + sqrt(x) + floor(x) + ceil(x) + trunc(x) + round(x) + erf(x) + pow(x, 2.0);
                  return where(isnan(x) | isinf(x) | ~isfinite(x), sign(y), rsqrt(abs(y).square()));
                }
                bool named_alike(const Tensor& x) {
                  const bool all = xtape::all(x).item<bool>(), any = x.any().item<bool>();
                  const int round = 1, sign = -1, floor = all ? round : sign;
                  return any && allclose(x, x) && floor > 0;
                }
              )cpp"),
              "");
  }
}

// As docs/from-pytorch.md says.
TEST(Compile, AFunctionNamedLikeANamespaceNeedsAScope) {
  const std::string train = "void train(nn::Sequential& model) { model.train(); }\n";
  expect_one_error("namespace xtape::train {}\n" + train + "void use(nn::Sequential& m) { m.eval(); train(m); }",
                   "ambiguous");
  EXPECT_EQ(compiler_says("#include <xtape/xtape.hpp>\n" + train + R"cpp(
              void qualified(nn::Sequential& m) {
                ::train(m);
              }
              namespace mine {
              void train(nn::Sequential&) {}
              void use(nn::Sequential& m) { train(m); }
              }  // namespace mine
              struct Mine {
                void train() {}
                void use() { train(); }
              };
              int local(const train::History& history) {
                const int train = static_cast<int>(history.size()), data = 1;
                return train + data;
              }
            )cpp"),
            "");
}

// Whether a tensor in brackets is a mask is known at run time only: ops/masks_test.cpp holds what is refused there.
TEST(Compile, ATensorInBracketsReadsIntoATensor) {
  EXPECT_EQ(compiler_says("void use(const Tensor& x, const Tensor& i) { Tensor y = x[i]; y = x[x > 0]; x[i] = 1; "
                          "x[i] += y; static_assert(std::is_same_v<decltype(x[i]), Tensor>); }"),
            "");
}

TEST(Compile, WhatIsNoNumberMakesNoTensor) {
  for (const char* values : {"{1.0, \"a\"}", "\"abc\"", "std::string(\"a\")", "{ones({1})}", "ones({1})"}) {
    const std::string code = std::string("void use() { tensor(") + values + "); }";
    expect_one_error(code, "tensor(...) takes numbers, lists of numbers in braces, and ranges of numbers");
    EXPECT_LE(count(refusal_of(code), "\n"), 12u) << code;
  }
}

TEST(Compile, ASinkWhoseFunctionCannotBeCalledIsRefused) {
  const auto with = [](const std::string& function) {
    return "#include <xtape/train/sink.hpp>\nstruct S { void on_warning(const train::Warning&); " + function +
           " };\ntrain::detail::SinkOf<S&>* use(S& s) { return new train::detail::SinkOf<S&>(s); }";
  };
  EXPECT_EQ(compiler_says(with("void on_fit_end(train::History);")), "");
  for (const char* function : {"void on_fit_end();", "void on_fit_end(int);", "void on_fit_end(train::History&);",
                               "void on_fit_end(int); void on_fit_end(int, int);",
                               "private: void on_fit_end(const train::History&);", "int on_fit_end = 0;"}) {
    expect_one_error(with(function), "on_fit_end must be public and take const train::History&");
  }
}

TEST(Compile, OptionsInPyTorchsPlacesAreRefusedWithTheWayToWriteThem) {
  const std::string use =
      "#include <xtape/nn/functional.hpp>\nnamespace F = nn::functional;\n"
      "extern const Tensor x, w, b;\nvoid use() { ";
  for (const char* layer : {"Conv2d c(3, 8, 3, 1, 1)", "Conv2d c(3, 8, {3, 5}, 2)", "ConvTranspose2d c(8, 4, 3, 2)"}) {
    expect_one_error(use + "nn::" + layer + "; }", "give options in braces: {.stride = ");
  }
  for (const char* layer : {"MaxPool2d p(2, 2)", "AvgPool2d p(3, 2, 1)"}) {
    expect_one_error(use + "nn::" + layer + "; }", "in braces: {.stride = 2, .padding = 1}");
  }
  for (const char* call : {"conv2d(x, w, b, 1, 1)", "conv_transpose2d(x, w, b, 2)", "max_pool2d(x, 2, 2)",
                           "avg_pool2d(x, {3, 2}, 2, 1)"}) {
    expect_one_error(use + "F::" + call + "; }", "give options in braces");
  }
}

TEST(Compile, OptionsOfSchedulersAndLoadersInPyTorchsPlacesAreRefusedWithTheWayToWriteThem) {
  const std::string scheduler =
      "#include <xtape/optim/lr_scheduler.hpp>\n#include <xtape/data/loader.hpp>\n"
      "void use(optim::Optimizer& o, const data::Dataset& d) { ";
  for (const auto& [call, hint] : {std::pair("StepLR s(o, 30, 0.1)", "in braces: {.step_size = 30, .gamma = 0.1}"),
                                   std::pair("MultiStepLR s(o, {30, 80})", "in braces: {.milestones = {30, 80}}"),
                                   std::pair("ExponentialLR s(o, 0.9)", "in braces: {.gamma = 0.9}"),
                                   std::pair("CosineAnnealingLR s(o, 100)", "in braces: {.T_max = 100}")}) {
    expect_refused(scheduler + "optim::lr_scheduler::" + call + "; (void)d; }", hint);
  }
  expect_refused(scheduler + "data::DataLoader l(d, 64, true); (void)o; }",
                 "in braces: {.batch_size = 64, .shuffle = true}");
}

TEST(Compile, ATrainerTakesNoOptimizerThatEndsBeforeIt) {
  const std::string use =
      "#include <xtape/train/trainer.hpp>\n#include <xtape/optim/sgd.hpp>\n"
      "void use(const nn::Linear& m, optim::SGD& o) { ";
  for (const char* rest : {"optim::SGD(m.parameters())", "optim::SGD(m.parameters()), {.epochs = 2}"}) {
    expect_refused(use + "train::Trainer t(m, nn::CrossEntropyLoss(), " + rest + "); (void)o; }",
                   "give the optimizer a name: it must live on");
  }
  EXPECT_EQ(
      compiler_says(use + "train::Trainer t(m, nn::CrossEntropyLoss(), o), u(m, nn::MSELoss(), o, {.epochs = 2}); }"),
      "");
}

TEST(Compile, APoolAndAConvolutionTakeTheirKernelsInBraces) {
  EXPECT_EQ(compiler_says("void use(const Tensor& x, std::size_t n) { nn::MaxPool2d a({2, 3}), b{2}, c(n, {}); "
                          "nn::AvgPool2d d({2, 3}); nn::Conv2d e(n, n, {2, 3}), f(1, 2, n, {}); max_pool2d(x, {2, 3}); "
                          "avg_pool2d(x, n); nn::Sequential{a, b, c, d, e, f, nn::MaxPool2d({2, 3})}; }"),
            "");
}

TEST(Compile, ABiasMayBeLeftOut) {
  EXPECT_EQ(
      compiler_says("void use(const Tensor& x, const Tensor& w) { conv2d(x, w, {.padding = 1}); conv2d(x, w, {}); "
                    "conv2d(x, w, {}, {}); conv2d(x, w, nn::Linear(1, 2).bias); "
                    "conv_transpose2d(x, w, {.stride = 2}); conv_transpose2d(x, w, {}); }"),
      "");
}

TEST(Compile, OffsetsOfBagsMayStandInPyTorchsPlace) {
  EXPECT_EQ(compiler_says("#include <xtape/embedding_bag.hpp>\nvoid use(const Tensor& x, const nn::Parameter& w) { "
                          "embedding_bag(x, w, x); embedding_bag(x, w, x + 1, {.mode = BagMode::sum}); "
                          "embedding_bag(x, w, {}); embedding_bag(x, w, {.offsets = x}); }"),
            "");
}

TEST(Compile, AnOptimizerOfAModelIsRefused) {
  for (const char* sgd : {"(model)", "(model, 0.1)", "(model, {.lr = 0.1})", "(nn::Sequential{model}, {.lr = 0.1})"}) {
    expect_one_error(
        std::string("#include <xtape/optim/sgd.hpp>\nvoid use(const nn::Linear& model) { optim::SGD sgd") + sgd + "; }",
        "give it model.parameters(), not the model");
  }
  EXPECT_EQ(compiler_says("#include <xtape/optim/sgd.hpp>\nvoid use(const Tensor& w, const nn::Linear& m) { "
                          "optim::SGD a({w}), b({w, w}, 0.1), c({w}, {}), d({{{w}, {.lr = 1}}, {{w}, {}}}), "
                          "e({m.weight, m.bias}, {.lr = 1}), f(m.parameters()), g(std::move(a)); }"),
            "");
}

TEST(Compile, LabelsOfTextsAreNamesOrNumbersOfAnyKind) {
  EXPECT_EQ(compiler_says("#include <xtape/data/text.hpp>\nusing Texts = data::TextDataset;\n"
                          "void use(const std::vector<std::string>& t, const data::Vocabulary& v, const Tensor& x) { "
                          "Texts a(t, {0}, v), b(t, {0, 0}, v), c(t, {0, 1}, v), d(t, {\"x\"}, v), "
                          "e({\"a\", \"b\"}, {\"x\", \"y\"}, v), f(t, x, v), g(t, std::vector<int>{1}, v), "
                          "h(t, std::vector<std::int64_t>{1}, v, {.length = 2}), i(t, std::vector<bool>{true}, v), "
                          "j(t, std::vector<std::string>{\"x\"}, v); }"),
            "");
}

TEST(Compile, OptionsInAnotherOrderAreRefused) {
  expect_refused(
      "#include <xtape/optim/sgd.hpp>\n"
      "optim::SGD sgd({ones({1})}, {.momentum = 0.9, .lr = 0.1});",
      "order");
}

}  // namespace
}  // namespace xtape::house
