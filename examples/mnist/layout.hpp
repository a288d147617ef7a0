// Text for people, in lines that are broken between words.
#pragma once

#include <string>
#include <vector>

/// `label`, and beside it, from column `indent` on, `text` in lines of at most `width` columns. Where the label is too
/// long, the text begins below it.
std::string hanging(const std::string& label, const std::string& text, std::size_t indent, std::size_t width);
/// `lines`, each broken where it is longer than `width` columns.
std::string wrapped(const std::string& lines, std::size_t width);
/// Columns for text: those of the terminal, at most 100; 60 where stdout is none.
std::size_t text_width();
/// Columns for a table: one less than the terminal has, because some terminals break a full line; no limit where stdout
/// is no terminal.
std::size_t table_width();
/// "a, b or c"
std::string listed(const std::vector<std::string>& names);
/// "verdict fitting: ...", as the lines of `xtape-mnist train`, of text_width().
std::string paragraph(const std::string& label, const std::string& text);
