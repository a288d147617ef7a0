// The kernels' instruction sets, for tests that run on each of them.
#pragma once

#include <gtest/gtest.h>

#include "kernels/isa.hpp"

namespace xtape::testing {

/// Calls f(isa) for every instruction set that this CPU has.
template <class F>
void each_isa(F f) {
  for (const char* name : kernels::isa_names) {
    SCOPED_TRACE(name);
    if (const kernels::Isa* isa = kernels::find_isa(name)) f(*isa);
  }
}

/// The kernels for elements of type T.
template <class T>
const kernels::FloatKernels<T>& of_type(const kernels::Isa& isa) {
  if constexpr (std::is_same_v<T, float>) {
    return isa.float32;
  } else {
    return isa.float64;
  }
}

}  // namespace xtape::testing
