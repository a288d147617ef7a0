// Helpers of the tests: they compare tensors with numbers, and errors with their type and message.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "support/constants.hpp"
#include "xtape/xtape.hpp"

namespace xtape::testing {

/// f() must throw an E whose message contains every one of `parts`.
template <class E, class F, class... Parts>
void expect_error(F&& f, const Parts&... parts) {
  try {
    std::forward<F>(f)();
    ADD_FAILURE() << "no error";
  } catch (const E& e) {
    const std::string message = e.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const std::string& part : {std::string(parts)...}) {
      EXPECT_NE(message.find(part), std::string::npos) << "message: " << message << "\nlacks: " << part;
    }
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another type of error: " << e.what();
  }
}

/// Expects the elements of x, of any dtype, in row-major order, to be `expected` within `tolerance` (absolute plus
/// relative; 0: equal). NaN matches NaN, and an infinity the same infinity.
inline void expect_close(const Tensor& x, const std::vector<double>& expected, double tolerance = 0) {
  const std::vector<double> values = without_grad([&] { return x.detach().to(float64).to_vector<double>(); });
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(values[i])) << "element " << i << " is " << values[i] << ", expected NaN";
    } else if (std::isinf(expected[i])) {
      EXPECT_EQ(values[i], expected[i]) << "element " << i;
    } else {
      EXPECT_LE(std::abs(values[i] - expected[i]), tolerance * (1 + std::abs(expected[i])))
          << "element " << i << " is " << values[i] << ", expected " << expected[i];
    }
  }
}

/// A float64 leaf that requires grad.
inline Tensor leaf(const std::vector<double>& values, const Shape& shape) {
  return tensor(values, shape, {.requires_grad = true});
}

/// 0, 1, ..., 23 as float64 (2, 3, 4).
inline Tensor cube() { return arange(24, {.dtype = float64}).reshape({2, 3, 4}); }

/// d(y)/d(x) under the upstream gradient gy, for one x.
inline Tensor gradient(const Tensor& y, const Tensor& x, const std::vector<double>& gy) {
  return grad({y}, {x}, {tensor(gy, y.shape(), {.dtype = y.dtype()})}, {.retain_graph = true})[0];
}

/// Checks first and second derivatives of f against central differences: for what is not a case of op_cases.hpp, such
/// as a custom op of a test.
inline void expect_gradients(const autograd::GradcheckFunction& f, const std::vector<Tensor>& inputs) {
  EXPECT_NO_THROW(autograd::gradcheck(f, inputs));
  EXPECT_NO_THROW(autograd::gradgradcheck(f, inputs));
}

}  // namespace xtape::testing
