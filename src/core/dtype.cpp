#include "xtape/dtype.hpp"

#include <ostream>

namespace xtape {

const char* to_string(DType dtype) noexcept {
  switch (dtype) {
    case DType::bool_: return "bool_";
    case DType::uint8: return "uint8";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
    case DType::float32: return "float32";
    case DType::float64: return "float64";
  }
  return "?";
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << to_string(dtype); }

}  // namespace xtape
