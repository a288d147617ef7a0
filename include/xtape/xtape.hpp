// All of xtape except the interop headers (xtensor.hpp, fmt.hpp).
#pragma once

#include "xtape/autograd.hpp"
#include "xtape/creation.hpp"
#include "xtape/data/data.hpp"
#include "xtape/dtype.hpp"
#include "xtape/error.hpp"
#include "xtape/generator.hpp"
#include "xtape/io/io.hpp"
#include "xtape/nn/nn.hpp"
#include "xtape/ops.hpp"
#include "xtape/optim/optim.hpp"
#include "xtape/parallel.hpp"
#include "xtape/random.hpp"
#include "xtape/shape.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"
#include "xtape/version.hpp"
