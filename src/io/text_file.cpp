#include "xtape/io/text_file.hpp"

#include "io/file.hpp"

namespace xtape::io {

void save_text(const std::string& path, std::string_view text) {
  AtomicFile file("save_text", path);
  file.write(text.data(), static_cast<std::int64_t>(text.size()));
  file.commit();
}

}  // namespace xtape::io
