// Checks of a caller's tensors. The errors name the op.
#pragma once

#include <cstdint>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "xtape/size2d.hpp"

namespace xtape::detail {

/// ValueError when x is undefined. The other checks of a tensor begin with this one.
void check_defined(std::string_view op, const Tensor& x);
/// DTypeError unless floating.
void check_floating(std::string_view op, const Tensor& x);
/// DTypeError on bool_.
void check_arithmetic(std::string_view op, const Tensor& x);
/// DTypeError unless an integer dtype (bool_ is not one).
void check_integer(std::string_view op, const Tensor& x);
/// ValueError when one is undefined; DTypeError when they are swapped: floating indices, and a table that is not.
void check_lookup(std::string_view op, const Tensor& indices, const Tensor& table);
/// ValueError when an integer dtype cannot hold the number (without its fraction).
void check_fits(std::string_view op, Scalar number, DType dtype);
/// The index as int64, with every element in [0, n); IndexError names the first that is not.
Tensor checked_index(std::string_view op, const Tensor& index, std::int64_t n);
/// ValueError unless height and width lie in [least, most]. `what` names the option.
void check_size(std::string_view op, const char* what, Size2d size, std::int64_t least, std::int64_t most);

}  // namespace xtape::detail
