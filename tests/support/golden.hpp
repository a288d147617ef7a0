// PyTorch's answers: reads the files tests/golden/*.golden, which the scripts beside them write, and compares our
// results with theirs. A test fails if its file is cut or changed or does not have exactly the cases that the test
// enumerates.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::testing {

/// The absolute path of a file of the repository.
std::string source_file(const std::string& path);
/// The path of tests/golden/<name>.
std::string golden_file(const std::string& name);

class GoldenFile {
 public:
  /// Throws std::runtime_error, with the path, if the file is missing, damaged or incomplete.
  explicit GoldenFile(const std::string& path);

  /// The results of that case, which can be taken once; throws std::runtime_error if there are none.
  std::vector<Tensor> take(const std::string& name);
  /// The cases' names, in the file's order.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Fails the test unless every case has been taken.
  void expect_all_taken() const;

 private:
  void read(const std::vector<unsigned char>& payload);

  std::string path_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<Tensor>> cases_;
};

/// How far apart numbers may be: tolerance * max(floor, |expected|), element by element.
struct Closeness {
  double float64 = 1e-12;
  double float32 = 2e-6;
  double floor = 1;
};

/// Compares the results of cases with PyTorch's: dtypes, shapes, NaN, infinities and integers exactly, floating numbers
/// within `closeness`. Reports the largest error, in units of max(floor, |expected|), as a property of the test.
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
