// A terminal for tests: a pseudo-terminal that programs write to, and the screen that shows what was written.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace xtape::testing {

/// What stands on a terminal that knows the newline, "\r", "\x1b[K" and colors. It is as high as it must be, and does
/// not move lines when its width changes.
class Screen {
 public:
  explicit Screen(int columns) : columns_(columns) {}

  void set_columns(int columns) { columns_ = columns; }
  void show(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size();) i += show_one(bytes, i);
  }
  /// Without what stands below the last line that is not empty.
  std::string text() const {
    std::string all;
    std::size_t used = 0;
    for (const auto& row : rows_) {
      std::string line;
      for (const std::string& cell : row) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      all += line + "\n";
      if (!line.empty()) used = all.size();
    }
    return all.substr(0, used);
  }
  /// The line that the cursor is in.
  std::string current_line() const {
    std::string line;
    for (const std::string& cell : rows_.back()) line += cell;
    return line;
  }
  /// Of the cursor, from 0.
  std::size_t column() const { return column_; }
  /// How often a line was longer than the screen is wide.
  int wraps() const { return wraps_; }

 private:
  /// The character or sequence at `at`; its length.
  std::size_t show_one(const std::string& bytes, std::size_t at) {
    const auto c = static_cast<unsigned char>(bytes[at]);
    if (c == '\x1b') return obey(bytes, at);
    if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      begin_line();
    } else if (c < 0x20 || c == 0x7f) {
      ADD_FAILURE() << "control character " << int{c} << " in " << bytes;
    } else {
      std::size_t length = 1;
      while (at + length < bytes.size() && (static_cast<unsigned char>(bytes[at + length]) & 0xc0) == 0x80) ++length;
      put(bytes.substr(at, length));
      return length;
    }
    return 1;
  }
  std::size_t obey(const std::string& bytes, std::size_t at) {
    const std::size_t end = bytes.find_first_of("Km", at);
    if (end == bytes.npos) {
      ADD_FAILURE() << "a sequence that is unknown or not whole: " << bytes.substr(at + 1);
      return bytes.size() - at;
    }
    if (bytes[end] == 'K') {
      EXPECT_EQ(end, at + 2);
      if (column_ < rows_.back().size()) rows_.back().resize(column_);
    }
    return end + 1 - at;
  }
  void put(const std::string& character) {
    if (column_ == static_cast<std::size_t>(columns_)) {
      ++wraps_;
      begin_line();
      column_ = 0;
    }
    auto& row = rows_.back();
    if (row.size() <= column_) row.resize(column_ + 1, " ");
    row[column_++] = character;
  }
  void begin_line() { rows_.emplace_back(); }

  int columns_;
  std::vector<std::vector<std::string>> rows_{1};
  std::size_t column_ = 0;
  int wraps_ = 0;
};

/// A pseudo-terminal with its screen.
class Terminal {
 public:
  explicit Terminal(int columns) : screen_(columns) {
    EXPECT_GE(master_, 0);
    EXPECT_EQ(grantpt(master_), 0);
    EXPECT_EQ(unlockpt(master_), 0);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    EXPECT_GE(slave, 0);
    file_ = fdopen(slave, "w");
    resize(columns);
  }
  ~Terminal() {
    std::fclose(file_);
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What a program writes to.
  std::FILE* file() const { return file_; }
  /// 0: the terminal does not tell how wide it is.
  void resize(int columns) {
    const winsize size = {.ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(ioctl(master_, TIOCSWINSZ, &size), 0);
    if (columns > 0) screen_.set_columns(columns);
  }
  /// With all that was written so far on it.
  const Screen& screen() {
    screen_.show(take());
    return screen_;
  }
  /// All bytes since the last call of this or of screen().
  std::string take() {
    constexpr char end = '\x1e';
    EXPECT_EQ(write(fileno(file_), &end, 1), 1);
    std::string bytes;
    char buffer[4096];
    do {
      const ssize_t n = read(master_, buffer, sizeof buffer);
      if (n <= 0) {
        ADD_FAILURE() << "the terminal is closed";
        return bytes;
      }
      bytes.append(buffer, static_cast<std::size_t>(n));
    } while (bytes.back() != end);
    bytes.pop_back();
    return bytes;
  }

 private:
  const int master_ = posix_openpt(O_RDWR | O_NOCTTY);
  std::FILE* file_ = nullptr;
  Screen screen_;
};

/// A variable of the environment, until this goes out of scope; null: it is not set.
class WithVariable {
 public:
  WithVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before, was_set_ = true;
    set(value);
  }
  ~WithVariable() { set(was_set_ ? before_.c_str() : nullptr); }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  void set(const char* value) const { value ? setenv(name_, value, 1) : unsetenv(name_); }

  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

}  // namespace xtape::testing
