// Autograd, all of it. Read autograd/record.hpp first: how an op goes on the tape.
#pragma once

#include "xtape/autograd/anomaly.hpp"
#include "xtape/autograd/grad.hpp"
#include "xtape/autograd/grad_mode.hpp"
#include "xtape/autograd/gradcheck.hpp"
#include "xtape/autograd/node.hpp"
#include "xtape/autograd/record.hpp"
#include "xtape/autograd/tape.hpp"
