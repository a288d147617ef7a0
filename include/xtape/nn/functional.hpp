// The ops that layers are made of, in PyTorch's namespace: namespace F = xtape::nn::functional.
#pragma once

#include "xtape/convolution.hpp"
#include "xtape/embedding_bag.hpp"
#include "xtape/ops.hpp"
#include "xtape/pooling.hpp"

namespace xtape::nn::functional {

using xtape::adaptive_avg_pool2d;
using xtape::avg_pool2d;
using xtape::batch_norm;
using xtape::binary_cross_entropy;
using xtape::binary_cross_entropy_parts;
using xtape::binary_cross_entropy_with_logits;
using xtape::binary_cross_entropy_with_logits_parts;
using xtape::conv2d;
using xtape::conv_transpose2d;
using xtape::cross_entropy;
using xtape::cross_entropy_parts;
using xtape::dropout;
using xtape::dropout2d;
using xtape::elu;
using xtape::embedding;
using xtape::embedding_bag;
using xtape::gelu;
using xtape::hardtanh;
using xtape::huber_loss;
using xtape::huber_loss_parts;
using xtape::kl_div;
using xtape::kl_div_parts;
using xtape::l1_loss;
using xtape::l1_loss_parts;
using xtape::layer_norm;
using xtape::leaky_relu;
using xtape::linear;
using xtape::log_softmax;
using xtape::logsigmoid;
using xtape::max_pool2d;
using xtape::mish;
using xtape::mse_loss;
using xtape::mse_loss_parts;
using xtape::nll_loss;
using xtape::nll_loss_parts;
using xtape::one_hot;
using xtape::relu;
using xtape::relu6;
using xtape::selu;
using xtape::sigmoid;
using xtape::silu;
using xtape::smooth_l1_loss;
using xtape::smooth_l1_loss_parts;
using xtape::softmax;
using xtape::softplus;
using xtape::tanh;

using xtape::AvgPool2dOptions;
using xtape::BagMode;
using xtape::BCEOptions;
using xtape::BCEWithLogitsOptions;
using xtape::Conv2dOptions;
using xtape::ConvTranspose2dOptions;
using xtape::CrossEntropyOptions;
using xtape::EmbeddingBagOptions;
using xtape::GELUApproximate;
using xtape::HuberOptions;
using xtape::KLDivOptions;
using xtape::L1Options;
using xtape::LossParts;
using xtape::MaxPool2dOptions;
using xtape::MSEOptions;
using xtape::NLLOptions;
using xtape::Reduction;
using xtape::SmoothL1Options;

}  // namespace xtape::nn::functional
