// Files of tensors.
#pragma once

#include "xtape/io/npy.hpp"
#include "xtape/io/npz.hpp"
#include "xtape/io/safetensors.hpp"
#include "xtape/io/torch.hpp"
