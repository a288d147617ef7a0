// Convolutions of images, their transposes and their weights' gradients: products with the windows of an image that
// are read where they lie. The bits of a result depend on shapes, values and the instruction set, never on the number
// of threads.
#pragma once

#include <cstdint>

namespace xtape::kernels {

/// The height or the width: output o sees, by tap t of the kernel, the image's element
/// o * stride + t * dilation - padding, or 0 where there is none.
struct ConvolutionAxis {
  std::int64_t image = 0, output = 0, kernel = 1, stride = 1, padding = 0, dilation = 1;
};

/// Between images (images, channels, height, width) and outputs (images, filters, height, width), by a weight
/// (filters, channels / groups, height, width).
struct Convolution {
  std::int64_t images = 0, channels = 0, filters = 0, groups = 1;
  ConvolutionAxis height = {}, width = {};
};

/// y = x * w + b; b may be null.
void convolve(const Convolution& c, const float* x, const float* w, const float* b, float* y);
void convolve(const Convolution& c, const double* x, const double* w, const double* b, double* y);
/// The transpose: images from outputs, x = y * w + b with one b for each channel of the images; b may be null.
void convolve_transposed(const Convolution& c, const float* y, const float* w, const float* b, float* x);
void convolve_transposed(const Convolution& c, const double* y, const double* w, const double* b, double* x);
/// The weight's gradient, from images and the gradient of outputs.
void convolve_weight(const Convolution& c, const float* x, const float* gy, float* dw);
void convolve_weight(const Convolution& c, const double* x, const double* gy, double* dw);

}  // namespace xtape::kernels
