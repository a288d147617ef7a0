// Any bytes as a checkpoint, with the checksum put right. A load that fails changes nothing.
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "fuzz/harness.hpp"

using namespace xtape;

namespace {

constexpr std::string_view begin = "{\"__metadata__\":{\"checksum\":\"";
constexpr std::size_t digits_at = 8 + begin.size();

/// A run of training with each kind of part.
struct Run {
  Run() {
    dict.insert("x", ones({3}));
    checkpoint.add("dict", dict);
    checkpoint.add("scheduler", scheduler);
    checkpoint.set("epoch", "3");
  }

  nn::Linear model{2, 1};
  optim::SGD optimizer{model.parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::lr_scheduler::StepLR scheduler{optimizer, {.step_size = 2}};
  StateDict dict;
  io::Checkpoint checkpoint{model, optimizer};
};

/// What a load that fails must leave as it was.
StateDict state_of(const Run& run) {
  StateDict all = clone(run.dict);
  for (const auto& [name, tensor] : run.model.state_dict()) all.insert("model." + name, tensor.detach().clone());
  all.insert("lr", full({}, run.optimizer.param_groups()[0].options.lr).to(float64));
  all.insert("epoch", run.scheduler.state_dict().at("last_epoch"));
  return all;
}

std::vector<std::uint8_t> with_checksum(fuzz::Bytes bytes) {
  std::vector<std::uint8_t> file(bytes.begin(), bytes.end());
  if (file.size() < digits_at + 8 || !std::equal(begin.begin(), begin.end(), file.begin() + 8)) return file;
  std::fill_n(file.begin() + digits_at, 8, '0');
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08lx", ::crc32_z(0, file.data(), file.size()));
  std::copy_n(digits, 8, file.begin() + digits_at);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Run run;
  static StateDict before = state_of(run);
  bool has_loaded = false;
  fuzz::load_within_bounds(with_checksum({data, size}), [&has_loaded](const auto& path) {
    try {
      run.checkpoint.load(path);
      has_loaded = true;
    } catch (const FileError&) {
      throw;
    } catch (const Error& error) {  // what does not fit the model
      throw FileError("load", "\"" + path + "\": " + error.what());
    }
    return StateDict();
  });
  if (has_loaded) {
    before = state_of(run);
    fuzz::expect_well_formed(before);
  } else {
    fuzz::expect_equal_bits(state_of(run), before);
  }
  return 0;
}
