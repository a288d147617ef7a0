// The spellings of the public API. Every line here must go on compiling, with both compilers and without a warning,
// because programs outside the project use them. Other tests check what each call does.
// clang-format off
#include <array>
#include <span>
#include <vector>
#include <xtape/fmt.hpp>
#include <xtape/xtape.hpp>
#include <xtape/xtensor.hpp>
#include <xtensor/xmath.hpp>

#include "support/expect.hpp"
#include "support/files.hpp"

namespace contract {

using namespace xtape;
namespace F = xtape::nn::functional;

struct Classifier : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(784, 256));
  nn::Dropout drop = register_module("drop", nn::Dropout(0.5));
  nn::Linear fc2 = register_module("fc2", nn::Linear(256, 10));
  Tensor forward(const Tensor& x) { return fc2(drop(relu(fc1(x)))); }
};

struct Scale : nn::Module {
  nn::Parameter w = register_parameter("w", ones({3}));
  nn::Buffer b = register_buffer("b", zeros({3}));
  Tensor forward(const Tensor& x) const { return x * w + b; }
};

Tensor cube(const Tensor& x) {
  Tensor y = without_grad([&] { return x * x * x; });
  return record("cube", {x}, y, [x = save(x)](const Tensor& gy) { return Gradients{3 * *x * *x * gy}; });
}

TEST(Contract, TheFirstProgram) {
  manual_seed(0);
  Tensor x = randn({32, 784});
  Tensor y = randint(0, 10, {32});

  nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
  nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});

  model.train();
  Tensor loss = criterion(model(x), y);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  model.eval();
  NoGradGuard no_grad;
  Tensor accuracy = (model(x).argmax(1) == y).to(float32).mean();
  fmt::print("loss {:.4f}  accuracy {:.3f}\n", loss.item<float>(), accuracy.item<float>());
}

TEST(Contract, Modules) {
  Classifier model;
  Classifier copy = model, other = clone(model);
  Tensor y = model(ones({2, 784}));
  std::vector<Tensor> parameters = model.parameters();
  for (const auto& [name, p] : model.named_parameters()) EXPECT_TRUE(p.defined()) << name;
  StateDict d = model.state_dict();
  StateDict snapshot = clone(d);
  model.load_state_dict(snapshot);
  model.train();
  model.eval().to(float64);
  EXPECT_EQ(Scale()(ones({3})).numel(), 3);
}

TEST(Contract, Creation) {
  tensor({{1.f, 2.f}, {3.f, 4.f}});
  tensor({1, 0});
  tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
  tensor(2.5);
  std::vector<float> v(6);
  tensor(std::span<const float>(v), Shape{2, 3});
  tensor(std::span<float>(v), {2, 3});
  Tensor t = tensor(v, {2, 3});
  zeros({2, 3}, {.dtype = float64, .requires_grad = true});
  ones({2, 3});
  full({2, 3}, 1.5);
  empty({2, 3});
  eye(3);
  arange(10);
  arange(0, 1, 0.25);
  rand({2, 3});
  randn({2, 3}, {.dtype = float64, .requires_grad = true});
  randint(0, 10, {32});
  randperm(10);
  zeros_like(t);
  ones_like(t);
  EXPECT_EQ(t.dtype(), float32);
}

TEST(Contract, Tensors) {
  Tensor t = tensor({{1.f, 2.f}, {3.f, 4.f}});
  EXPECT_EQ(t.shape(), (Shape{2, 2}));
  EXPECT_EQ(t.size(-1), 2);
  EXPECT_EQ(t.dim(), 2);
  EXPECT_EQ(t.numel(), 4);
  EXPECT_TRUE(t.defined());
  EXPECT_FALSE(t.to(float64).clone().detach().to_string().empty());
  EXPECT_EQ(t[0][1].item<float>(), 2.f);
  float* p = t.data<float>();
  std::span<float> s = t.span<float>();
  std::vector<float> copied = t.to_vector<float>();
  EXPECT_EQ(p[0], s[0]);
  EXPECT_EQ(copied.size(), 4u);
  EXPECT_FALSE(t.requires_grad());
  t.requires_grad_();
  EXPECT_TRUE(t.is_leaf());
  Tensor loss = (t * t).sum();
  loss.backward({.retain_graph = true});
  loss.backward(tensor(1.f), {.retain_graph = true});
  t.set_grad(ones_like(t));
  EXPECT_TRUE(equal(t.grad(), ones({2, 2})));
  t.requires_grad_(false);
  Tensor weight = zeros({4, 2}), row = ones({2});
  weight[3] = 2.0;
  weight[3] = row;
  EXPECT_EQ(weight.sum().item<float>(), 2.f);
}

