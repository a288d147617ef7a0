// What the consumer's second source file does with xtape.
#pragma once

#include <xtape/xtape.hpp>

xtape::Tensor square(const xtape::Tensor& x);
bool library_records();
