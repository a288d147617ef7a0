// xtape's side of exchange.py and load_speed.py.
//   xtape_exchange train DTYPE DIR   trains EveryModule: DIR/weights.safetensors, and DIR/cases.safetensors with
//   inputs,
//                                    their logits and losses
//   xtape_exchange check DTYPE DIR   prints how far xtape's logits and losses are from those in DIR/cases.safetensors,
//                                    and saves the weights that it has loaded as DIR/again.safetensors
//   xtape_exchange load FILE         loads FILE and prints the seconds that it took
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "exchange/model.hpp"

namespace xtape {
namespace {

using testing::EveryModule;

StateDict draw(std::int64_t n, DType dtype) {
  StateDict cases;
  cases.insert("words", randint(0, 20, {n, 5}));
  cases.insert("x", randn({n, 6}, {.dtype = dtype}));
  cases.insert("target", randint(0, 4, {n}));
  return cases;
}

void train(DType dtype, const std::string& directory) {
  manual_seed(0);
  EveryModule model;
  model.to(dtype);
  optim::Adam optimizer(model.parameters(), {.lr = 0.01});
  for (int step = 0; step < 50; ++step) {
    const StateDict batch = draw(32, dtype);
    optimizer.zero_grad();
    model.losses(model(batch["words"], batch["x"]), batch["target"]).sum().backward();
    optimizer.step();
  }
  StateDict cases = draw(16, dtype);
  model.eval();
  const Tensor logits = model(cases["words"], cases["x"]);
  cases.insert("logits", logits.detach());
  cases.insert("losses", model.losses(logits, cases["target"]).detach());
  io::save_safetensors(directory + "/weights.safetensors", model.state_dict());
  io::save_safetensors(directory + "/cases.safetensors", cases);
}

void check(DType dtype, const std::string& directory) {
  EveryModule model;
  model.to(dtype);
  model.load_state_dict(io::load_safetensors(directory + "/weights.safetensors"));
  std::printf("%.3g\n", testing::error_in(model, io::load_safetensors(directory + "/cases.safetensors")));
  io::save_safetensors(directory + "/again.safetensors", model.state_dict());
}

void load(const std::string& path) {
  const auto start = std::chrono::steady_clock::now();
  const StateDict dict = io::load_safetensors(path);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.6f\n", seconds.count());
}

int run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "load" && argc == 3) return load(argv[2]), 0;
  if (argc != 4 || (command != "train" && command != "check")) {
    std::fputs("usage: xtape_exchange train|check float32|float64 DIR, or load FILE\n", stderr);
    return 2;
  }
  const DType dtype = std::strcmp(argv[2], "float64") == 0 ? float64 : float32;
  (command == "train" ? train : check)(dtype, argv[3]);
  return 0;
}

}  // namespace
}  // namespace xtape

int main(int argc, char** argv) {
  try {
    return xtape::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "xtape_exchange: %s\n", error.what());
    return 1;
  }
}
