// The work of work.hpp as a careful user of libtorch's C++ API writes it: with libtorch's modules, optimizers and
// functions; gradients dropped rather than zeroed before a step (as zero_grad does since 2.0, and faster in 1.13 too);
// the images in memory as one tensor of bytes, from which index_select takes batches of a permutation; evaluation on
// slices, without a tape. The allocator is glibc's with its default settings; when it keeps large blocks
// (MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_), small steps take a third less. Never linked with xtape.
#include <torch/torch.h>
#include <zlib.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "../work.hpp"

namespace F = torch::nn::functional;

namespace bench {

namespace {

torch::Tensor uniform(at::IntArrayRef shape, bool requires_grad = false) {
  std::int64_t n = 1;
  for (std::int64_t extent : shape) n *= extent;
  return torch::tensor(at::ArrayRef<float>(numbers(n))).reshape(shape).clone().requires_grad_(requires_grad);
}
torch::Tensor labels(std::int64_t n, std::int64_t c) {
  return torch::tensor(at::ArrayRef<std::int64_t>(classes(n, c)));
}

torch::nn::Sequential make(const Net& net) {
  torch::nn::Sequential model;
  for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
    if (i > 0) {
      model->push_back(torch::nn::ReLU());
      if (net.dropout > 0) model->push_back(torch::nn::Dropout(net.dropout));
    }
    model->push_back(torch::nn::Linear(net.widths[i], net.widths[i + 1]));
  }
  return model;
}

torch::nn::Sequential make(const ConvNet& net) {
  torch::nn::Sequential model;
  std::int64_t channels = net.channels, size = net.size;
  for (const auto& block : net.blocks) {
    for (const std::int64_t wider : block) {
      model->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, wider, 3).padding(1)));
      if (net.batch_norm) model->push_back(torch::nn::BatchNorm2d(wider));
      model->push_back(torch::nn::ReLU());
      channels = wider;
    }
    model->push_back(torch::nn::MaxPool2d(2));
    size /= 2;
  }
  if (net.hidden > 0) model->push_back(torch::nn::Dropout(0.25));
  model->push_back(torch::nn::Flatten());
  std::int64_t features = channels * size * size;
  if (net.hidden > 0) {
    model->push_back(torch::nn::Linear(features, net.hidden));
    model->push_back(torch::nn::ReLU());
    model->push_back(torch::nn::Dropout(0.5));
    features = net.hidden;
  }
  model->push_back(torch::nn::Linear(features, 10));
  return model;
}

std::shared_ptr<torch::optim::Optimizer> make(Optimizer kind, const std::vector<torch::Tensor>& parameters) {
  if (kind == Optimizer::sgd) {
    return std::make_shared<torch::optim::SGD>(parameters, torch::optim::SGDOptions(1e-2).momentum(0.9));
  }
  return std::make_shared<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
}

void drop(const std::vector<torch::Tensor>& parameters) {
  for (const torch::Tensor& p : parameters) p.mutable_grad() = torch::Tensor();
}

/// The elements of a compressed IDX file, read with zlib's gzread, because libtorch has no reader for it.
torch::Tensor read_idx(const std::string& path, at::IntArrayRef shape) {
  torch::Tensor bytes = torch::empty(shape, torch::kUInt8);
  unsigned char header[16];
  const unsigned header_size = shape.size() == 1 ? 8 : 16;
  const auto n = static_cast<unsigned>(bytes.numel());
  gzFile file = gzopen(path.c_str(), "rb");
  gzbuffer(file, 1 << 17);
  const bool complete = file && gzread(file, header, header_size) == static_cast<int>(header_size) &&
                        gzread(file, bytes.data_ptr(), n) == static_cast<int>(n);
  gzclose(file);
  if (!complete) throw std::runtime_error(path + " cannot be read");
  return bytes;
}

