// The table of one instruction set. Included once by each of baseline.cpp, avx2.cpp and avx512.cpp, which are compiled
// with flags of their own. Whatever they instantiate must have internal linkage: an inline function that two of them
// share would be merged by the linker, and old CPUs could get AVX-512 code. Hence the anonymous namespaces, and only
// headers of xsimd and C and those that merely declare; a test checks the objects' symbols.
#pragma once

#include "kernels/isa.hpp"
#include "kernels/isa/convolution.hpp"
#include "kernels/isa/elementwise.hpp"
#include "kernels/isa/gemm.hpp"
#include "kernels/isa/normalize.hpp"
#include "kernels/isa/optim.hpp"
#include "kernels/isa/pooling.hpp"
#include "kernels/isa/random.hpp"
#include "kernels/isa/reduce.hpp"
#include "kernels/isa/scatter.hpp"
#include "kernels/isa/softmax.hpp"
#include "kernels/isa/winograd.hpp"

namespace xtape::kernels {

namespace {
template <class T>
constexpr FloatKernels<T> kernels_of_type = {.sgd = sgd<T>,
                                             .adam = adam<T>,
                                             .rmsprop = rmsprop<T>,
                                             .adagrad = adagrad<T>,
                                             .softmax = softmax<T>,
                                             .log_softmax = log_softmax<T>,
                                             .logsumexp = logsumexp<T>,
                                             .softmax_gradient = softmax_gradient<T>,
                                             .log_softmax_gradient = log_softmax_gradient<T>,
                                             .row_logs = row_logs<T>,
                                             .scaled_softmax = scaled_softmax<T>,
                                             .relu = relu<T>,
                                             .relu_gradient = relu_gradient<T>,
                                             .sum = sum<T>,
                                             .column_sums = column_sums<T>,
                                             .shifted_sums = shifted_sums<T>,
                                             .affine = affine<T>,
                                             .centred_products = centred_products<T>,
                                             .centred_gradient = centred_gradient<T>,
                                             .scatter_sums = scatter_sums<T>,
                                             .list_sums = list_sums<T>,
                                             .masked_scale = masked_scale<T>,
                                             .dropout = dropout<T>,
                                             .gemm = multiply<T>,
                                             .gemm_room = multiply_room<T>,
                                             .gemm_rate = 3.0 * lanes<T>,
                                             .multiply_windows = multiply_windows<T>,
                                             .window_rows = window_rows,
                                             .put_rows = put_rows<T>,
                                             .put_every_second = put_every_second<T>,
                                             .dot_windows = dot_windows<T>};
}

extern const Isa XTAPE_ISA_TABLE;
const Isa XTAPE_ISA_TABLE = {.name = XTAPE_ISA_NAME,
                             .float32 = kernels_of_type<float>,
                             .float64 = kernels_of_type<double>,
                             .unit_from_bytes = unit_from_bytes,
                             .max_pool = max_pool,
                             .max_pool_2x2_gradient = max_pool_2x2_gradient,
                             .winograd_lanes = lanes<float>,
                             .winograd_tiles = winograd_tiles,
                             .winograd_results = winograd_results,
                             .philox = philox_words,
                             .keep_mask = keep_mask};

}  // namespace xtape::kernels
