// A table of text: columns as wide as their longest cell, two spaces between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class TextTable {
 public:
  using Row = std::vector<std::string>;

  explicit TextTable(Row titles) { add(std::move(titles)); }
  /// A row with a cell for each title. Cells may hold any text: they are shown as io::printable() gives it.
  void add(Row row);

  /// In columns of a terminal, if all characters are ASCII.
  std::size_t width() const;
  bool has(std::string_view title) const;
  /// Removes the column of that title, if there is one.
  void remove(std::string_view title);
  /// If the table is wider than `most`: removes the column of that title, or shortens its cells to their last `length`
  /// bytes.
  void leave_out(std::string_view title, std::size_t most);
  void shorten(std::string_view title, std::size_t length, std::size_t most);

  std::string to_string() const;
  /// The table in parts, one below the other, each with the first column and as many of the others as fit in a width of
  /// `most`, but at least one.
  std::string in_parts(std::size_t most) const;

 private:
  std::size_t find(std::string_view title) const;
  std::size_t width_of(std::size_t column) const;

  std::vector<Row> rows_;  // the first holds the titles
};

/// A text that is longer than `length` bytes becomes three dots and its end.
std::string shortened(const std::string& text, std::size_t length);
