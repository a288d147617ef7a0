#include "report/table.hpp"

namespace xtape::report {

Html caption_of(const std::string& text) { return element("caption", element("span", text)); }

Html to_html(const Table& table) {
  // Numbers, which are most cells, need no class.
  const auto cell = [&table](const char* tag, const char* scope, std::size_t column, const Html& content) {
    const std::string_view kind = column < table.words ? "word" : "";
    if (scope && !kind.empty()) return element(tag, {{"scope", scope}, {"class", kind}}, content);
    if (scope) return element(tag, {{"scope", scope}}, content);
    return kind.empty() ? element(tag, content) : element(tag, {{"class", kind}}, content);
  };
  Html head;
  for (std::size_t c = 0; c < table.columns.size(); ++c) head += cell("th", "col", c, Html(table.columns[c]));
  Html body;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Html row;
    for (std::size_t c = 0; c < table.rows[r].size(); ++c) {
      row += c == 0 ? cell("th", "row", c, table.rows[r][c]) : cell("td", nullptr, c, table.rows[r][c]);
    }
    body += r == table.marked ? element("tr", {{"class", "marked"}}, row) : element("tr", row);
  }
  return scroll_box(table.caption, element("table", caption_of(table.caption) + element("thead", element("tr", head)) +
                                                        element("tbody", body)));
}

}  // namespace xtape::report
