// The models that the program knows, and how one is made.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <xtape/xtape.hpp>

inline constexpr std::array model_names = {"linear", "mlp"};
inline constexpr std::int64_t largest_hidden = 1 << 16;
/// Of the images that the program trains on: channels, height, width.
inline const xtape::Shape image_shape = {1, 28, 28};

struct Architecture {
  std::string model = "mlp";  // of model_names; "linear" has neither of the following
  std::int64_t hidden = 256;
  double dropout = 0.5;
};

/// With random weights, from the default generator.
xtape::nn::Sequential make_model(const Architecture& architecture, const xtape::Shape& input, std::int64_t classes);
/// "784-256-10, dropout 0.5"
std::string to_string(const Architecture& architecture, const xtape::Shape& input, std::int64_t classes);
/// For one image of the shape `input`.
xtape::nn::Summary summary_of(const xtape::nn::Sequential& model, const xtape::Shape& input);
