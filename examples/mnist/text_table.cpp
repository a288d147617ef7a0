#include "text_table.hpp"

#include <algorithm>
#include <utility>
#include <xtape/io/text_file.hpp>

using namespace xtape;

namespace {

constexpr std::size_t between = 2;  // columns

bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }  // in UTF-8

}  // namespace

std::string shortened(const std::string& text, std::size_t length) {
  constexpr std::size_t dots = 3;
  if (text.size() <= length) return text;
  std::size_t begin = text.size() - (length > dots ? length - dots : 0);
  while (begin < text.size() && continues_a_character(text[begin])) ++begin;
  return "..." + text.substr(begin);
}

void TextTable::add(Row row) {
  for (std::string& cell : row) cell = io::printable(cell);
  rows_.push_back(std::move(row));
}

std::size_t TextTable::find(std::string_view title) const {
  return static_cast<std::size_t>(std::find(rows_[0].begin(), rows_[0].end(), title) - rows_[0].begin());
}

bool TextTable::has(std::string_view title) const { return find(title) < rows_[0].size(); }

std::size_t TextTable::width_of(std::size_t column) const {
  std::size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, row[column].size());
  return width;
}

std::size_t TextTable::width() const {
  std::size_t width = 0;
  for (std::size_t c = 0; c < rows_[0].size(); ++c) width += width_of(c) + (c > 0 ? between : 0);
  return width;
}

void TextTable::remove(std::string_view title) {
  if (!has(title)) return;
  const auto column = static_cast<std::ptrdiff_t>(find(title));
  for (Row& row : rows_) row.erase(row.begin() + column);
}

void TextTable::leave_out(std::string_view title, std::size_t most) {
  if (width() > most) remove(title);
}

void TextTable::shorten(std::string_view title, std::size_t length, std::size_t most) {
  if (width() <= most || !has(title)) return;
  const std::size_t column = find(title);
  for (Row& row : rows_) row[column] = shortened(row[column], length);
}

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < rows_[0].size(); ++c) widths.push_back(width_of(c));
  std::string table;
  for (const Row& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c];
      line.append(widths[c] + between - row[c].size(), ' ');
    }
    table += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  }
  return table;
}

std::string TextTable::in_parts(std::size_t most) const {
  const std::size_t columns = rows_[0].size();
  std::string text;
  for (std::size_t first = 1; first < columns;) {
    std::size_t end = first, width = width_of(0);
    do width += between + width_of(end++);
    while (end < columns && width + between + width_of(end) <= most);
    TextTable part = *this;
    for (Row& row : part.rows_) {
      row.erase(row.begin() + static_cast<std::ptrdiff_t>(end), row.end());
      row.erase(row.begin() + 1, row.begin() + static_cast<std::ptrdiff_t>(first));
    }
    if (!text.empty()) text += '\n';
    text += part.to_string();
    first = end;
  }
  return text;
}
