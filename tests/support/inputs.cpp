#include "support/inputs.hpp"

#include <cmath>

#include "support/constants.hpp"

namespace xtape::testing {

namespace {

const std::vector<double> special_values = {0.0,   -0.0, 1.0,          -1.0,  0.5,    -2.5,   3.0,
                                            inf,   -inf, std::nan(""), 1e-40, -1e-40, 5e-324, 1e30,
                                            -1e30, 88.5, -104.0,       1e300, -745.0, 0x1p53};

/// splitmix64, from the FNV-1a hash of a key.
class Draws {
 public:
  explicit Draws(const std::string& key) {
    for (char c : key) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

/// [0, 1), in steps of 2^-53.
double unit(std::uint64_t z) { return static_cast<double>(z >> 11) * 0x1p-53; }

double element(const Input& input, std::size_t i, Draws& draws) {
  const std::uint64_t z = draws.next();
  switch (input.kind) {
    case Input::Kind::uniform: return input.low + input.width * unit(z);
    case Input::Kind::away: return (z % 2 == 1 ? -1.0 : 1.0) * (0.25 + 2.0 * unit(z));
    case Input::Kind::special: return special_values[i / static_cast<std::size_t>(input.n) % special_values.size()];
    case Input::Kind::integers: return static_cast<double>(z % static_cast<std::uint64_t>(input.n));
    case Input::Kind::truths: return static_cast<double>(z % 2);
    default: return input.values.at(i);
  }
}

}  // namespace

Tensor Input::make(const std::string& key, DType dtype) const {
  Draws draws(key);
  std::vector<double> x(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = element(*this, i, draws);
  if (is_real()) return tensor(x, shape).to(dtype).requires_grad_(kind != Kind::constant);
  return tensor(x, shape).to(kind == Kind::truths ? bool_ : int64);
}

std::vector<Tensor> make_inputs(const std::string& name, const std::vector<Input>& inputs, DType dtype) {
  std::vector<Tensor> made;
  for (std::size_t k = 0; k < inputs.size(); ++k) made.push_back(inputs[k].make(name + "#" + std::to_string(k), dtype));
  return made;
}

Tensor upstream(const std::string& name, std::size_t k, const Tensor& y) {
  return any(y.shape()).make(name + "#gy" + std::to_string(k), y.dtype()).detach();
}

std::vector<Tensor> gradients(const std::string& name, const std::vector<Tensor>& outputs,
                              const std::vector<Tensor>& inputs, GradOptions options) {
  std::vector<Tensor> wanted, recorded, seeds, found;
  for (const Tensor& x : inputs) {
    if (x.requires_grad()) wanted.push_back(x);
  }
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!outputs[k].requires_grad()) continue;
    recorded.push_back(outputs[k]);
    seeds.push_back(upstream(name, k, outputs[k]));
  }
  found.resize(wanted.size());
  options.allow_unused = true;
  if (!wanted.empty() && !recorded.empty()) found = grad(recorded, wanted, seeds, options);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) found[i] = zeros_like(wanted[i].detach());
  }
  return found;
}

}  // namespace xtape::testing
