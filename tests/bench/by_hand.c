// The program without a framework, written for one network: sizes are fixed and buffers static, and weights are stored
// as (in, out), so that all inner loops run along rows. Compiled with -O3 -march=native -ffast-math.
#include "by_hand.h"

#include <math.h>
#include <string.h>

/// Weights and bias one after the other, so that Adam updates them in one loop.
#define LAYER(in, out)        \
  struct {                    \
    float w[in][out], b[out]; \
  }
typedef struct {
  LAYER(toy_in, toy_hidden) first;
  LAYER(toy_hidden, toy_hidden) second;
  LAYER(toy_hidden, toy_out) third;
} Parameters;
enum { parameter_count = sizeof(Parameters) / sizeof(float) };

static Parameters p, g, m, v;
static float h1[toy_batch][toy_hidden], h2[toy_batch][toy_hidden], out[toy_batch][toy_out];
static float dh1[toy_batch][toy_hidden], dh2[toy_batch][toy_hidden], dout[toy_batch][toy_out];
static int steps;

/// y = x w + b, or relu(x w + b) if `relu` is set.
static inline void forward(int in, int n, const float* restrict x, const float* restrict w, const float* restrict b,
                           float* restrict y, int relu) {
  for (int i = 0; i < toy_batch; ++i) {
    for (int j = 0; j < n; ++j) y[i * n + j] = b[j];
    for (int k = 0; k < in; ++k) {
      for (int j = 0; j < n; ++j) y[i * n + j] += x[i * in + k] * w[k * n + j];
    }
    for (int j = 0; relu && j < n; ++j) y[i * n + j] = y[i * n + j] > 0 ? y[i * n + j] : 0;
  }
}

/// dw = x^T dy, db = column sums of dy; dx = dy w^T where x > 0, unless dx is null.
static inline void backward(int in, int n, const float* restrict x, const float* restrict w, const float* restrict dy,
                            float* restrict dw, float* restrict db, float* restrict dx) {
  memset(dw, 0, sizeof(float) * (size_t)(in * n));
  memset(db, 0, sizeof(float) * (size_t)n);
  for (int i = 0; i < toy_batch; ++i) {
    for (int j = 0; j < n; ++j) db[j] += dy[i * n + j];
    for (int k = 0; k < in; ++k) {
      float dot = 0;
      for (int j = 0; j < n; ++j) {
        dw[k * n + j] += x[i * in + k] * dy[i * n + j];
        dot += dy[i * n + j] * w[k * n + j];
      }
      if (dx) dx[i * in + k] = x[i * in + k] > 0 ? dot : 0;
    }
  }
}

static float cross_entropy(const int64_t* y) {
  float loss = 0;
  for (int i = 0; i < toy_batch; ++i) {
    float top = out[i][0], total = 0;
    for (int c = 1; c < toy_out; ++c) top = out[i][c] > top ? out[i][c] : top;
    for (int c = 0; c < toy_out; ++c) total += dout[i][c] = expf(out[i][c] - top);
    for (int c = 0; c < toy_out; ++c) dout[i][c] = (dout[i][c] / total - (c == y[i])) / toy_batch;
    loss += logf(total) + top - out[i][y[i]];
  }
  return loss / toy_batch;
}

static void adam(float* restrict w, const float* restrict dw, float* restrict m1, float* restrict v1) {
  ++steps;
  const float root = sqrtf(1 - powf(0.999f, (float)steps)), size = 1e-3f * root / (1 - powf(0.9f, (float)steps));
  for (int i = 0; i < parameter_count; ++i) {
    m1[i] = 0.9f * m1[i] + 0.1f * dw[i];
    v1[i] = 0.999f * v1[i] + 0.001f * dw[i] * dw[i];
    w[i] -= size * m1[i] / (sqrtf(v1[i]) + 1e-8f * root);
  }
}

void toy_init(void) {
  for (int i = 0; i < parameter_count; ++i) ((float*)&p)[i] = 0.2f * sinf((float)i);
}

float toy_step(const float x[toy_batch][toy_in], const int64_t y[toy_batch]) {
  forward(toy_in, toy_hidden, *x, *p.first.w, p.first.b, *h1, 1);
  forward(toy_hidden, toy_hidden, *h1, *p.second.w, p.second.b, *h2, 1);
  forward(toy_hidden, toy_out, *h2, *p.third.w, p.third.b, *out, 0);
  const float loss = cross_entropy(y);
  backward(toy_hidden, toy_out, *h2, *p.third.w, *dout, *g.third.w, g.third.b, *dh2);
  backward(toy_hidden, toy_hidden, *h1, *p.second.w, *dh2, *g.second.w, g.second.b, *dh1);
  backward(toy_in, toy_hidden, *x, *p.first.w, *dh1, *g.first.w, g.first.b, 0);
  adam((float*)&p, (const float*)&g, (float*)&m, (float*)&v);
  return loss;
}

void chain_by_hand(const float x[4], const float c[4], const float gy[4], int length, float (*products)[4],
                   float dx[4]) {
  for (int i = 0; i < length; ++i) {
    for (int j = 0; j < 4; ++j) products[i][j] = (i ? products[i - 1] : x)[j] * c[j];
  }
  memcpy(dx, gy, sizeof(float) * 4);
  for (int i = length; i-- > 0;) {
    for (int j = 0; j < 4; ++j) dx[j] *= c[j];
  }
}
