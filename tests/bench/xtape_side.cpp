// The work of work.hpp as a user of xtape writes it.
#include <algorithm>
#include <memory>
#include <xtape/xtape.hpp>

#include "work.hpp"

using namespace xtape;
namespace F = xtape::nn::functional;

namespace bench {

namespace {

Tensor uniform(const Shape& shape, bool requires_grad = false) {
  return tensor(numbers(shape.numel()), shape, {.requires_grad = requires_grad});
}
Tensor labels(std::int64_t n, std::int64_t c) { return tensor(classes(n, c)); }

nn::Sequential make(const Net& net) {
  nn::Sequential model;
  for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
    if (i > 0) {
      model.append(nn::ReLU());
      if (net.dropout > 0) model.append(nn::Dropout(net.dropout));
    }
    model.append(nn::Linear(net.widths[i], net.widths[i + 1]));
  }
  return model;
}

std::shared_ptr<optim::Optimizer> make(Optimizer kind, const nn::Module& model) {
  if (kind == Optimizer::sgd) {
    return std::make_shared<optim::SGD>(model.parameters(), optim::SGDOptions{.lr = 1e-2, .momentum = 0.9});
  }
  return std::make_shared<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-3});
}

nn::Sequential make(const ConvNet& net) {
  nn::Sequential model;
  std::int64_t channels = net.channels, size = net.size;
  for (const auto& block : net.blocks) {
    for (const std::int64_t wider : block) {
      model.append(nn::Conv2d(channels, wider, 3, {.padding = 1}));
      if (net.batch_norm) model.append(nn::BatchNorm2d(wider));
      model.append(nn::ReLU());
      channels = wider;
    }
    model.append(nn::MaxPool2d(2));
    size /= 2;
  }
  if (net.hidden > 0) model.append(nn::Dropout(0.25));
  model.append(nn::Flatten());
  std::int64_t features = channels * size * size;
  if (net.hidden > 0) {
    model.append(nn::Linear(features, net.hidden));
    model.append(nn::ReLU());
    model.append(nn::Dropout(0.5));
    features = net.hidden;
  }
  model.append(nn::Linear(features, 10));
  return model;
}

/// zero_grad, forward, cross-entropy, backward, step.
Work step_of(nn::Sequential model, Optimizer kind, const Tensor& x, const Tensor& y) {
  model.train();
  auto optimizer = make(kind, model);
  return [model, optimizer, x, y] {
    Tensor loss = F::cross_entropy(model(x), y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  };
}

}  // namespace

void set_threads(int n) { set_num_threads(n); }

Work training_step(const Net& net, Optimizer kind, std::int64_t batch) {
  manual_seed(0);
  return step_of(make(net), kind, uniform({batch, net.widths.front()}), labels(batch, net.widths.back()));
}

Work training_step(const ConvNet& net, std::int64_t batch) {
  manual_seed(0);
  const Tensor x = uniform({batch, net.channels, net.size, net.size});
  return step_of(make(net), Optimizer::adam, x, labels(batch, 10));
}

Work evaluation(const ConvNet& net, std::int64_t batch) {
  manual_seed(0);
  nn::Sequential model = make(net);
  model.eval();
  return [model, x = uniform({batch, net.channels, net.size, net.size})] {
    NoGradGuard no_grad;
    Tensor y = model(x);
    keep(y);
  };
}

Work image_layer(ImageLayer kind, std::int64_t n, std::int64_t c, std::int64_t size) {
  nn::Sequential layer;
  if (kind == ImageLayer::max_pool2d) layer.append(nn::MaxPool2d(2));
  if (kind == ImageLayer::batch_norm2d) layer.append(nn::BatchNorm2d(c));
  if (kind == ImageLayer::relu) layer.append(nn::ReLU());
  if (kind == ImageLayer::dropout) layer.append(nn::Dropout(0.25));
  const Tensor x = uniform({n, c, size, size}, true), seed = without_grad([&] { return ones_like(layer(x)); });
  return [layer, x, seed] {
    layer(x).backward(seed);
    x.set_grad({});
    for (const Tensor& p : layer.parameters()) p.set_grad({});
  };
}

