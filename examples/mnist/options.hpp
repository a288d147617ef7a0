// The command line of xtape-mnist. Numbers are read here: a text that is not the whole of a decimal number in its
// option's range is refused before anything is printed.
#pragma once

#include <cstdint>
#include <string>

struct Options {
  std::string data = "digits";
  std::string model = "mlp";
  std::int64_t hidden = 256;
  double dropout = 0.5;
  std::string optimizer = "adam";
  double lr = 1e-3;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double label_smoothing = 0;
  int epochs = 10;
  std::int64_t batch_size = 64;
  double validation = 0.1;
  bool skip_validation = false;
  std::uint64_t seed = 0;
  int threads = 1;
  std::string save, load;  // files of weights; "" for none
};

/// Reads the options, then calls run(options). Returns the program's exit code: 1, after one line on stderr, when an
/// option is refused or run throws.
int run_with_options(int argc, char** argv, void (*run)(const Options&));
