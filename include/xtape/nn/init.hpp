// nn::init, as in PyTorch: functions that initialise parameters in place and unrecorded. Random numbers come from the
// default generator. Each returns the tensor that it has filled.
//
// Errors: ValueError for an undefined tensor and for invalid numbers, DTypeError from those that draw unless the tensor
// is floating (constant_, zeros_ and ones_ take any dtype), ShapeError from xavier and kaiming for fewer than 2 dims.
#pragma once

#include <cstdint>

#include "xtape/tensor.hpp"

namespace xtape::nn::init {

/// Uniform on [a, b). ValueError unless a <= b and both are finite.
XTAPE_API Tensor uniform_(const Tensor& t, double a = 0, double b = 1);
/// ValueError unless std >= 0.
XTAPE_API Tensor normal_(const Tensor& t, double mean = 0, double std = 1);
/// ValueError for a number that an integer dtype cannot hold.
XTAPE_API Tensor constant_(const Tensor& t, Scalar value);
XTAPE_API Tensor zeros_(const Tensor& t);
XTAPE_API Tensor ones_(const Tensor& t);

enum class Nonlinearity : std::uint8_t { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// The recommended factor for a layer before this nonlinearity: 1 for linear and sigmoid, 5/3 for tanh, sqrt(2) for
/// relu, sqrt(2 / (1 + negative_slope^2)) for leaky_relu, 3/4 for selu.
XTAPE_API double calculate_gain(Nonlinearity nonlinearity, double negative_slope = 0.01);

// A weight (out, in, ...) has fan_in = in and fan_out = out, each times the extents of the dims beyond the second.

/// Uniform on [-k, k), k = gain sqrt(6 / (fan_in + fan_out)); normal with k / sqrt(3). Glorot and Bengio 2010.
XTAPE_API Tensor xavier_uniform_(const Tensor& t, double gain = 1);
XTAPE_API Tensor xavier_normal_(const Tensor& t, double gain = 1);

enum class FanMode : std::uint8_t { fan_in, fan_out };

struct KaimingOptions {
  double a = 0;  ///< the negative slope, for leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};

/// Normal with the standard deviation s = calculate_gain(nonlinearity, a) / sqrt(fan); uniform on [-k, k) with
/// k = sqrt(3) s. He et al. 2015.
XTAPE_API Tensor kaiming_uniform_(const Tensor& t, KaimingOptions options = {});
XTAPE_API Tensor kaiming_normal_(const Tensor& t, KaimingOptions options = {});

}  // namespace xtape::nn::init
