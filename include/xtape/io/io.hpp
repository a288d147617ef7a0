// Files of tensors.
#pragma once

#include "xtape/io/safetensors.hpp"
