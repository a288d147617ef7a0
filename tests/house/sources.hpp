// Helpers of the tests in this folder: the files of the repository, their contents, and the output of a command.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace xtape::house {

namespace fs = std::filesystem;

inline const fs::path root = XTAPE_SOURCE_DIR;

/// Regular files under root/`folder`, recursively, sorted, relative to root; only those with `extensions`, if given.
inline std::vector<fs::path> files(const fs::path& folder, const std::vector<std::string>& extensions = {}) {
  std::vector<fs::path> found;
  if (!fs::exists(root / folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const std::string extension = entry.path().extension().string();
    bool wanted = extensions.empty();
    for (const std::string& e : extensions) wanted = wanted || e == extension;
    if (wanted && entry.is_regular_file()) found.push_back(entry.path().lexically_relative(root));
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::string text(const fs::path& file) {
  std::ifstream in(root / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Include {
  std::string name;  ///< as written, without quotes or angle brackets
  bool quoted;
};

inline std::vector<Include> includes(const fs::path& file) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> found;
  std::ifstream in(root / file);
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_search(line, match, directive)) found.push_back({match[2], match[1] == "\""});
  }
  return found;
}

inline bool starts_with(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

/// Quotes an argument for the shell.
inline std::string quote(const std::string& argument) {
  std::string quoted = "'";
  for (char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

struct Ran {
  int status;
  std::vector<std::string> lines;  ///< of standard output
};

inline Ran run(const std::string& command) {
  Ran ran{-1, {}};
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return ran;
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), n);
  ran.status = pclose(pipe);
  std::size_t from = 0;
  for (std::size_t to; (to = output.find('\n', from)) != output.npos; from = to + 1) {
    ran.lines.push_back(output.substr(from, to - from));
  }
  return ran;
}

}  // namespace xtape::house