TEST(Contract, Gradients) {
  Tensor x = tensor({2.0}, {.dtype = float64, .requires_grad = true});
  Tensor y = cube(x), seed = ones_like(x);
  std::vector<Tensor> g = grad({y}, {x}, {.create_graph = true});
  std::vector<Tensor> h = grad({y}, {x}, {seed}, {.create_graph = true});
  EXPECT_TRUE(equal(g[0], h[0]));
  {
    NoGradGuard no_grad;
    EnableGradGuard enable_grad;
    EXPECT_TRUE((x * x).requires_grad());
  }
  fmt::print("{}", Tape::of(y).to_string());
}

TEST(Contract, Ops) {
  Tensor a = rand({2, 3}) + 1, b = rand({2, 3}) + 1;
  a + b - a * b / a + 2 - 2.0 * b;
  -a;
  a += b;
  a -= 1;
  a *= 2;
  a /= b;
  (a == b).to(float32).mean();
  (a != b).sum();
  (a < 1).sum();
  (a <= b).sum();
  (a > b).sum();
  (2 >= a).sum();
  narrow(a, 1, 0, 2);
  permute(a, {1, 0});
  relu(a);
  a.sum();
  a.sum(1, true);
  a.sum({0, 1});
  a.mean();
  a.mean(0);
  a.argmax(1);
  auto [values, indices] = a.max(1);
  a.reshape({3, -1});
  cat({a, b}, 0);
  stack({a, b});
  where(a > b, a, b);
  EXPECT_EQ(values.numel(), indices.numel());
}

TEST(Contract, Functional) {
  Tensor logits = randn({4, 3}), target = randint(0, 3, {4}), w = ones({3});
  F::cross_entropy(logits, target,
                   {.weight = w, .ignore_index = -100, .reduction = Reduction::mean, .label_smoothing = 0.1});
  F::nll_loss(F::log_softmax(logits, 1), target, {.weight = w, .ignore_index = -100, .reduction = Reduction::sum});
  F::softmax(logits, 1);
  F::linear(logits, randn({5, 3}), randn({5}));
  F::relu(logits);
  F::dropout(logits, 0.5, true);
  F::CrossEntropyOptions cross_entropy_options;
  F::NLLOptions nll_options;
  EXPECT_EQ(cross_entropy_options.ignore_index, nll_options.ignore_index);
}

TEST(Contract, Optimizers) {
  nn::Linear a(2, 2), b(2, 2);
  optim::SGD sgd(a.parameters(), {.lr = 0.1,
                                  .momentum = 0.9,
                                  .dampening = 0,
                                  .weight_decay = 0.01,
                                  .nesterov = true,
                                  .maximize = false});
  optim::Adam adam(a.parameters(), {.lr = 1e-3,
                                    .betas = {0.9, 0.999},
                                    .eps = 1e-8,
                                    .weight_decay = 0,
                                    .amsgrad = true,
                                    .maximize = false});
  optim::SGD groups({{a.parameters(), {.lr = 0.1}}, {b.parameters(), {.lr = 0.01}}});
  optim::SGDOptions sgd_options;
  optim::AdamOptions adam_options;
  optim::ParamGroup<optim::SGDOptions> group{b.parameters(), sgd_options};
  groups.param_groups()[1].options.lr = 0.02;
  optim::Optimizer& optimizer = groups;
  optimizer.zero_grad();
  optimizer.step();
  optimizer.load_state_dict(optimizer.state_dict());
  EXPECT_EQ(adam_options.lr, 1e-3);
}

TEST(Contract, Data) {
  data::Dataset full = data::digits(100, 0);
  auto [train, validation] = data::random_split(full, std::array{0.9, 0.1}, /*seed=*/0);
  data::DataLoader batches(train, {.batch_size = 64, .shuffle = true});
  std::int64_t images = 0;
  for (auto [x, y] : batches) {
    EXPECT_EQ(x.shape(), (Shape{y.size(0), 1, 28, 28}));
    EXPECT_EQ(x.dtype(), float32);
    EXPECT_EQ(y.dtype(), int64);
    images += y.size(0);
  }
  EXPECT_EQ(images, 90);
  EXPECT_EQ(validation.size(), 10);
  EXPECT_THROW(data::fashion_mnist("no such directory", data::Split::train), FileError);
}

