#include "xtape/train/sink.hpp"

namespace xtape::train::detail {

AnySink::~AnySink() = default;
std::shared_ptr<AnySink> own(AnySink* sink) { return std::shared_ptr<AnySink>(sink); }

}  // namespace xtape::train::detail
