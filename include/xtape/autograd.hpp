// All of autograd. Read autograd/record.hpp first: it shows how to put an op on the tape.
#pragma once

#include "xtape/autograd/anomaly.hpp"
#include "xtape/autograd/grad.hpp"
#include "xtape/autograd/grad_mode.hpp"
#include "xtape/autograd/gradcheck.hpp"
#include "xtape/autograd/node.hpp"
#include "xtape/autograd/record.hpp"
#include "xtape/autograd/tape.hpp"