TEST(Contract, Pictures) {
  nn::Sequential model{nn::Conv2d(1, 32, 3, {.stride = 1, .padding = 1, .dilation = 1, .groups = 1, .bias = true}),
                       nn::BatchNorm2d(32),
                       nn::MaxPool2d(2),
                       nn::MaxPool2d(3, {.stride = 2, .padding = 1, .dilation = 1, .ceil_mode = false}),
                       nn::AvgPool2d(2, {.stride = 2, .padding = 0, .ceil_mode = false, .count_include_pad = true}),
                       nn::Conv2d(32, 32, {3, 5}, {.padding = {1, 2}}),
                       nn::Dropout2d(0.25),
                       nn::AdaptiveAvgPool2d(1)};
  Tensor x = randn({2, 1, 28, 28}), w = randn({4, 1, 3, 5}), b = randn({4});
  EXPECT_EQ(model(x).shape(), (Shape{2, 32, 1, 1}));
  EXPECT_EQ(F::conv2d(x, w, b, {.stride = 2, .padding = {1, 2}, .dilation = 1, .groups = 1}).shape(), (Shape{2, 4, 14, 14}));
  F::conv2d(x, w);
  F::conv_transpose2d(x, randn({1, 4, 3, 3}), b, {.stride = 2, .padding = 1, .output_padding = 1});
  F::max_pool2d(x, 2);
  F::max_pool2d(x, 2, {.stride = 2, .padding = 1, .dilation = 1, .ceil_mode = true});
  F::avg_pool2d(x, {2, 3}, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false});
  F::adaptive_avg_pool2d(x, 1);
  F::adaptive_avg_pool2d(x, {3, 2});
  EXPECT_THROW(data::cifar10("no such directory", data::Split::train), FileError);
  EXPECT_THROW(data::cifar100("no such directory", data::Split::test, {.coarse = true}), FileError);
}

TEST(Contract, Texts) {
  const xtape::testing::TempDir dir;
  const std::string path = dir / "words.txt";
  const std::vector<std::string> texts = {"The ship sails.", "Salt in the soup!"};
  data::Vocabulary v = data::Vocabulary::build(texts, {.max_size = 10000, .min_count = 2});
  v.save(path);
  EXPECT_EQ(data::Vocabulary::load(path).size(), v.size());
  data::TextDataset dataset(texts, std::vector<std::string>{"sea", "food"}, v, {.length = 64});
  data::TextDataset numbered(texts, std::vector<std::int64_t>{1, 0}, v, {.length = 64});
  for (auto [x, y] : data::DataLoader(dataset, {.batch_size = 2})) {
    EXPECT_EQ(x.shape(), (Shape{2, 64}));
    EXPECT_EQ(x.dtype(), int64);
    EXPECT_EQ(nn::EmbeddingBag(10000, 16, {.mode = nn::BagMode::mean, .padding_idx = 0})(x).shape(), (Shape{2, 16}));
    F::embedding_bag(x, randn({10000, 16}), {.mode = F::BagMode::max});
    F::embedding_bag(x, randn({10000, 16}), {.mode = nn::BagMode::sum, .padding_idx = 0});
  }
}

TEST(Contract, Checkpoints) {
  const xtape::testing::TempDir dir;
  const std::string path = dir / "last.safetensors";
  nn::Linear model(2, 2);
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  optim::lr_scheduler::StepLR scheduler(optimizer, {.step_size = 30});
  data::DataLoader batches(data::digits(180, 0), {.batch_size = 10, .shuffle = true});
  StateDict state_dict = clone(model.state_dict());
  io::Checkpoint checkpoint(model, optimizer);
  checkpoint.add("scheduler", scheduler);
  checkpoint.add("loader", batches);
  checkpoint.add("best", state_dict);
  checkpoint.set("epoch", "3");
  batches.set_epoch(3, 17);
  checkpoint.save(path);
  batches.set_epoch(0);
  checkpoint.load(path);
  EXPECT_EQ(checkpoint.get("epoch"), "3");
  EXPECT_EQ(batches.epoch(), 3);
  std::int64_t images = 0;
  for (auto [x, y] : batches) images += y.size(0);
  EXPECT_EQ(images, 10);
}

TEST(Contract, Xtensor) {
  Tensor t = ones({2, 2});
  xt::xarray<float> a = to_xarray<float>(t);
  auto v = view<float>(t);
  Tensor t2 = from_xtensor(xt::exp(a) + 1.0f);
  EXPECT_EQ(v.size(), 4u);
  EXPECT_EQ(t2.dtype(), float32);
}

TEST(Contract, TheRest) {
  set_num_threads(1);
  EXPECT_STRNE(version(), "");
  EXPECT_FALSE(build_info().empty());
}

}  // namespace contract
