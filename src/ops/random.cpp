// Tensors of random numbers: rand, randn, randint, randperm, bernoulli, multinomial. Each draw reserves whole blocks of
// its generator; the elements depend only on where these begin. None is recorded.
#include "xtape/random.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "kernels/extremum.hpp"
#include "kernels/multinomial.hpp"
#include "kernels/random.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

RandomStream draw(const RandomOptions& options, std::int64_t n, std::int64_t per_block) {
  Generator& generator = options.generator ? *options.generator : default_generator();
  const Generator::State begin = generator.reserve(kernels::blocks_for(n, per_block));
  return {begin.seed, begin.offset};
}

/// A tensor of the option's dtype, which must be floating, for a draw of real numbers.
Tensor real_tensor(std::string_view op, const Shape& shape, DType fallback, const RandomOptions& options) {
  const DType dtype = options.dtype.value_or(fallback);
  if (!is_floating(dtype)) {
    fail<DTypeError>(op, "draws real numbers, not {}; use randint, or convert with .to()", dtype);
  }
  return detail::make_tensor(shape, dtype);
}

Tensor uniform(std::string_view op, const Shape& shape, DType fallback, const RandomOptions& options) {
  Tensor y = real_tensor(op, shape, fallback, options);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    const std::int64_t n = y.impl()->numel;
    kernels::uniform(draw(options, n, kernels::reals_per_block<T>), 0, n, detail::elements<T>(y));
  });
  return y.requires_grad_(options.requires_grad);
}

Tensor normal(std::string_view op, const Shape& shape, DType fallback, const RandomOptions& options) {
  Tensor y = real_tensor(op, shape, fallback, options);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    const std::int64_t n = y.impl()->numel;
    kernels::normal(draw(options, n, kernels::reals_per_block<T>), 0, n, detail::elements<T>(y));
  });
  return y.requires_grad_(options.requires_grad);
}

/// ValueError when the dtype cannot hold each integer from low to last.
void check_holds(std::string_view op, std::int64_t low, std::int64_t last, DType dtype) {
  constexpr std::int64_t one = 1;
  std::int64_t least = INT64_MIN, most = INT64_MAX;
  switch (dtype) {
    case DType::bool_: least = 0, most = 1; break;
    case DType::uint8: least = 0, most = 255; break;
    case DType::int32: least = INT32_MIN, most = INT32_MAX; break;
    case DType::int64: break;
    case DType::float32: least = -(one << 24), most = one << 24; break;
    case DType::float64: least = -(one << 53), most = one << 53; break;
  }
  if (low < least || last > most) {
    fail<ValueError>(op, "{} holds integers from {} to {}, not from {} to {}", dtype, least, most, low, last);
  }
}

}  // namespace

Tensor rand(const Shape& shape, const RandomOptions& options) {
  return uniform("rand", shape, DType::float32, options);
}
Tensor randn(const Shape& shape, const RandomOptions& options) {
  return normal("randn", shape, DType::float32, options);
}
Tensor rand_like(const Tensor& x, const RandomOptions& options) {
  detail::check_defined("rand_like", x);
  return uniform("rand_like", x.shape(), x.dtype(), options);
}
Tensor randn_like(const Tensor& x, const RandomOptions& options) {
  detail::check_defined("randn_like", x);
  return normal("randn_like", x.shape(), x.dtype(), options);
}

Tensor detail::randint(std::int64_t low, std::int64_t high, const Shape& shape, const RandomOptions& options) {
  if (low >= high) {
    fail<ValueError>("randint", "no integer lies in [{}, {}); low must be below high", low, high);
  }
  const DType dtype = options.dtype.value_or(DType::int64);
  check_holds("randint", low, high - 1, dtype);
  Tensor y = detail::make_tensor(shape, DType::int64);
  const std::int64_t n = y.impl()->numel;
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  kernels::randint(draw(options, n, kernels::integers_per_block), 0, n, low, range, detail::elements<std::int64_t>(y));
  return to(y, dtype).requires_grad_(options.requires_grad);
}

Tensor randint(std::int64_t high, const Shape& shape, const RandomOptions& options) {
  return detail::randint(0, high, shape, options);
}

Tensor randperm(std::int64_t n, const RandomOptions& options) {
  if (n < 0) fail<ValueError>("randperm", "n is {}, it must not be negative", n);
  const DType dtype = options.dtype.value_or(DType::int64);
  check_holds("randperm", 0, std::max<std::int64_t>(n - 1, 0), dtype);
  Tensor y = detail::make_tensor({n}, DType::int64);
  kernels::permutation(draw(options, n, kernels::integers_per_block), n, detail::elements<std::int64_t>(y));
  return to(y, dtype).requires_grad_(options.requires_grad);
}

