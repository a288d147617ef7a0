// Modules, layers, losses, initialisation, summaries and gradient clipping.
#pragma once

#include "xtape/nn/activation.hpp"
#include "xtape/nn/convolution.hpp"
#include "xtape/nn/functional.hpp"
#include "xtape/nn/init.hpp"
#include "xtape/nn/lambda.hpp"
#include "xtape/nn/layers.hpp"
#include "xtape/nn/loss.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/nn/module_list.hpp"
#include "xtape/nn/module_sequence.hpp"
#include "xtape/nn/normalization.hpp"
#include "xtape/nn/pooling.hpp"
#include "xtape/nn/sequential.hpp"
#include "xtape/nn/summary.hpp"
#include "xtape/nn/utils.hpp"
