// The models that the program knows, and how one is made.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>
#include <xtape/xtape.hpp>

inline constexpr std::array model_names = {"linear", "mlp", "cnn"};
inline constexpr std::int64_t largest_hidden = 1 << 16;
/// Of the images that the program trains on: channels, height, width.
inline const xtape::Shape image_shape = {1, 28, 28};

struct Architecture {
  std::string model = "mlp";  // of model_names
  std::int64_t hidden = 256;  // units of an mlp
  double dropout = 0.5;       // of an mlp or cnn

  bool has_hidden() const { return model == "mlp"; }
  bool has_dropout() const { return model != "linear"; }
};

/// A tensor of a model's state_dict.
struct StateShape {
  std::string name;
  xtape::Shape shape;
  bool is_count = false;  // int64; otherwise float32
};

/// With random weights, from the default generator.
xtape::nn::Sequential make_model(const Architecture& architecture, const xtape::Shape& input, std::int64_t classes);
/// What the state_dict of make_model() holds, in its order; known before a model of that size is made.
std::vector<StateShape> state_shapes(const Architecture& architecture, const xtape::Shape& input, std::int64_t classes);
/// The smallest height and width of pictures for the architecture.
std::int64_t smallest_extent(const Architecture& architecture);
/// "784-256-10, dropout 0.5"
std::string to_string(const Architecture& architecture, const xtape::Shape& input, std::int64_t classes);
/// For one image of the shape `input`.
xtape::nn::Summary summary_of(const xtape::nn::Sequential& model, const xtape::Shape& input);
