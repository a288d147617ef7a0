// Files and streams of the program. A failure is one line.
#pragma once

#include <cstdio>
#include <string>
#include <xtape/xtape.hpp>

/// stdout is a pipe that its reader has closed, as `| head` does after some lines.
struct ReaderIsGone : xtape::FileError {
  ReaderIsGone() : FileError("stdout", "its reader has closed it") {}
};

/// FileError, which begins with `op`, when the file cannot be read, is no regular file or is larger than what it is for
/// needs.
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
/// Whether stdout is a pipe that its reader has closed.
bool reader_is_gone();
