// check_output EXPECTED PROGRAM [ARGUMENTS...]: runs a program and compares its standard output with a file, line by
// line. In the file, {0.86..0.88} matches any number in that range and {*} any text; all else must match exactly. The
// exit code is 0 if the program's is 0 and every line fits.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

bool fits(std::string_view pattern, std::string_view text);

/// For a pattern that starts with "{low..high}": `body` is the part between the braces, `rest` the part after them.
bool fits_range(std::string_view body, std::string_view rest, std::string_view text) {
  const std::size_t dots = body.find("..");
  const double low = std::strtod(std::string(body.substr(0, dots)).c_str(), nullptr);
  const double high = std::strtod(std::string(body.substr(dots + 2)).c_str(), nullptr);
  const std::string number(text);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  const auto length = static_cast<std::size_t>(end - number.c_str());
  return length > 0 && low <= value && value <= high && fits(rest, text.substr(length));
}

bool fits(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    if (pattern.front() == '{') {
      const std::size_t close = pattern.find('}');
      const std::string_view body = pattern.substr(1, close == pattern.npos ? close : close - 1);
      if (close != pattern.npos && body == "*") {
        for (std::size_t i = 0; i <= text.size(); ++i) {
          if (fits(pattern.substr(close + 1), text.substr(i))) return true;
        }
        return false;
      }
      if (close != pattern.npos && body.find("..") != body.npos) {
        return fits_range(body, pattern.substr(close + 1), text);
      }
    }
    if (text.empty() || text.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

/// Runs argv[0] with argv: its standard output goes to `output`, its wait status is returned (-1 without a pipe).
int run(char** argv, std::string& output) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(argv[0], argv);
    _exit(127);
  }
  close(ends[1]);
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: check_output EXPECTED PROGRAM [ARGUMENTS...]\n";
    return 2;
  }
  std::ifstream expected(argv[1]);
  if (!expected) {
    std::cerr << "cannot read " << argv[1] << "\n";
    return 1;
  }
  std::string output;
  const int status = run(argv + 2, output);
  std::cout << output;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::cerr << "the program failed: status " << status << "\n";
    return 1;
  }
  std::istringstream printed(output);
  std::string pattern, line;
  for (int number = 1;; ++number) {
    const bool more_expected = static_cast<bool>(std::getline(expected, pattern));
    const bool more_printed = static_cast<bool>(std::getline(printed, line));
    if (!more_expected && !more_printed) return 0;
    if (!more_expected || !more_printed || !fits(pattern, line)) {
      std::cerr << "line " << number << "\n  expected: " << (more_expected ? pattern : "(nothing more)")
                << "\n  printed:  " << (more_printed ? line : "(nothing more)") << "\n";
      return 1;
    }
  }
}
