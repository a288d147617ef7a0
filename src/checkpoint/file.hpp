// A checkpoint as a safetensors file. Beside the tensors it holds these texts, in this order:
//
//   checksum          CRC-32 of all bytes of the file, these eight hexadecimal digits counted as zeros
//   xtape_checkpoint  the version of this format, "1"
//   part.NAME         the kind of each part; its tensors are named NAME.*
//   text.NAME         the program's own texts
//
// CRC-32, because it notices for certain any change within 32 neighbouring bits, so every flipped bit, and everything
// else but once in 2^32; and because zlib has it, here and in Python. The checksum is the first text of the header, and
// therefore always has the same place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xtape/io/safetensors.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::checkpoint {

constexpr const char* op = "Checkpoint";  // for errors

/// The state of one part.
struct State {
  std::string name, kind;
  StateDict dict;
};

/// What a file holds.
struct Contents {
  std::string path;
  std::vector<NamedTensor> tensors;  // with the names of their parts
  io::Metadata texts;                // those of the format, too

  bool has_part(std::string_view name) const;
  /// The tensors of that part.
  StateDict state_of(std::string_view part) const;
};

/// Errors as in save_safetensors.
void write_file(const std::string& path, const std::vector<State>& parts, const io::Metadata& texts);
/// Reads the file once, from its start to its end. If `only_part` is not empty, only that part's tensors are kept.
/// FileError unless it is a checkpoint, and undamaged.
Contents read_file(const std::string& path, const std::string& only_part = {});
/// Fills in the dicts of the parts, whose names and kinds are given. FileError unless the file has these parts and no
/// others.
void take_states(const Contents& contents, std::vector<State>& parts);
/// The program's own texts. FileError for a text that does not belong in a checkpoint.
io::Metadata own_texts(const Contents& contents);

}  // namespace xtape::checkpoint
