// A program that links xtape. It checks that errors are caught by their type and that the program and the library share
// one grad mode, across the boundary of a shared library and from two source files.
#include <cstdio>
#include <exception>
#include <string>

#include <xtape/xtape.hpp>

#include "second.hpp"

namespace {

/// A graph with its leaf that is destroyed after main, before or after the library's own variables.
xtape::Tensor global;

int failures = 0;
void expect(bool ok, const char* claim) {
  if (ok) return;
  std::printf("failed: %s\n", claim);
  ++failures;
}

/// A custom op with its gradient, by the mechanism that every built-in op uses.
xtape::Tensor cube(const xtape::Tensor& x) {
  xtape::Tensor y = xtape::without_grad([&] { return x * x * x; });
  return xtape::record("cube", {x}, y,
                       [x = xtape::save(x)](const xtape::Tensor& gy) { return xtape::Gradients{3 * *x * *x * gy}; });
}

void catches_errors() {
  bool caught = false;
  try {
    xtape::zeros({2, 3}) + xtape::zeros({2, 4});
  } catch (const xtape::ShapeError& error) {
    caught = std::string(error.what()).rfind("add: ", 0) == 0;
  }
  expect(caught, "a ShapeError is caught as such");
  caught = false;
  try {
    xtape::tensor({1, 2}).item<int>();
  } catch (const std::exception& error) {
    caught = dynamic_cast<const xtape::Error*>(&error) != nullptr;
  }
  expect(caught, "an error caught as std::exception is an xtape::Error");
}

void switches_recording() {
  expect(library_records(), "the library records");
  {
    xtape::NoGradGuard no_grad;
    expect(!xtape::is_grad_enabled(), "a guard in the program is seen by the library");
    expect(!library_records(), "the library does not record under the program's guard");
    const bool inside = xtape::without_grad([] { return library_records(); });
    expect(!inside, "nor in a nested scope");
    xtape::EnableGradGuard again;
    expect(library_records(), "it records again inside an EnableGradGuard");
  }
  expect(library_records(), "and after the guards");
}

void differentiates() {
  const xtape::Tensor x = xtape::tensor({1.0, 2.0, 3.0}, {.dtype = xtape::float64, .requires_grad = true});
  (square(x) + cube(x)).sum().backward();
  expect(equal(x.grad(), xtape::tensor({5.0, 16.0, 33.0}, {.dtype = xtape::float64})), "d(x^2 + x^3) = 2x + 3x^2");
}

/// SEMANTICS [35]: linking xtape, and training with it, leaves the program's arithmetic alone.
void keeps_denormals() {
  const xtape::Tensor p = xtape::ones({4}, {.requires_grad = true});
  xtape::optim::Adam adam({p}, {});
  (p * 2).sum().backward();
  adam.step();
  volatile float tiny = 1e-40f, one = 1.0f;
  expect(tiny * one == 1e-40f && tiny * one > 0, "1e-40f * 1.0f is 1e-40f");
}

}  // namespace

int main() {
  catches_errors();
  switches_recording();
  differentiates();
  keeps_denormals();
  global = square(xtape::ones({3}, {.requires_grad = true})).sum();
  expect(std::string(xtape::version()) == std::to_string(XTAPE_VERSION_MAJOR) + "." +
             std::to_string(XTAPE_VERSION_MINOR) + "." + std::to_string(XTAPE_VERSION_PATCH),
         "headers and library are of one version");
  std::printf("%d failures with %s\n", failures, xtape::build_info().c_str());
  return failures != 0;
}
