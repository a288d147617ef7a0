// A table of text: columns as wide as their longest cell, two spaces between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

class TextTable {
 public:
  using Row = std::vector<std::string>;

  explicit TextTable(Row titles) { add(std::move(titles)); }
  /// A cell for each title. Cells may come from anywhere: they are shown as io::printable() has them.
  void add(Row row);

  std::size_t width() const;
  bool has(std::string_view title) const;
  /// While the table is wider than `most`: removes the column of that title, or shortens the cells of a column to their
  /// last `length` bytes.
  void leave_out(std::string_view title, std::size_t most);
  void shorten(std::string_view title, std::size_t length, std::size_t most);

  std::string to_string() const;
  /// In parts of at most `most` columns, one below the other, each with the first column and some of the others.
  std::string in_parts(std::size_t most) const;

 private:
  std::size_t find(std::string_view title) const;
  std::size_t width_of(std::size_t column) const;

  std::vector<Row> rows_;  // the first are the titles
};

/// The end of a text that is longer than `length`, after three dots.
std::string shortened(const std::string& text, std::size_t length);
