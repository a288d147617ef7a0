// Files and streams of the program. A failure is one line.
#pragma once

#include <cstdio>
#include <string>
#include <xtape/xtape.hpp>

/// stdout is a pipe that its reader has closed, as `| head` does after some lines.
struct ReaderIsGone : xtape::FileError {
  ReaderIsGone() : FileError("stdout", "its reader has closed it") {}
};

/// FileError, which begins with `op`, when the file cannot be read.
std::string read_file(const std::string& op, const std::string& path);
/// Prints "xtape-mnist: MESSAGE" on a line of stderr.
void print_message(const std::string& message);
/// Writes out what was printed to `out`. FileError or ReaderIsGone when it, or a write before, has failed.
void flush(std::FILE* out);
/// Whether stdout is a pipe that its reader has closed.
bool reader_is_gone();
