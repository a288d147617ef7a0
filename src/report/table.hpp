// A table with a caption, a header for each column and one for each row.
#pragma once

#include <string>
#include <vector>

#include "report/html.hpp"

namespace xtape::report {

struct Table {
  std::string caption = {};
  std::vector<std::string> columns = {};              // their headers
  std::vector<std::vector<Html>> rows = {};           // as many cells as columns; the first is the row's header
  std::size_t words = 1;                              // so many columns from the left hold words, the others numbers
  std::size_t marked = static_cast<std::size_t>(-1);  // the row that stands out
};

/// Its text may be wider than the table, and wraps where the window ends.
Html caption_of(const std::string& text);
/// In a box that scrolls, since a table may be wider than a phone.
Html to_html(const Table& table);

}  // namespace xtape::report
