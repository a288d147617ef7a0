// The classes, functions and dtypes of Python to which a pickle may refer. None of them is ever called: a name says
// what its value is for.
#pragma once

#include <cstdint>
#include <string_view>

namespace xtape::io {

/// What a global is for, or what calling it makes.
enum class PickleRole : std::uint8_t {
  ordered_dict,
  size,                    // a tuple
  tensor,                  // _rebuild_tensor_v2
  tensor_of_dtype,         // _rebuild_tensor_v3, for dtypes that no storage has
  tensor_with_attributes,  // _rebuild_from_type_v2, of one of these
  tensor_type,             // torch.Tensor, for that
  parameter,               // a tensor in it
  object,                  // stands beside a state dict; its contents are not read
  storage,
  dtype
};

/// With its texts in their places: pointers to them would be relocated in every process.
struct PickleGlobal {
  char module[20];
  char name[33];
  PickleRole role;
  char what[20];       // of an object: what it is; of a storage: its dtype
  std::int8_t stored;  // of a storage: a Stored, or -1 where it is not read
};

/// The index of a global; -1 if a pickle may not refer to it.
int find_pickle_global(std::string_view module, std::string_view name) noexcept;
const PickleGlobal& pickle_global(int index) noexcept;

}  // namespace xtape::io
