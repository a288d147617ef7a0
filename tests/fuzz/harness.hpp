// What the fuzzers share. A fuzzer hands the input to a parser as a file; the parser may throw a FileError of one line,
// or return well-formed tensors, and it may take no more memory than xtape promises. Anything else ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "xtape/xtape.hpp"

namespace xtape::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Ends the program with a message unless `holds`.
void expect(bool holds, const char* what);
/// The path of a file in memory with these bytes, until the next call.
const std::string& file_of(Bytes bytes);
/// An empty directory in memory, removed when the program ends.
const std::string& directory();

/// Expects tensors that own all the bytes that their shapes need, with bools of 0 and 1.
void expect_well_formed(const StateDict& tensors);
/// Expects tensors of the same names in any order, dtypes, shapes and bits.
void expect_equal_bits(const StateDict& a, const StateDict& b);

using Load = std::function<StateDict(const std::string& path)>;

/// What a parser may allocate. xtape promises twice the larger of the file and the arrays that it declares, 16 MiB, and
/// 1 KiB an entry; where file and arrays are small, most parsers are held to less.
struct Bounds {
  std::int64_t most_declared = 0;  ///< bytes of arrays that a file may declare beside those of the tensors that load
  std::int64_t most_beside_small = 1 << 20;
};

/// Calls `load` with the path of a file with these bytes. Expects well-formed tensors or a FileError, within a second
/// of the processor, and no more memory than the bounds allow. Returns false, and leaves `loaded` as it is, where it
/// threw.
bool load_within_bounds(Bytes bytes, const Load& load, StateDict& loaded, const Bounds& bounds = {});
bool load_within_bounds(Bytes bytes, const Load& load);

/// The only tensor of a dict.
StateDict dict_of(Tensor x);

}  // namespace xtape::fuzz
