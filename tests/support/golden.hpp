// PyTorch's answers: the files tests/golden/*.golden, written by the scripts beside them with golden.py, and the
// comparison with ours. A file that is cut, changed or does not have exactly the cases that a test enumerates fails.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::testing {

/// The path of a file of the repository.
std::string source_file(const std::string& path);
/// The path of tests/golden/<name>.
std::string golden_file(const std::string& name);

class GoldenFile {
 public:
  /// std::runtime_error, with the path, on anything but a whole file.
  explicit GoldenFile(const std::string& path);

  /// The results of that case. Each is taken once; std::runtime_error when it is not there.
  std::vector<Tensor> take(const std::string& name);
  /// Cases in the file's order.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Fails the test unless every case has been taken.
  void expect_all_taken() const;

 private:
  void read(const std::vector<unsigned char>& payload);

  std::string path_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<Tensor>> cases_;
};

/// How far numbers may be apart: tolerance * max(floor, |expected|), element by element.
struct Closeness {
  double float64 = 1e-12;
  double float32 = 2e-6;
  double floor = 1;
};

/// Compares what a case gives with what PyTorch gave: dtypes, shapes, NaN and infinities exactly, integers exactly,
/// numbers within `closeness`. Remembers the largest error, in units of max(floor, |expected|).
class Comparison {
 public:
  explicit Comparison(Closeness closeness = {}) : closeness_(closeness) {}
  ~Comparison();
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void expect_same(const std::string& name, const std::vector<Tensor>& ours, const std::vector<Tensor>& theirs);
  void set(Closeness closeness) { closeness_ = closeness; }

 private:
  void compare(const std::string& what, const Tensor& ours, const Tensor& theirs);

  Closeness closeness_;
  std::map<DType, double> largest_;
  std::map<DType, std::string> where_;
  int cases_ = 0;
};

}  // namespace xtape::testing
