// Tensors of random numbers, drawn from a Generator.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/creation.hpp"
#include "xtape/generator.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

struct RandomOptions {
  Generator* generator = nullptr;  ///< null: the default generator
  DTypeOrDefault dtype = {};       ///< default: float32 for rand and randn, int64 for randint, randperm
                                   ///< and multinomial
  bool requires_grad = false;
};

/// Uniform on [0, 1).
XTAPE_API Tensor rand(const Shape& shape, const RandomOptions& options = {});
/// Standard normal.
XTAPE_API Tensor randn(const Shape& shape, const RandomOptions& options = {});
/// Uniform integers in [low, high). ValueError unless low < high.
template <detail::Integer High>  // a template, so that randint(10, {3}, {}) has a shape of (3)
Tensor randint(std::int64_t low, High high, const Shape& shape, const RandomOptions& options = {});
/// In [0, high).
XTAPE_API Tensor randint(std::int64_t high, const Shape& shape, const RandomOptions& options = {});
/// A permutation of 0 .. n-1.
XTAPE_API Tensor randperm(std::int64_t n, const RandomOptions& options = {});
/// 1 with the probability that the element of `p` gives, else 0; dtype of p. ValueError outside [0, 1].
XTAPE_API Tensor bernoulli(const Tensor& p, const RandomOptions& options = {});
/// Positions 0 .. n-1, drawn with probabilities proportional to p: p (n) -> (num_samples), p (rows, n) -> (rows,
/// num_samples), each row by itself; int64. The elements of p, which is floating, need not add up to 1. Without
/// replacement no position comes twice in a row. ValueError for an element that is negative or not finite, for a row
/// without a positive one, or without replacement with fewer than num_samples of them.
XTAPE_API Tensor multinomial(const Tensor& p, std::int64_t num_samples, bool replacement = false,
                             const RandomOptions& options = {});
XTAPE_API Tensor rand_like(const Tensor& x, const RandomOptions& options = {});
XTAPE_API Tensor randn_like(const Tensor& x, const RandomOptions& options = {});

namespace detail {
XTAPE_API Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const RandomOptions& options);
}
template <detail::Integer High>
Tensor randint(std::int64_t low, High high, const Shape& shape, const RandomOptions& options) {
  return detail::randint(low, static_cast<std::int64_t>(high), shape, options);
}

// randn(2, 3): the extents without braces. With options they need them: randn({2, 3}, {.requires_grad = true}).
template <detail::Integer... N>
  requires(sizeof...(N) > 0)
Tensor rand(N... extents) { return rand(detail::listed(extents...)); }
template <detail::Integer... N>
  requires(sizeof...(N) > 0)
Tensor randn(N... extents) { return randn(detail::listed(extents...)); }

// randn({2, 3}, float64): a dtype in place of the options. (Templates, so that `{}` still means default options.)
template <std::same_as<DType> D>
Tensor rand(const Shape& shape, D dtype) {
  return rand(shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor randn(const Shape& shape, D dtype) {
  return randn(shape, {.dtype = dtype});
}
template <detail::Integer High, std::same_as<DType> D>
Tensor randint(std::int64_t low, High high, const Shape& shape, D dtype) {
  return randint(low, high, shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor randint(std::int64_t high, const Shape& shape, D dtype) {
  return randint(0, high, shape, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor randperm(std::int64_t n, D dtype) {
  return randperm(n, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor rand_like(const Tensor& x, D dtype) {
  return rand_like(x, {.dtype = dtype});
}
template <std::same_as<DType> D>
Tensor randn_like(const Tensor& x, D dtype) {
  return randn_like(x, {.dtype = dtype});
}

}  // namespace xtape
