// Files of PyTorch's torch.save (.pt, .pth), read only: named tensors.
#pragma once

#include <string>

#include "xtape/export.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::io {

/// What Python's `torch.save(model.state_dict(), path)` wrote, in its order. Nothing in the file is run: it is read as
/// a description of tensors, and anything else that it asks for is an error.
///
/// Tensors of bool, uint8, int32, int64, float32 and float64 keep their dtype, float16 and bfloat16 become float32.
/// Parameters become plain tensors. Names of one storage are tied, as after torch.load: they share memory where their
/// elements lie in order, else the tensor is a copy.
///
/// FileError, with the path and the reason, when the file is missing, damaged or not one of tensors in a dict: a whole
/// pickled module, a TorchScript archive, the form of PyTorch before 1.6, a tensor that is sparse, quantized, expanded
/// beyond its storage or of another dtype.
XTAPE_API StateDict load_torch(const std::string& path);
/// The state dict under one key of a checkpoint: `torch.save({"model": model.state_dict(), "epoch": 3}, path)` and
/// `load_torch(path, "model")`. The key is one of the outermost dict's, as it stands there, dots included.
XTAPE_API StateDict load_torch(const std::string& path, const std::string& key);

}  // namespace xtape::io
