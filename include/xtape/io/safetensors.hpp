// Safetensors files (https://github.com/huggingface/safetensors): named tensors, which Python's safetensors reads and
// writes, too.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xtape/export.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::io {

/// Texts by name, in the order of the file: `{{"classes", "shirt,shoe"}, {"epoch", "3"}}`. Names are unique.
class XTAPE_API Metadata {
 public:
  using Entry = std::pair<std::string, std::string>;

  Metadata() = default;
  /// ValueError when a name occurs twice.
  Metadata(std::initializer_list<Entry> entries);
  explicit Metadata(std::vector<Entry> entries);

  bool contains(std::string_view name) const noexcept;
  /// IndexError when there is no such entry.
  const std::string& at(std::string_view name) const&;
  std::string at(std::string_view name) && { return at(name); }
  /// Replaces the entry, or adds one at the end.
  void set(std::string_view name, std::string text);

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return size() == 0; }
  std::vector<Entry>::const_iterator begin() const noexcept;
  std::vector<Entry>::const_iterator end() const noexcept;

 private:
  const Entry* find(std::string_view name) const noexcept;
  std::vector<Entry> entries_;
};

/// How save_safetensors stores floating tensors.
enum class FloatFormat : std::uint8_t {
  as_is,    ///< float32 and float64 as they are
  float16,  ///< rounded to the nearest; ValueError for a finite number beyond +-65504
  bfloat16  ///< rounded to the nearest; ValueError for a finite number that would become infinite
};

struct SafetensorsOptions {
  FloatFormat floats = FloatFormat::as_is;
};

/// Writes `dict` to `path`. An existing file is replaced as a whole or, if this throws, not at all: the new file is
/// written beside it, synced and renamed. FileError when that fails; ValueError for a name or a text that is not UTF-8,
/// for a tensor named "__metadata__", and for a name or text of more than 2 MB, or 100 MB in all.
XTAPE_API void save_safetensors(const std::string& path, const StateDict& dict, const Metadata& metadata = {},
                                SafetensorsOptions options = {});
/// The tensors of a file, in the order of its header, as new tensors. F16 and BF16 become float32. FileError, with the
/// path, the offset and the reason, when the file is missing, breaks a rule of the format, or holds another dtype or a
/// name or text of more than 2 MB.
XTAPE_API StateDict load_safetensors(const std::string& path);
/// The texts of a file, without its tensors. Errors as in load_safetensors.
XTAPE_API Metadata safetensors_metadata(const std::string& path);

}  // namespace xtape::io
