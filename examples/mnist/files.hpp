// Files and streams of the program: what is written is there as a whole or not at all, and a failure is one line.
#pragma once

#include <cstdio>
#include <string>
#include <xtape/xtape.hpp>

/// stdout is a pipe that its reader has closed, as `| head` does after some lines.
struct ReaderIsGone : xtape::FileError {
  ReaderIsGone() : FileError("stdout", "its reader has closed it") {}
};

/// Replaces the file by `text` as a whole: a reader, or a run that is killed meanwhile, finds the old file or the new
/// one. FileError, which begins with `op`, when that fails.
void write_file(const std::string& op, const std::string& path, const std::string& text);
/// FileError, which begins with `op`, when the file cannot be read.
std::string read_file(const std::string& op, const std::string& path);
/// Prints "xtape-mnist: MESSAGE" on a line of stderr.
void print_message(const std::string& message);
/// Writes out what was printed to `out`. FileError or ReaderIsGone when it, or a write before, has failed.
void flush(std::FILE* out);
/// Whether stdout is a pipe that its reader has closed.
bool reader_is_gone();
