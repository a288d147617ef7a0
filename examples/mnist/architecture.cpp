#include "architecture.hpp"

#include <fmt/format.h>

using namespace xtape;

namespace {

// The cnn: 3 x 3 convolutions to these channels, each with BatchNorm and ReLU; a pool behind all but the last halves
// height and width.
constexpr std::array<std::int64_t, 3> cnn_channels = {32, 64, 128};

std::int64_t cnn_features(const Shape& input) { return cnn_channels.back() * (input[1] / 4) * (input[2] / 4); }

nn::Sequential make_cnn(const Architecture& a, const Shape& input, std::int64_t classes) {
  nn::Sequential model;
  std::int64_t in = input[0];
  for (const std::int64_t out : cnn_channels) {
    model.append(nn::Conv2d(in, out, 3, {.padding = 1, .bias = false}));
    model.append(nn::BatchNorm2d(out));
    model.append(nn::ReLU());
    if (out != cnn_channels.back()) model.append(nn::MaxPool2d(2));
    in = out;
  }
  model.append(nn::Flatten());
  model.append(nn::Dropout(a.dropout));
  model.append(nn::Linear(cnn_features(input), classes));
  return model;
}

std::vector<StateShape> cnn_state_shapes(const Shape& input, std::int64_t classes) {
  std::vector<StateShape> shapes;
  std::int64_t in = input[0], layer = 0;
  for (const std::int64_t out : cnn_channels) {
    shapes.push_back({fmt::format("{}.weight", layer), {out, in, 3, 3}});
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      shapes.push_back({fmt::format("{}.{}", layer + 1, name), {out}});
    }
    shapes.push_back({fmt::format("{}.num_batches_tracked", layer + 1), {}, true});
    layer += out == cnn_channels.back() ? 3 : 4;
    in = out;
  }
  layer += 2;  // Flatten, Dropout
  shapes.push_back({fmt::format("{}.weight", layer), {classes, cnn_features(input)}});
  shapes.push_back({fmt::format("{}.bias", layer), {classes}});
  return shapes;
}

}  // namespace

nn::Sequential make_model(const Architecture& a, const Shape& input, std::int64_t classes) {
  if (a.model == "cnn") return make_cnn(a, input, classes);
  const std::int64_t pixels = input.numel();
  if (a.model == "linear") return nn::Sequential{nn::Flatten(), nn::Linear(pixels, classes)};
  return nn::Sequential{nn::Flatten(), nn::Linear(pixels, a.hidden), nn::ReLU(), nn::Dropout(a.dropout),
                        nn::Linear(a.hidden, classes)};
}

std::vector<StateShape> state_shapes(const Architecture& a, const Shape& input, std::int64_t classes) {
  if (a.model == "cnn") return cnn_state_shapes(input, classes);
  const std::int64_t pixels = input.numel();
  if (a.model == "linear") return {{"1.weight", {classes, pixels}}, {"1.bias", {classes}}};
  return {{"1.weight", {a.hidden, pixels}},
          {"1.bias", {a.hidden}},
          {"4.weight", {classes, a.hidden}},
          {"4.bias", {classes}}};
}

std::int64_t smallest_extent(const Architecture& a) { return a.model == "cnn" ? 4 : 1; }

std::string to_string(const Architecture& a, const Shape& input, std::int64_t classes) {
  if (a.model == "cnn") {
    return fmt::format("convolutions {}-{}, linear {}-{}, dropout {}", input[0], fmt::join(cnn_channels, "-"),
                       cnn_features(input), classes, a.dropout);
  }
  if (a.model == "linear") return fmt::format("{}-{}", input.numel(), classes);
  return fmt::format("{}-{}-{}, dropout {}", input.numel(), a.hidden, classes, a.dropout);
}

nn::Summary summary_of(const nn::Sequential& model, const Shape& input) {
  Shape batch = {1};
  for (const std::int64_t extent : input) batch.push_back(extent);
  return nn::summary(model, batch);
}
