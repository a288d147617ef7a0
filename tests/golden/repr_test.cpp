// What modules and optimizers print, against PyTorch's text: repr.golden, made by make_repr.py beside this file.
#include "support/expect.hpp"
#include "support/golden.hpp"
#include "xtape/nn/nn.hpp"
#include "xtape/optim/optim.hpp"

namespace xtape {
namespace {

struct Block : nn::Module {
  nn::LayerNorm norm = register_module("norm", nn::LayerNorm(4));
  nn::Parameter scale = register_parameter("scale", ones({4}));
  nn::Sequential mlp = register_module("mlp", nn::Sequential{nn::Linear(4, 8), nn::GELU(), nn::Linear(8, 4)});
};

struct Scaled : nn::Module {
  explicit Scaled(bool inner = false) {
    if (inner) register_module("inner", nn::Identity());
  }
  std::string extra_repr() const override { return "factor=2"; }
};

struct TwoLines : Scaled {
  using Scaled::Scaled;
  std::string extra_repr() const override { return "factor=2,\noffset=1"; }
};

struct Net : nn::Module {
  nn::Embedding embedding = register_module("embedding", nn::Embedding(10, 4, {.padding_idx = 0}));
  nn::ModuleList blocks = register_module("blocks", nn::ModuleList{Block(), Block(), Scaled(), Scaled(true), Block()});
  nn::Linear head = register_module("head", nn::Linear(4, 2));
};

class Reprs {
 public:
  template <class T>
  void expect(const std::string& expression, const T& object) {
    const std::vector<std::uint8_t> text = file_.take(expression)[0].to_vector<std::uint8_t>();
    EXPECT_EQ(object.to_string(), std::string(text.begin(), text.end())) << expression;
  }
  void expect_all_taken() { file_.expect_all_taken(); }

