// Files: of tensors, and of text.
#pragma once

#include "xtape/io/checkpoint.hpp"
#include "xtape/io/npy.hpp"
#include "xtape/io/npz.hpp"
#include "xtape/io/safetensors.hpp"
#include "xtape/io/text_file.hpp"
#include "xtape/io/torch.hpp"
