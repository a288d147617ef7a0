// Modules, layers and losses.
#pragma once

#include "xtape/nn/functional.hpp"
#include "xtape/nn/layers.hpp"
#include "xtape/nn/loss.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/nn/sequential.hpp"
#include "xtape/nn/summary.hpp"
