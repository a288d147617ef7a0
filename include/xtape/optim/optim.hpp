// All optimizers.
#pragma once

#include "xtape/optim/adagrad.hpp"
#include "xtape/optim/adam.hpp"
#include "xtape/optim/lr_scheduler.hpp"
#include "xtape/optim/optimizer.hpp"
#include "xtape/optim/rmsprop.hpp"
#include "xtape/optim/sgd.hpp"