 private:
  testing::GoldenFile file_{testing::golden_file("repr.golden")};
};

void expect_layers(Reprs& as_in_pytorch) {
  as_in_pytorch.expect("nn.Identity()", nn::Identity());
  as_in_pytorch.expect("nn.Linear(784, 256)", nn::Linear(784, 256));
  as_in_pytorch.expect("nn.Linear(2, 3, bias=False)", nn::Linear(2, 3, {.bias = false}));
  as_in_pytorch.expect("nn.Embedding(10, 3)", nn::Embedding(10, 3));
  as_in_pytorch.expect("nn.Embedding(10, 3, padding_idx=-1)", nn::Embedding(10, 3, {.padding_idx = -1}));
  as_in_pytorch.expect("nn.EmbeddingBag(10, 3)", nn::EmbeddingBag(10, 3));
  as_in_pytorch.expect(
      "nn.EmbeddingBag(10, 3, mode=\"max\", padding_idx=-1, include_last_offset=True)",
      nn::EmbeddingBag(10, 3, {.mode = nn::BagMode::max, .include_last_offset = true, .padding_idx = -1}));
  as_in_pytorch.expect("nn.Dropout(0.5)", nn::Dropout(0.5));
  as_in_pytorch.expect("nn.Dropout(1.0)", nn::Dropout(1.0));
  as_in_pytorch.expect("nn.Dropout(1e-05)", nn::Dropout(1e-5));
  as_in_pytorch.expect("nn.Flatten()", nn::Flatten());
  as_in_pytorch.expect("nn.Flatten(0, 2)", nn::Flatten(0, 2));
  as_in_pytorch.expect("nn.LayerNorm(3)", nn::LayerNorm(3));
  as_in_pytorch.expect("nn.LayerNorm((3, 4), bias=False)", nn::LayerNorm({3, 4}, {.bias = false}));
  as_in_pytorch.expect("nn.LayerNorm(3, eps=0.1, elementwise_affine=False)",
                       nn::LayerNorm(3, {.eps = 0.1, .elementwise_affine = false}));
  as_in_pytorch.expect("nn.BatchNorm1d(3)", nn::BatchNorm1d(3));
  as_in_pytorch.expect("nn.BatchNorm1d(3, momentum=None, affine=False)",
                       nn::BatchNorm1d(3, {.momentum = nn::cumulative_average, .affine = false}));
  as_in_pytorch.expect("nn.BatchNorm1d(3, eps=1e16, track_running_stats=False)",
                       nn::BatchNorm1d(3, {.eps = 1e16, .track_running_stats = false}));
}

void expect_layers_of_images(Reprs& as_in_pytorch) {
  as_in_pytorch.expect("nn.Dropout2d(0.25)", nn::Dropout2d(0.25));
  as_in_pytorch.expect("nn.MaxPool2d(2)", nn::MaxPool2d(2));
  as_in_pytorch.expect("nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=2, ceil_mode=True)",
                       nn::MaxPool2d({3, 2}, {{2, 1}, {1, 0}, 2, true}));
  as_in_pytorch.expect("nn.AvgPool2d(2)", nn::AvgPool2d(2));
  as_in_pytorch.expect("nn.AvgPool2d((3, 2), stride=2, padding=1)", nn::AvgPool2d({3, 2}, {.stride = 2, .padding = 1}));
  as_in_pytorch.expect("nn.AdaptiveAvgPool2d(1)", nn::AdaptiveAvgPool2d(1));
  as_in_pytorch.expect("nn.AdaptiveAvgPool2d((2, 3))", nn::AdaptiveAvgPool2d({2, 3}));
  as_in_pytorch.expect("nn.BatchNorm2d(32)", nn::BatchNorm2d(32));
}

void expect_activations_and_losses(Reprs& as_in_pytorch) {
  as_in_pytorch.expect("nn.ReLU()", nn::ReLU());
  as_in_pytorch.expect("nn.LeakyReLU()", nn::LeakyReLU());
  as_in_pytorch.expect("nn.LeakyReLU(1.0)", nn::LeakyReLU(1.0));
  as_in_pytorch.expect("nn.GELU()", nn::GELU());
  as_in_pytorch.expect("nn.GELU(\"tanh\")", nn::GELU(GELUApproximate::tanh));
  as_in_pytorch.expect("nn.Sigmoid()", nn::Sigmoid());
  as_in_pytorch.expect("nn.SiLU()", nn::SiLU());
  as_in_pytorch.expect("nn.Mish()", nn::Mish());
  as_in_pytorch.expect("nn.ELU()", nn::ELU());
  as_in_pytorch.expect("nn.ELU(0.5)", nn::ELU(0.5));
  as_in_pytorch.expect("nn.SELU()", nn::SELU());
  as_in_pytorch.expect("nn.Softplus()", nn::Softplus());
  as_in_pytorch.expect("nn.Softplus(2.0, 1e16)", nn::Softplus(2.0, 1e16));
  as_in_pytorch.expect("nn.LogSigmoid()", nn::LogSigmoid());
  as_in_pytorch.expect("nn.Hardtanh()", nn::Hardtanh());
  as_in_pytorch.expect("nn.Hardtanh(-0.5, 2.0)", nn::Hardtanh(-0.5, 2.0));
  as_in_pytorch.expect("nn.ReLU6()", nn::ReLU6());
  as_in_pytorch.expect("nn.Tanh()", nn::Tanh());
  as_in_pytorch.expect("nn.Softmax(-1)", nn::Softmax(-1));
  as_in_pytorch.expect("nn.LogSoftmax(1)", nn::LogSoftmax(1));
  as_in_pytorch.expect("nn.Conv2d(1, 32, 3)", nn::Conv2d(1, 32, 3));
  as_in_pytorch.expect(
      "nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False)",
      nn::Conv2d(4, 6, {3, 5}, {.stride = 2, .padding = {1, 0}, .dilation = 2, .groups = 2, .bias = false}));
  as_in_pytorch.expect("nn.Conv2d(1, 2, 3, padding=\"same\")", nn::Conv2d(1, 2, 3, {.padding = "same"}));
  as_in_pytorch.expect("nn.ConvTranspose2d(4, 6, 3)", nn::ConvTranspose2d(4, 6, 3));
  as_in_pytorch.expect(
      "nn.ConvTranspose2d(4, 6, 3, stride=(2, 3), padding=1, output_padding=1, groups=2, dilation=(1, 2))",
      nn::ConvTranspose2d(4, 6, 3,
                          {.stride = {2, 3}, .padding = 1, .output_padding = 1, .groups = 2, .dilation = {1, 2}}));
  as_in_pytorch.expect("nn.CrossEntropyLoss()", nn::CrossEntropyLoss());
  as_in_pytorch.expect("nn.NLLLoss()", nn::NLLLoss());
  as_in_pytorch.expect("nn.MSELoss()", nn::MSELoss());
  as_in_pytorch.expect("nn.L1Loss()", nn::L1Loss());
  as_in_pytorch.expect("nn.SmoothL1Loss(beta=0.5)", nn::SmoothL1Loss({.beta = 0.5}));
  as_in_pytorch.expect("nn.HuberLoss()", nn::HuberLoss());
  as_in_pytorch.expect("nn.BCELoss()", nn::BCELoss());
  as_in_pytorch.expect("nn.BCEWithLogitsLoss()", nn::BCEWithLogitsLoss());
  as_in_pytorch.expect("nn.KLDivLoss()", nn::KLDivLoss());
}

void expect_containers(Reprs& as_in_pytorch) {
  as_in_pytorch.expect("nn.Sequential()", nn::Sequential());
  as_in_pytorch.expect("nn.Sequential(nn.ReLU(), nn.ReLU())", nn::Sequential{nn::ReLU(), nn::ReLU()});
  as_in_pytorch.expect("nn.Sequential(nn.Sequential(), nn.Sequential(nn.Tanh()))",
                       nn::Sequential{nn::Sequential(), nn::Sequential{nn::Tanh()}});
  as_in_pytorch.expect("nn.ModuleList()", nn::ModuleList());
  as_in_pytorch.expect("nn.ModuleList([nn.Tanh()])", nn::ModuleList{nn::Tanh()});
  nn::ModuleList list;
  for (int i = 0; i < 12; ++i) list.append(nn::Linear(1, 2));
  list.append(nn::ReLU()).append(nn::ReLU()).append(nn::Tanh());
  as_in_pytorch.expect("nn.ModuleList([nn.Linear(1, 2) for _ in range(12)] + [nn.ReLU(), nn.ReLU(), nn.Tanh()])", list);
  as_in_pytorch.expect("Block()", Block());
  as_in_pytorch.expect("Scaled()", Scaled());
  as_in_pytorch.expect("Scaled(True)", Scaled(true));
  as_in_pytorch.expect("TwoLines()", TwoLines());
  as_in_pytorch.expect("TwoLines(True)", TwoLines(true));
  as_in_pytorch.expect("Net()", Net());
}

std::vector<Tensor> params() { return {ones({2}).requires_grad_()}; }

void expect_optimizers(Reprs& as_in_pytorch) {
  as_in_pytorch.expect("optim.SGD(params(), lr=0.1)", optim::SGD(params(), {.lr = 0.1}));
  const optim::SGDOptions sgd{.lr = 1e-5, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01, .maximize = true};
  as_in_pytorch.expect("optim.SGD(params(), lr=1e-05, momentum=0.9, dampening=0.5, weight_decay=0.01, maximize=True)",
                       optim::SGD(params(), sgd));
  as_in_pytorch.expect(
      R"(optim.SGD([{"params": params(), "lr": 0.5}, {"params": params(), "momentum": 0.9, "nesterov": True}], lr=0.25))",
      optim::SGD({{params(), {.lr = 0.5}}, {params(), {.lr = 0.25, .momentum = 0.9, .nesterov = true}}}));
  as_in_pytorch.expect("optim.Adam(params())", optim::Adam(params()));
  as_in_pytorch.expect("optim.AdamW(params(), betas=(0.5, 0.99), amsgrad=True)",
                       optim::AdamW(params(), {.betas = {0.5, 0.99}, .amsgrad = true}));
  as_in_pytorch.expect("optim.RMSprop(params(), centered=True)", optim::RMSprop(params(), {.centered = true}));
  as_in_pytorch.expect("optim.Adagrad(params())", optim::Adagrad(params()));
  optim::Adam adam(params(), {.lr = 0.1});
  optim::lr_scheduler::StepLR(adam, {.step_size = 1});
  as_in_pytorch.expect("scheduled(optim.Adam(params(), lr=0.1))", adam);
}

TEST(Golden, PrintedModulesAndOptimizersReadAsPyTorchs) {  // SEMANTICS [37]
  Reprs as_in_pytorch;
  expect_layers(as_in_pytorch);
  expect_layers_of_images(as_in_pytorch);
  expect_activations_and_losses(as_in_pytorch);
  expect_containers(as_in_pytorch);
  expect_optimizers(as_in_pytorch);
  as_in_pytorch.expect_all_taken();
}

}  // namespace
}  // namespace xtape
