// Files and streams of the program: what is written is there as a whole or not at all, and a failure is one line.
#pragma once

#include <cstdio>
#include <string>
#include <xtape/xtape.hpp>

/// Nobody reads stdout any more, as when `| head` has seen enough.
struct ReaderIsGone : xtape::FileError {
  ReaderIsGone() : FileError("stdout", "nobody reads it any more") {}
};

/// Replaces the file by `text` as a whole: a reader, or a run that is killed meanwhile, finds the old file or the new
/// one. FileError, which begins with `op`, when that fails.
void write_file(const std::string& op, const std::string& path, const std::string& text);
/// FileError, which begins with `op`, when the file cannot be read or is larger than what it is for needs.
std::string read_file(const std::string& op, const std::string& path);
/// Prints "xtape-mnist: MESSAGE" on a line of stderr.
void print_message(const std::string& message);
/// stderr, as a stream that never fails: what cannot be written there is lost, since there is nowhere to say so.
std::FILE* message_stream();
/// Opens those of stdin, stdout and stderr that are closed, so that no file of the program gets their place: stdin is
/// empty then, stdout cannot be written to, stderr swallows what it gets.
void open_standard_streams();
/// Writes out what was printed to `out`. FileError or ReaderIsGone when it, or a write before, has failed.
void flush(std::FILE* out);
/// Whether stdout is a pipe that nobody reads any more.
bool reader_is_gone();