Tensor bernoulli(const Tensor& p, const RandomOptions& options) {
  detail::check_floating("bernoulli", p);
  const std::int64_t n = p.impl()->numel;
  Tensor y = detail::make_tensor(p.impl()->shape, p.impl()->dtype);
  visit_floating(p.impl()->dtype, [&]<class T>() {
    const T* probability = detail::elements<T>(p);
    for (std::int64_t i = 0; i < n; ++i) {
      if (!(probability[i] >= 0 && probability[i] <= 1)) {
        fail<ValueError>("bernoulli", "p{} = {} is not a probability, it must lie in [0, 1]",
                         subscript(p.impl()->shape, i), probability[i]);
      }
    }
    kernels::bernoulli(draw(options, n, kernels::reals_per_block<double>), 0, n, probability, detail::elements<T>(y));
  });
  return to(y, options.dtype.value_or(p.impl()->dtype)).requires_grad_(options.requires_grad);
}

namespace {

/// ValueError unless `samples` positions can be drawn from each row of the probabilities.
template <class T>
void check_rows(const T* p, const Shape& shape, std::int64_t rows, std::int64_t n, std::int64_t samples,
                bool replacement) {
  for (std::int64_t i = 0; i < rows * n; ++i) {
    if (p[i] >= 0 && std::isfinite(p[i])) continue;
    fail<ValueError>("multinomial", "p{} = {}, expected a finite number that is not negative", subscript(shape, i),
                     p[i]);
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t positive = std::count_if(p + r * n, p + (r + 1) * n, [](T v) { return v > 0; });
    const std::string row = shape.size() == 1 ? "p" : "p[" + std::to_string(r) + "]";
    if (positive == 0) fail<ValueError>("multinomial", "no element of {} is positive", row);
    if (replacement || samples <= positive) continue;
    fail<ValueError>("multinomial", "num_samples is {}, but only {} elements of {} are positive; set replacement?",
                     samples, positive, row);
  }
}

template <class T>
void draw_rows(const Tensor& p, bool replacement, const RandomOptions& options, const Tensor& y) {
  const std::int64_t n = p.impl()->shape.back(), samples = y.impl()->shape.back();
  const std::int64_t rows = y.impl()->numel / samples, per_row = replacement ? samples : n;
  const RandomStream stream = draw(options, rows * per_row, kernels::reals_per_block<double>);
  std::vector<double> u(static_cast<std::size_t>(per_row)), sums(static_cast<std::size_t>(replacement ? n : 0));
  std::vector<kernels::Keyed> arrivals(static_cast<std::size_t>(replacement ? 0 : n));
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = detail::elements<T>(p) + r * n;
    std::int64_t* out = detail::elements<std::int64_t>(y) + r * samples;
    const T largest = kernels::largest(row, {1, n, 1});
    kernels::uniform(stream, r * per_row, per_row, u.data());
    if (replacement) {
      kernels::draw_with_replacement(row, n, largest, u.data(), samples, sums.data(), out);
    } else {
      kernels::draw_without_replacement(row, n, largest, u.data(), samples, arrivals.data(), out);
    }
  }
}

}  // namespace

Tensor multinomial(const Tensor& p, std::int64_t num_samples, bool replacement, const RandomOptions& options) {
  detail::check_floating("multinomial", p);
  const Shape& shape = p.impl()->shape;
  if (shape.size() != 1 && shape.size() != 2)
    fail<ShapeError>("multinomial", "expected (n) or (rows, n), got {}", shape);
  if (num_samples < 1) fail<ValueError>("multinomial", "num_samples is {}, it must be positive", num_samples);
  const DType dtype = options.dtype.value_or(DType::int64);
  const std::int64_t n = shape.back(), rows = shape.size() == 1 ? 1 : shape[0];
  check_holds("multinomial", 0, std::max<std::int64_t>(n - 1, 0), dtype);
  Shape drawn = shape;
  drawn[drawn.size() - 1] = num_samples;
  const Tensor y = detail::make_tensor(drawn, DType::int64);
  visit_floating(p.impl()->dtype, [&]<class T>() {
    check_rows(detail::elements<T>(p), shape, rows, n, num_samples, replacement);
    draw_rows<T>(p, replacement, options, y);
  });
  return to(y, dtype).requires_grad_(options.requires_grad);
}

Tensor Tensor::multinomial(std::int64_t num_samples, bool replacement) const {
  return xtape::multinomial(*this, num_samples, replacement);
}

}  // namespace xtape
