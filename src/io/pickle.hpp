// The pickle in a file of torch.save: which names have which tensors. It is read, never run: of Python's objects only
// those exist here that state dicts and the optimizers' states beside them are made of, and a pickle that refers to any
// other class or function is refused.
//
// All that it says is kept in values of 16 bytes, at most a few for each byte of the pickle. A value refers to what it
// holds and is never copied with it, so that nothing in a pickle can take exponential time or memory.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "io/array.hpp"

namespace xtape::io {

struct PickleValue {
  enum Kind : std::uint8_t {
    mark,  // on the stack only
    none,
    boolean,
    integer,
    long_integer,  // beyond 64 bits
    real,
    text,
    bytes,
    tuple,
    list,
    set,
    dict,
    global,   // a class, function or dtype
    storage,  // the elements of tensors
    tensor,
    object  // something else, whose contents nobody reads
  };
  std::int64_t at = 0;     // a number, or where the rest is
  std::uint32_t size = 0;  // of a text or tuple
  Kind kind = none;
};

/// A tensor, as torch._utils._rebuild_tensor_v2 gets it.
struct PickledTensor {
  Stored stored = Stored::f32;
  std::int64_t key = 0, numel = 0;  // of the storage, whose name in the archive is data/KEY
  std::int64_t offset = 0;          // of the first element in the storage
  Shape shape, strides;             // in elements
  bool is_negated = false;          // with its neg bit set: the elements are those of the storage times -1
};

class Pickle {
 public:
  /// Reads a pickle of `size` bytes from `file`, which must end with it. FileError for what is malformed, or needs more
  /// than `most_bytes` of memory beside its own bytes. `size` is at most 4 GiB.
  Pickle(ByteSource& file, std::int64_t size, std::int64_t most_bytes);

  std::size_t size() const noexcept { return bytes_.size(); }
  const PickleValue& root() const { return stack_.back(); }
  std::string_view text(const PickleValue& text) const {
    return std::string_view(bytes_).substr(static_cast<std::size_t>(text.at), text.size);
  }
  PickledTensor tensor(const PickleValue& tensor) const;
  /// The entries of a dict, in their order: first_entry, then next_entry until 0.
  std::int64_t first_entry(const PickleValue& dict) const { return item(dict.at).at; }
  std::int64_t next_entry(std::int64_t entry) const { return item(entry + 2).at; }
  const PickleValue& key(std::int64_t entry) const { return item(entry); }
  const PickleValue& value(std::int64_t entry) const { return item(entry + 1); }
  /// "an int", "a tensor of int16".
  std::string described(const PickleValue& value) const;
  /// What of a tensor x that is not read can be saved instead, in Python: "x.to(torch.int32)"; null for all else.
  const char* readable_form(const PickleValue& value) const;

 private:
  friend class PickleMachine;
  const PickleValue& item(std::int64_t at) const { return items_[static_cast<std::size_t>(at)]; }

  std::string bytes_;  // texts are parts of it
  std::deque<PickleValue> stack_;
  // What tuples and dicts hold. A tuple's items lie together, a storage is its tuple, a tensor the tuple of its
  // arguments. A dict is a value with the places of its first and last entry, an entry is its key, its value, and the
  // place of the next one. No entry is at place 0.
  std::deque<PickleValue> items_;
};

}  // namespace xtape::io
