// A training step of `toy` and the chain of work.hpp, by hand in C: what they cost without a framework.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { toy_batch = 32, toy_in = 2, toy_hidden = 32, toy_out = 3 };

/// Sets every weight and bias to a small number.
void toy_init(void);
/// Forward, cross-entropy, backward and Adam, all in float; returns the mean loss.
float toy_step(const float x[toy_batch][toy_in], const int64_t y[toy_batch]);

/// Multiplies x by c, `length` times, and keeps every product in `products`; dx is the gradient at x under gy.
void chain_by_hand(const float x[4], const float c[4], const float gy[4], int length, float (*products)[4],
                   float dx[4]);

#ifdef __cplusplus
}
#endif
