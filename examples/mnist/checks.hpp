// What an option accepts. Numbers are read here: a text that is not the whole of a decimal number in its option's range
// is refused before anything is printed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

/// A whole number in [low, high]. (CLI11's own conversions take 010 for 8 and -1 for 2^64 - 1.) An accepted text is
/// rewritten in its shortest form: use these with transform(), not check().
CLI::Validator whole_number_in(std::int64_t low, std::int64_t high);
CLI::Validator any_seed();
/// A number in [low, high], or in [low, high) with `end` = ')'. (CLI11's ranges take NaN.)
CLI::Validator in_range(double low, double high, char end = ']');
CLI::Validator not_negative();
CLI::Validator share();
/// One of `names`; the message suggests the one that was probably meant.
CLI::Validator one_of(std::vector<std::string> names);
/// The name of a file that the program will write: not empty, not a directory, in a directory that exists. Checked
/// before the work, not after it.
CLI::Validator writable_file();
/// The name of a file that the program will read: not empty.
CLI::Validator file_name();

/// ", did you mean X?" for the name among `names` that `typed` is probably a misspelling of; "" if none is near.
std::string suggestion(const std::string& typed, const std::vector<std::string>& names);
