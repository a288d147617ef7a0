// Functions of the consumer's second source file, which also uses xtape.
#pragma once

#include <xtape/xtape.hpp>

xtape::Tensor square(const xtape::Tensor& x);
bool library_records();
