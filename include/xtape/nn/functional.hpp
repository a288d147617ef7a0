// The ops that layers are made of, under PyTorch's name for the place: namespace F = xtape::nn::functional.
#pragma once

#include "xtape/ops.hpp"

namespace xtape::nn::functional {

using xtape::cross_entropy;
using xtape::dropout;
using xtape::linear;
using xtape::log_softmax;
using xtape::nll_loss;
using xtape::relu;
using xtape::sigmoid;
using xtape::softmax;
using xtape::tanh;

using xtape::CrossEntropyOptions;
using xtape::NLLOptions;

}  // namespace xtape::nn::functional