struct Images {
  Images(const std::string& directory, const std::string& part, std::int64_t n)
      : x(read_idx(directory + "/" + part + "-images-idx3-ubyte.gz", {n, 28, 28}).view({n, 784})),
        y(read_idx(directory + "/" + part + "-labels-idx1-ubyte.gz", {n}).to(torch::kInt64)) {}
  torch::Tensor x, y;
};

torch::Tensor to_floats(const torch::Tensor& bytes) { return bytes.to(torch::kFloat32).div_(255); }

}  // namespace

void set_threads(int n) { at::set_num_threads(n); }

/// zero_grad, forward, cross-entropy, backward, step.
Work step_of(torch::nn::Sequential model, Optimizer kind, const torch::Tensor& x, const torch::Tensor& y) {
  model->train();
  const std::vector<torch::Tensor> parameters = model->parameters();
  return [model, parameters, optimizer = make(kind, parameters), x, y]() mutable {
    torch::Tensor loss = F::cross_entropy(model->forward(x), y);
    drop(parameters);
    loss.backward();
    optimizer->step();
  };
}

Work training_step(const Net& net, Optimizer kind, std::int64_t batch) {
  torch::manual_seed(0);
  return step_of(make(net), kind, uniform({batch, net.widths.front()}), labels(batch, net.widths.back()));
}

Work training_step(const ConvNet& net, std::int64_t batch) {
  torch::manual_seed(0);
  const torch::Tensor x = uniform({batch, net.channels, net.size, net.size});
  return step_of(make(net), Optimizer::adam, x, labels(batch, 10));
}

Work evaluation(const ConvNet& net, std::int64_t batch) {
  torch::manual_seed(0);
  torch::nn::Sequential model = make(net);
  model->eval();
  return [model, x = uniform({batch, net.channels, net.size, net.size})]() mutable {
    torch::NoGradGuard no_grad;
    torch::Tensor y = model->forward(x);
    keep(y);
  };
}

Work image_layer(ImageLayer kind, std::int64_t n, std::int64_t c, std::int64_t size) {
  torch::nn::Sequential layer;
  if (kind == ImageLayer::max_pool2d) layer->push_back(torch::nn::MaxPool2d(2));
  if (kind == ImageLayer::batch_norm2d) layer->push_back(torch::nn::BatchNorm2d(c));
  if (kind == ImageLayer::relu) layer->push_back(torch::nn::ReLU());
  if (kind == ImageLayer::dropout) layer->push_back(torch::nn::Dropout(0.25));
  torch::Tensor x = uniform({n, c, size, size}, true);
  torch::Tensor seed = torch::ones_like(layer->forward(x)).detach();
  const std::vector<torch::Tensor> parameters = layer->parameters();
  return [layer, x, seed, parameters]() mutable {
    layer->forward(x).backward(seed);
    drop({x});
    drop(parameters);
  };
}

Work recorded_add() {
  return [a = uniform({4}, true), b = uniform({4})] {
    torch::Tensor y = a + b;
    keep(y);
  };
}

Work chain(int length) {
  return [x = uniform({4}, true), c = uniform({4}), seed = torch::ones({4}), length] {
    torch::Tensor y = x;
    for (int i = 0; i < length; ++i) y = y * c;
    y.backward(seed);
    drop({x});
  };
}

Work dropout(std::int64_t n) {
  return [x = uniform({n}, true)] {
    torch::Tensor y = torch::dropout(x, 0.5, true);
    keep(y);
  };
}

Work cross_entropy(std::int64_t n, std::int64_t c) {
  return [x = uniform({n, c}, true), y = labels(n, c)] {
    F::cross_entropy(x, y).backward();
    drop({x});
  };
}

Work log_softmax(std::int64_t n, std::int64_t c) {
  return [x = uniform({n, c})] {
    torch::Tensor y = torch::log_softmax(x, 1);
    keep(y);
  };
}

Work relu(std::int64_t n) {
  return [x = uniform({n}) - 0.5] {
    torch::Tensor y = torch::relu(x);
    keep(y);
  };
}

