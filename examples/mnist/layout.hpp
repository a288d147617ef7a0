// Text for people, in lines that are broken between words.
#pragma once

#include <string>
#include <vector>

/// `label`, and beside it, from column `indent` on, `text` in lines of at most `width` columns. Where the label is too
/// long, the text begins below it.
std::string hanging(const std::string& label, const std::string& text, std::size_t indent, std::size_t width);
/// "a, b or c"
std::string listed(const std::vector<std::string>& names);
/// "verdict fitting: ...", as the lines of `xtape-mnist train`: as wide as the terminal, at most 100 columns, or 60
/// where stdout is no terminal.
std::string paragraph(const std::string& label, const std::string& text);
