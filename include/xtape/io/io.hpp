// Files of tensors.
#pragma once

#include "xtape/io/checkpoint.hpp"
#include "xtape/io/npy.hpp"
#include "xtape/io/safetensors.hpp"
