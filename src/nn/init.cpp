#include "xtape/nn/init.hpp"

#include <cmath>

#include "core/fail.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"
#include "xtape/random.hpp"

namespace xtape::nn::init {

namespace {

void check(const char* name, const Tensor& t) {
  if (!t.defined()) fail<ValueError>(name, "the tensor is undefined");
  if (!is_floating(t.dtype())) fail<DTypeError>(name, "draws real numbers, but the tensor is {}", t.dtype());
}

/// Whether the number is finite in t's dtype.
bool is_finite(double number, const Tensor& t) {
  return std::isfinite(t.dtype() == DType::float32 ? static_cast<double>(static_cast<float>(number)) : number);
}

/// The largest number of the dtype below b, or b itself if a is equal to it.
double below(double b, double a, DType dtype) {
  return dtype == DType::float32 ? static_cast<double>(std::nextafter(static_cast<float>(b), static_cast<float>(a)))
                                 : std::nextafter(b, a);
}

struct Fans {
  double in, out;
};

Fans fans(const char* name, const Tensor& t) {
  check(name, t);
  const Shape shape = t.shape();
  if (shape.size() < 2) fail<ShapeError>(name, "fan_in and fan_out need a weight of at least 2 dims, got {}", shape);
  const double receptive_field = static_cast<double>(Shape(shape.begin() + 2, shape.end()).numel());
  return {static_cast<double>(shape[1]) * receptive_field, static_cast<double>(shape[0]) * receptive_field};
}

double checked_gain(const char* name, double gain) {
  if (!(gain >= 0) || std::isinf(gain)) fail<ValueError>(name, "gain is {}, it must be finite and not negative", gain);
  return gain;
}

double xavier_std(const char* name, const Tensor& t, double gain) {
  const Fans fan = fans(name, t);
  return checked_gain(name, gain) * std::sqrt(2 / (fan.in + fan.out));
}

double kaiming_std(const char* name, const Tensor& t, const KaimingOptions& options) {
  const Fans fan = fans(name, t);
  return checked_gain(name, calculate_gain(options.nonlinearity, options.a)) /
         std::sqrt(options.mode == FanMode::fan_in ? fan.in : fan.out);
}

/// An infinite bound or deviation means a fan of 0, hence no element to fill.
Tensor fill_uniform(const Tensor& t, double bound) { return t.numel() ? uniform_(t, -bound, bound) : t; }
Tensor fill_normal(const Tensor& t, double std) { return t.numel() ? normal_(t, 0, std) : t; }

}  // namespace

Tensor uniform_(const Tensor& t, double a, double b) {
  check("uniform_", t);
  if (!(a <= b && is_finite(a, t) && is_finite(b, t) && is_finite(b - a, t))) {
    fail<ValueError>("uniform_", "[{}, {}) is not a finite interval in {}", a, b, t.dtype());
  }
  NoGradGuard no_grad;
  const Tensor u = rand_like(t) * (b - a) + a;  // rounding may reach b
  return t.copy_(minimum(u, below(b, a, t.dtype())));
}

Tensor normal_(const Tensor& t, double mean, double std) {
  check("normal_", t);
  if (!(std >= 0)) fail<ValueError>("normal_", "std is {}, it must not be negative", std);
  if (!is_finite(mean, t) || !is_finite(std, t)) {
    fail<ValueError>("normal_", "mean {} and std {} are not both finite in {}", mean, std, t.dtype());
  }
  NoGradGuard no_grad;
  return t.copy_(randn_like(t) * std + mean);
}

Tensor constant_(const Tensor& t, Scalar value) {
  if (!t.defined()) fail<ValueError>("constant_", "the tensor is undefined");
  NoGradGuard no_grad;
  return t.fill_(value);
}
Tensor zeros_(const Tensor& t) { return constant_(t, 0); }
Tensor ones_(const Tensor& t) { return constant_(t, 1); }

double calculate_gain(Nonlinearity nonlinearity, double negative_slope) {
  switch (nonlinearity) {
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + negative_slope * negative_slope));
    case Nonlinearity::selu: return 0.75;
    default: return 1;
  }
}

Tensor xavier_uniform_(const Tensor& t, double gain) {
  return fill_uniform(t, std::sqrt(3.0) * xavier_std("xavier_uniform_", t, gain));
}
Tensor xavier_normal_(const Tensor& t, double gain) { return fill_normal(t, xavier_std("xavier_normal_", t, gain)); }
Tensor kaiming_uniform_(const Tensor& t, KaimingOptions options) {
  return fill_uniform(t, std::sqrt(3.0) * kaiming_std("kaiming_uniform_", t, options));
}
Tensor kaiming_normal_(const Tensor& t, KaimingOptions options) {
  return fill_normal(t, kaiming_std("kaiming_normal_", t, options));
}

}  // namespace xtape::nn::init
