// What a file and the environment tell of the terminal that a person sits at.
#pragma once

#include <cstdio>

namespace xtape::report {

bool is_terminal(std::FILE* file) noexcept;
/// A terminal whose cursor can go back: TERM names one, and not "dumb".
bool can_redraw(std::FILE* file) noexcept;
/// The width of the terminal at this moment. Where there is none, or it says 0, it is COLUMNS of the environment if
/// that is a number from 1 to 10,000, and else 80.
int terminal_columns(std::FILE* file) noexcept;
/// NO_COLOR is not set, or empty (no-color.org).
bool may_color() noexcept;
/// The locale of the environment is UTF-8, and shows a block as one column: terminals of Chinese, Japanese and Korean
/// may take two.
bool has_utf8_blocks() noexcept;

}  // namespace xtape::report
