#include "xtape/version.hpp"

#define XTAPE_TEXT_OF(x) #x
#define XTAPE_TEXT(x) XTAPE_TEXT_OF(x)

namespace xtape {

const char* version() noexcept {
  return XTAPE_TEXT(XTAPE_VERSION_MAJOR) "." XTAPE_TEXT(XTAPE_VERSION_MINOR) "." XTAPE_TEXT(XTAPE_VERSION_PATCH);
}

}  // namespace xtape
