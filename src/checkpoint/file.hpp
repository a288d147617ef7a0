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

/// Errors as in save_safetensors.
void write_file(const std::string& path, const std::vector<State>& parts, const io::Metadata& texts);
/// Fills in the dicts of the parts, whose names and kinds are given, and returns the program's own texts. The file is
/// read once, from its start to its end. FileError unless it is a checkpoint of these parts, and undamaged.
io::Metadata read_file(const std::string& path, std::vector<State>& parts);

}  // namespace xtape::checkpoint
