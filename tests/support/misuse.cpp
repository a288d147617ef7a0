#include "support/misuse.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

namespace xtape::testing {

namespace {

std::string type_of(const Error& e) {
  if (dynamic_cast<const ShapeError*>(&e)) return "ShapeError";
  if (dynamic_cast<const DTypeError*>(&e)) return "DTypeError";
  if (dynamic_cast<const IndexError*>(&e)) return "IndexError";
  if (dynamic_cast<const ValueError*>(&e)) return "ValueError";
  if (dynamic_cast<const GradError*>(&e)) return "GradError";
  if (dynamic_cast<const FileError*>(&e)) return "FileError";
  return "Error";
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return type_of(e) + ": " + e.what();
  } catch (const std::exception& e) {
    return std::string("not an xtape::Error: ") + e.what();
  }
  return "no error";
}

std::ptrdiff_t threads() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

}  // namespace

void expect_errors(const std::vector<Misuse>& misuses) {
  for (const Misuse& misuse : misuses) {
    const std::int64_t nodes = autograd::live_nodes();
    const std::ptrdiff_t before = threads();
    const std::string error = error_of(misuse.f);
    EXPECT_EQ(error, misuse.error);
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    EXPECT_EQ(autograd::live_nodes(), nodes) << error;
    EXPECT_LE(threads(), before) << error;
    EXPECT_TRUE(is_grad_enabled()) << error;
  }
}

}  // namespace xtape::testing