Work recorded_add() {
  return [a = uniform({4}, true), b = uniform({4})] {
    Tensor y = a + b;
    keep(y);
  };
}

Work chain(int length) {
  return [x = uniform({4}, true), c = uniform({4}), seed = ones({4}), length] {
    Tensor y = x;
    for (int i = 0; i < length; ++i) y = y * c;
    y.backward(seed);
    x.set_grad({});
  };
}

Work dropout(std::int64_t n) {
  return [x = uniform({n}, true)] {
    Tensor y = F::dropout(x, 0.5, true);
    keep(y);
  };
}

Work cross_entropy(std::int64_t n, std::int64_t c) {
  return [x = uniform({n, c}, true), y = labels(n, c)] {
    F::cross_entropy(x, y).backward();
    x.set_grad({});
  };
}

Work log_softmax(std::int64_t n, std::int64_t c) {
  return [x = uniform({n, c})] {
    Tensor y = F::log_softmax(x, 1);
    keep(y);
  };
}

Work relu(std::int64_t n) {
  return [x = uniform({n}) - 0.5] {
    Tensor y = xtape::relu(x);
    keep(y);
  };
}

Work add(std::int64_t n) {
  return [a = uniform({n}), b = uniform({n})] {
    Tensor y = a + b;
    keep(y);
  };
}

Work sum(std::int64_t n) {
  return [x = uniform({n})] {
    Tensor y = x.sum();
    keep(y);
  };
}

/// One pass over the batches, with the sum of the losses, as users write it.
void train_epoch(const nn::Sequential& model, optim::Optimizer& optimizer, const data::DataLoader& batches) {
  double total = 0;
  for (auto [x, y] : batches) {
    Tensor loss = F::cross_entropy(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total += loss.item<double>() * static_cast<double>(y.size(0));
  }
  keep(total);
}

Work epoch(const std::string& directory) {
  manual_seed(0);
  nn::Sequential model{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
  auto optimizer = make(Optimizer::adam, model);
  data::DataLoader batches(data::fashion_mnist(directory, data::Split::train), {.batch_size = 64, .shuffle = true});
  return [model, optimizer, batches]() mutable {
    model.train();
    train_epoch(model, *optimizer, batches);
  };
}

Work evaluation(const std::string& directory) {
  manual_seed(0);
  nn::Sequential model{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
  model.eval();
  data::DataLoader batches(data::fashion_mnist(directory, data::Split::train), {.batch_size = 1000});
  return [model, batches] {
    NoGradGuard no_grad;
    double loss = 0, correct = 0;
    for (auto [x, y] : batches) {
      Tensor logits = model(x);
      loss += F::cross_entropy(logits, y, {.reduction = Reduction::sum}).item<double>();
      correct += (logits.argmax(1) == y).sum().item<double>();
    }
    keep(loss);
    keep(correct);
  };
}

Work read_images(const std::string& directory) {
  return [directory] {
    auto train = data::fashion_mnist(directory, data::Split::train);
    auto test = data::fashion_mnist(directory, data::Split::test);
    keep(train);
    keep(test);
  };
}

Work text_epoch() {
  manual_seed(0);
  constexpr std::int64_t length = 64;
  const std::vector<std::vector<std::int64_t>> words = texts();
  const auto n = static_cast<std::int64_t>(words.size());
  std::vector<std::int64_t> padded(words.size() * length);
  for (std::size_t i = 0; i < words.size(); ++i) std::copy(words[i].begin(), words[i].end(), &padded[i * length]);
  const data::TensorDataset texts(tensor(padded, {n, length}), labels(n, text_classes));
  nn::Sequential model{nn::EmbeddingBag(text_words, 16, {.mode = nn::BagMode::mean, .padding_idx = 0}),
                       nn::Linear(16, text_classes)};
  auto optimizer = make(Optimizer::adam, model);
  data::DataLoader batches(texts, {.batch_size = 64, .shuffle = true});
  return [model, optimizer, batches]() mutable { train_epoch(model, *optimizer, batches); };
}

}  // namespace bench
