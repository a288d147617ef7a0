#include "report/table.hpp"

namespace xtape::report {

Html caption_of(const std::string& text) { return element("caption", element("span", text)); }

Html to_html(const Table& table) {
  const auto kind = [&table](std::size_t column) { return column < table.words ? "word" : "num"; };
  Html head;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    head += element("th", {{"scope", "col"}, {"class", kind(c)}}, Html(table.columns[c]));
  }
  Html body;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Html row;
    for (std::size_t c = 0; c < table.rows[r].size(); ++c) {
      const Html& cell = table.rows[r][c];
      // Most cells are numbers: those need no class.
      row += c == 0            ? element("th", {{"scope", "row"}, {"class", kind(c)}}, cell)
             : c < table.words ? element("td", {{"class", "word"}}, cell)
                               : element("td", cell);
    }
    body += r == table.marked ? element("tr", {{"class", "marked"}}, row) : element("tr", row);
  }
  return scroll_box(table.caption, element("table", caption_of(table.caption) + element("thead", element("tr", head)) +
                                                        element("tbody", body)));
}

}  // namespace xtape::report
