// Text that others wrote: names and files from anywhere. Here are the limits that it is read with, so that no parser
// recurses without end. (How it may be shown: xtape::io::printable.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What keeps a text from being the name of a class, "is empty", "is not UTF-8", "has a control character"; "" if
/// nothing does.
std::string fault_of_name(std::string_view name);

/// Whether lists and objects of a JSON text stand in each other more than `depth` deep.
bool nests_deeper_than(std::string_view text, int depth);

/// The first line of a TOML text that has more dots than values of options can have, as a.a.a.a..., which would be a
/// table for each; 0 if there is none.
std::size_t line_with_many_dots(std::string_view toml);
