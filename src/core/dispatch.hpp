// From a DType to a C++ type: visit_dtype(dtype, []<class T>() { ... }) calls the lambda with the element's type. Each
// call has a lambda of its own, and so loses nothing by being inline.
#pragma once

#include <cstdint>

#include "xtape/dtype.hpp"

namespace xtape {

template <class F>
[[gnu::always_inline]] inline decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_: return f.template operator()<bool>();
    case DType::uint8: return f.template operator()<std::uint8_t>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::int64: return f.template operator()<std::int64_t>();
    case DType::float32: return f.template operator()<float>();
    default: return f.template operator()<double>();
  }
}

/// f<U>() for the unsigned type of an element's size in bytes: for code that moves or combines bits, whatever they
/// mean.
template <class F>
[[gnu::always_inline]] inline decltype(auto) visit_width(std::int64_t itemsize, F&& f) {
  switch (itemsize) {
    case 1: return f.template operator()<std::uint8_t>();
    case 4: return f.template operator()<std::uint32_t>();
    default: return f.template operator()<std::uint64_t>();
  }
}

/// float32 and float64 only; the caller has checked.
template <class F>
[[gnu::always_inline]] inline decltype(auto) visit_floating(DType dtype, F&& f) {
  return dtype == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}

/// Every dtype, bool_ as uint8: its elements are the bytes 0 and 1. An op that would make other bytes of them takes
/// care of bool_ itself.
template <class F>
[[gnu::always_inline]] inline decltype(auto) visit_arithmetic(DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_:
    case DType::uint8: return f.template operator()<std::uint8_t>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::int64: return f.template operator()<std::int64_t>();
    default: return visit_floating(dtype, static_cast<F&&>(f));
  }
}

}  // namespace xtape