Work add(std::int64_t n) {
  return [a = uniform({n}), b = uniform({n})] {
    torch::Tensor y = a + b;
    keep(y);
  };
}

Work sum(std::int64_t n) {
  return [x = uniform({n})] {
    torch::Tensor y = x.sum();
    keep(y);
  };
}

Work epoch(const std::string& directory) {
  torch::manual_seed(0);
  torch::nn::Sequential model = make(mlp);
  const std::vector<torch::Tensor> parameters = model->parameters();
  return [model, parameters, optimizer = make(Optimizer::adam, parameters),
          images = Images(directory, "train", 60'000)]() mutable {
    model->train();
    double total = 0;
    for (const torch::Tensor& indices : torch::randperm(images.x.size(0), torch::kInt64).split(64)) {
      torch::Tensor y = images.y.index_select(0, indices);
      torch::Tensor loss = F::cross_entropy(model->forward(to_floats(images.x.index_select(0, indices))), y);
      drop(parameters);
      loss.backward();
      optimizer->step();
      total += loss.item<double>() * static_cast<double>(y.size(0));
    }
    keep(total);
  };
}

Work evaluation(const std::string& directory) {
  torch::manual_seed(0);
  torch::nn::Sequential model = make(mlp);
  model->eval();
  return [model, images = Images(directory, "train", 60'000)]() mutable {
    torch::NoGradGuard no_grad;
    double loss = 0, correct = 0;
    for (std::int64_t i = 0; i < images.x.size(0); i += 1000) {
      torch::Tensor y = images.y.narrow(0, i, 1000);
      torch::Tensor logits = model->forward(to_floats(images.x.narrow(0, i, 1000)));
      loss += F::cross_entropy(logits, y, F::CrossEntropyFuncOptions().reduction(torch::kSum)).item<double>();
      correct += logits.argmax(1).eq(y).sum().item<double>();
    }
    keep(loss);
    keep(correct);
  };
}

Work read_images(const std::string& directory) {
  return [directory] {
    Images train(directory, "train", 60'000), test(directory, "t10k", 10'000);
    keep(train);
    keep(test);
  };
}

Work text_epoch() {
  torch::manual_seed(0);
  torch::nn::EmbeddingBag bag(torch::nn::EmbeddingBagOptions(text_words, 16).mode(torch::kMean).padding_idx(0));
  torch::nn::Linear head(16, text_classes);
  std::vector<torch::Tensor> parameters = bag->parameters();
  for (const torch::Tensor& p : head->parameters()) parameters.push_back(p);
  const auto words = std::make_shared<const std::vector<std::vector<std::int64_t>>>(texts());
  const auto n = static_cast<std::int64_t>(words->size());
  return [bag, head, parameters, words, y = labels(n, text_classes),
          optimizer = make(Optimizer::adam, parameters)]() mutable {
    double total = 0;
    for (const torch::Tensor& indices : torch::randperm(y.size(0), torch::kInt64).split(64)) {
      std::vector<std::int64_t> packed, offsets;
      for (std::int64_t i = 0; i < indices.size(0); ++i) {
        const std::vector<std::int64_t>& text = (*words)[static_cast<std::size_t>(indices.data_ptr<std::int64_t>()[i])];
        offsets.push_back(static_cast<std::int64_t>(packed.size()));
        packed.insert(packed.end(), text.begin(), text.end());
      }
      const torch::Tensor x = torch::tensor(at::ArrayRef<std::int64_t>(packed));
      const torch::Tensor begin = torch::tensor(at::ArrayRef<std::int64_t>(offsets));
      torch::Tensor target = y.index_select(0, indices);
      torch::Tensor loss = F::cross_entropy(head->forward(bag->forward(x, begin)), target);
      drop(parameters);
      loss.backward();
      optimizer->step();
      total += loss.item<double>() * static_cast<double>(target.size(0));
    }
    keep(total);
  };
}

}  // namespace bench
