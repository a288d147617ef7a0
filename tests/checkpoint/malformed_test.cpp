// Checkpoints that lie, each made from a valid one, with the whole message. Whatever is wrong, nothing has changed: the
// parts are loaded all or none.
#include <zlib.h>

#include <functional>

#include "support/bits.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::read_file;
using testing::TempDir;
using testing::write_file;

constexpr std::size_t checksum_at = 8 + 29;  // after {"__metadata__":{"checksum":"

/// What a checkpoint holds, to be edited.
struct Raw {
  explicit Raw(const std::string& path) : texts(io::safetensors_metadata(path)), tensors(io::load_safetensors(path)) {}

  void set(const std::string& name, const Tensor& tensor) { tensors.set(name, tensor); }
  void drop(const std::string& prefix) {
    StateDict kept;
    for (const auto& [name, tensor] : tensors) {
      if (name.rfind(prefix, 0) != 0) kept.insert(name, tensor);
    }
    tensors = kept;
  }
  void drop_text(const std::string& name) {
    std::vector<io::Metadata::Entry> kept;
    for (const auto& entry : texts) {
      if (entry.first != name) kept.push_back(entry);
    }
    texts = io::Metadata(kept);
  }
  /// With the right checksum.
  void write(const std::string& path) {
    if (texts.contains("checksum")) texts.set("checksum", "00000000");
    io::save_safetensors(path, tensors, texts);
    std::string bytes = read_file(path);
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08lx", crc32(crc32(0, nullptr, 0), data, static_cast<uInt>(bytes.size())));
    if (texts.contains("checksum")) bytes.replace(checksum_at, 8, digits);
    write_file(path, bytes);
  }

  io::Metadata texts;
  StateDict tensors;
};

/// A small run with a part of each kind.
struct Parts {
  explicit Parts(float value) {
    NoGradGuard no_grad;
    for (const Tensor& p : model.parameters()) p.fill_(value);
    for (const Tensor& p : other.parameters()) p.fill_(value);
    best.insert("w", full({2}, value));
    noise.manual_seed(static_cast<std::uint64_t>(value));
    checkpoint.add("other", other);
    checkpoint.add("second", second);
    checkpoint.add("scheduler", scheduler);
    checkpoint.add("loader", batches);
    checkpoint.add("noise", noise);
    checkpoint.add("best", best);
    checkpoint.set("epoch", std::to_string(value));
  }

  /// A step of everything.
  void advance() {
    for (const Tensor& p : model.parameters()) p.set_grad(ones_like(p));
    for (const Tensor& p : other.parameters()) p.set_grad(ones_like(p));
    optimizer.step();
    second.step();
    scheduler.step();
    batches.set_epoch(batches.epoch() + 1, 2);
    rand({3});
    rand({3}, {.generator = &noise});
  }

  std::vector<StateDict> states() const {
    StateDict numbers;
    for (const Generator* generator : {&noise, static_cast<const Generator*>(&default_generator())}) {
      numbers.set("seed " + std::to_string(numbers.size()), full({}, static_cast<double>(generator->state().seed)));
      numbers.set("at " + std::to_string(numbers.size()), full({}, static_cast<double>(generator->state().offset)));
    }
    return {clone(model.state_dict()),
            clone(other.state_dict()),
            optimizer.state_dict(),
            second.state_dict(),
            scheduler.state_dict(),
            batches.state_dict(),
            clone(best),
            numbers};
  }

  nn::Sequential model{nn::Linear(2, 1), nn::BatchNorm1d(1)};
  nn::Linear other{1, 1};
  optim::SGD optimizer{model.parameters(), {.lr = .5, .momentum = .9}};
  optim::Adam second{other.parameters(), {.lr = .25}};
  optim::lr_scheduler::StepLR scheduler{optimizer, {.step_size = 2}};
  data::DataLoader batches{data::TensorDataset(zeros({10, 2}), zeros({10}, int64)), {.batch_size = 3}};
  Generator noise;
  StateDict best;
  io::Checkpoint checkpoint{model, optimizer};
};

struct Lie {
  const char* error;  // "FileError" is left out, and so is the path, written as P
  std::function<void(Raw&)> tell;
};

Tensor integer(std::int64_t value) { return full({}, value); }
Tensor real(double value) { return full({}, value, {.dtype = float64}); }

// clang-format off
const std::vector<Lie> lies = {
    // the file
    {"Checkpoint: P is a checkpoint of version \"2\", this program reads 1", [](Raw& r) { r.texts.set("xtape_checkpoint", "2"); }},
    {"Checkpoint: P is a checkpoint of version \"\", this program reads 1", [](Raw& r) { r.texts.set("xtape_checkpoint", ""); }},
    {"Checkpoint: P is no checkpoint; load_safetensors reads it", [](Raw& r) { r.drop_text("xtape_checkpoint"); }},
    {"Checkpoint: P is no checkpoint; load_safetensors reads it", [](Raw& r) { r.texts = {}; }},
    {"Checkpoint: P: the text \"note\" does not belong in a checkpoint", [](Raw& r) { r.texts.set("note", "x"); }},
    {"Checkpoint: P: the text \"parts.model\" does not belong in a checkpoint", [](Raw& r) { r.texts.set("parts.model", "module"); }},
    {"Checkpoint: P: the tensor \"weight\" belongs to no part", [](Raw& r) { r.set("weight", ones({1})); }},
    {"Checkpoint: P: the tensor \"model\" belongs to no part", [](Raw& r) { r.set("model", ones({1})); }},
    {"Checkpoint: P: the tensor \"ema.weight\" belongs to no part", [](Raw& r) { r.set("ema.weight", ones({1})); }},
    {"Checkpoint: P: the tensor \".weight\" belongs to no part", [](Raw& r) { r.set(".weight", ones({1})); }},
    // the parts
    {"Checkpoint: P: the parts do not match: missing [\"scheduler\"], unexpected []", [](Raw& r) { r.drop_text("part.scheduler"); r.drop("scheduler."); }},
    {"Checkpoint: P: the parts do not match: missing [\"scheduler\"], unexpected []", [](Raw& r) { r.drop_text("part.scheduler"); }},
    {"Checkpoint: P: the parts do not match: missing [], unexpected [\"ema\"]", [](Raw& r) { r.texts.set("part.ema", "module"); }},
    {"Checkpoint: P: the parts do not match: missing [], unexpected [\"\"]", [](Raw& r) { r.texts.set("part.", "module"); r.set(".weight", ones({1})); }},
    {"Checkpoint: P: the parts do not match: missing [], unexpected []; \"best\" is a \"loader\" in the file, a \"state_dict\" here", [](Raw& r) { r.texts.set("part.best", "loader"); }},
    {"Checkpoint: P: the parts do not match: missing [\"other\", \"best\"], unexpected [\"b\", \"a\"]; \"model\" is a \"x\\n\" in the file, a \"module\" here; \"noise\" is a \"loader\" in the file, a \"generator\" here",
     [](Raw& r) { r.drop_text("part.other"); r.drop("other."); r.drop_text("part.best"); r.drop("best."); r.texts.set("part.b", ""); r.texts.set("part.a", ""); r.texts.set("part.model", "x\n"); r.texts.set("part.noise", "loader"); }},
    // modules
    {"ValueError: load_state_dict: the keys do not match: missing [0.weight], unexpected []; pass strict = false to load those that match", [](Raw& r) { r.drop("model.0.weight"); }},
    {"ValueError: load_state_dict: the keys do not match: missing [], unexpected [2.weight]; pass strict = false to load those that match", [](Raw& r) { r.set("model.2.weight", ones({1})); }},
    {"ShapeError: load_state_dict: \"0.weight\" is (2, 1) in the dict, (1, 2) in the module", [](Raw& r) { r.set("model.0.weight", ones({2, 1})); }},
    {"ShapeError: load_state_dict: \"0.bias\" is (2) in the dict, (1) in the module; \"1.running_var\" is () in the dict, (1) in the module; the keys do not match: missing [0.weight], unexpected [0.weights]",
     [](Raw& r) { r.drop("model.0.weight"); r.set("model.0.weights", ones({1, 2})); r.set("model.0.bias", ones({2})); r.set("model.1.running_var", ones({})); }},
    {"ValueError: load_state_dict: values that the module's dtype cannot hold: \"1.num_batches_tracked\" (to: nan does not fit int64)", [](Raw& r) { r.set("model.1.num_batches_tracked", full({}, NAN)); }},
    {"ValueError: load_state_dict \"other\": the keys do not match: missing [bias], unexpected []; pass strict = false to load those that match", [](Raw& r) { r.drop("other.bias"); }},
    // optimizers
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: no entry \"param_groups.0.lr\"; is this the state of something other than SGD?", [](Raw& r) { r.drop("optimizer.param_groups.0.lr"); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: \"param_groups.0.lr\" has shape (1), expected ()", [](Raw& r) { r.set("optimizer.param_groups.0.lr", ones({1})); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: SGD: lr = nan in group 0; expected a finite number >= 0", [](Raw& r) { r.set("optimizer.param_groups.0.lr", real(NAN)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: SGD: momentum = -1 in group 0; expected a finite number >= 0", [](Raw& r) { r.set("optimizer.param_groups.0.momentum", real(-1)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: the dict has 0 groups of parameters, this SGD optimizer 1", [](Raw& r) { r.drop("optimizer."); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: the dict has 2 groups of parameters, this SGD optimizer 1", [](Raw& r) { r.set("optimizer.param_groups.1.params", integer(0)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: the dict has 3 parameters, this SGD optimizer 4", [](Raw& r) { r.set("optimizer.param_groups.0.params", arange(3)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: \"param_groups.0.params\" does not hold 4 consecutive numbers from 0 on", [](Raw& r) { r.set("optimizer.param_groups.0.params", arange(1, 5)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: \"state.0.momentum_buffer\" has shape (2), expected (1, 2)", [](Raw& r) { r.set("optimizer.state.0.momentum_buffer", ones({2})); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: \"state.0.momentum_buffer\" is int64, expected float32", [](Raw& r) { r.set("optimizer.state.0.momentum_buffer", ones({1, 2}, int64)); }},
    {"Checkpoint: P: the state of \"optimizer\" does not fit: load_state_dict: entry \"state.9.momentum_buffer\" does not belong to the state of SGD", [](Raw& r) { r.set("optimizer.state.9.momentum_buffer", ones({1})); }},
    {"Checkpoint: P: the state of \"second\" does not fit: load_state_dict: \"state.1.step\" = 0; expected at least 1", [](Raw& r) { r.set("second.state.1.step", integer(0)); }},
    {"Checkpoint: P: the state of \"second\" does not fit: load_state_dict: no entry \"state.1.exp_avg_sq\"; is this the state of something other than Adam?", [](Raw& r) { r.drop("second.state.1.exp_avg_sq"); }},
    {"Checkpoint: P: the state of \"second\" does not fit: Adam: betas[1] = 1 in group 0 is outside [0, 1)", [](Raw& r) { r.set("second.param_groups.0.betas", tensor({.9, 1.})); }},
    // the scheduler
    {"Checkpoint: P: the state of \"scheduler\" does not fit: load_state_dict: \"last_epoch\" = -1 is outside [0, 9007199254740992]", [](Raw& r) { r.set("scheduler.last_epoch", integer(-1)); }},
    {"Checkpoint: P: the state of \"scheduler\" does not fit: load_state_dict: no entry \"last_epoch\"; is this the state of something other than StepLR?", [](Raw& r) { r.drop("scheduler.last_epoch"); }},
    {"Checkpoint: P: the state of \"scheduler\" does not fit: StepLR: step_size = 0; expected at least 1", [](Raw& r) { r.set("scheduler.step_size", integer(0)); }},
    {"Checkpoint: P: the state of \"scheduler\" does not fit: load_state_dict: the dict has 2 groups, the optimizer has 1", [](Raw& r) { r.set("scheduler.base_lrs", ones({2})); }},
    {"Checkpoint: P: the state of \"scheduler\" does not fit: load_state_dict: entry \"T_max\" does not belong to the state of StepLR", [](Raw& r) { r.set("scheduler.T_max", integer(0)); }},
    // the loader
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: epoch -1 is negative", [](Raw& r) { r.set("loader.epoch", integer(-1)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: epoch 9223372036854775807 is beyond 9007199254740992", [](Raw& r) { r.set("loader.epoch", integer(INT64_MAX)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: batch 5 is outside [0, 4], the batches of an epoch", [](Raw& r) { r.set("loader.batch", integer(5)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: batch -1 is outside [0, 4], the batches of an epoch", [](Raw& r) { r.set("loader.batch", integer(-1)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: the state is of samples = 11, batch_size = 3, shuffle = 0, drop_last = 0, sampler = 0; this loader has 10, 3, 0, 0, 0", [](Raw& r) { r.set("loader.samples", integer(11)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: the state is of samples = 10, batch_size = 4, shuffle = 1, drop_last = -1, sampler = 0; this loader has 10, 3, 0, 0, 0",
     [](Raw& r) { r.set("loader.batch_size", integer(4)); r.set("loader.shuffle", integer(1)); r.set("loader.drop_last", integer(-1)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: the state has no entry \"seed\"", [](Raw& r) { r.drop("loader.seed"); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: \"seed\" is float64 of shape (), expected an int64 number", [](Raw& r) { r.set("loader.seed", real(1)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: \"seed\" is int64 of shape (1), expected an int64 number", [](Raw& r) { r.set("loader.seed", ones({1}, int64)); }},
    {"Checkpoint: P: the state of \"loader\" does not fit: DataLoader: the state has 9 entries, expected 8: epoch, batch, seed, samples, batch_size, shuffle, drop_last, sampler", [](Raw& r) { r.set("loader.workers", integer(1)); }},
    // generators
    {"Checkpoint: P: the state of \"generator\" does not fit: Generator: the state has no entry \"seed\"", [](Raw& r) { r.drop("generator."); }},
    {"Checkpoint: P: the state of \"noise\" does not fit: Generator: \"offset\" is int32 of shape (), expected an int64 number", [](Raw& r) { r.set("noise.offset", integer(1).to(int32)); }},
    {"Checkpoint: P: the state of \"noise\" does not fit: Generator: the state has 3 entries, expected 2: seed, offset", [](Raw& r) { r.set("noise.", ones({3})); }},
};
// clang-format on

std::string with_path(std::string error, const std::string& path) {
  if (error.rfind("Checkpoint: ", 0) == 0) error = "FileError: " + error;
  const std::size_t at = error.find(": P");
  return at == std::string::npos ? error : error.replace(at + 2, 1, "\"" + path + "\"");
}

TEST(MalformedCheckpoint, IsRefusedWithOneLineAndNothingChanges) {
  TempDir dir;
  Parts saved(1);
  saved.advance();
  saved.checkpoint.save(dir / "valid");
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.error);
    Raw raw(dir / "valid");
    lie.tell(raw);
    raw.write(dir / "x");
    Parts now(2);
    now.advance();
    now.advance();
    const std::vector<StateDict> before = now.states();
    const std::string error = with_path(lie.error, dir / "x");
    expect_errors({{error.c_str(), [&] { now.checkpoint.load(dir / "x"); }}});
    const std::vector<StateDict> after = now.states();
    for (std::size_t i = 0; i < after.size(); ++i) testing::expect_same_bits(before[i], after[i]);
    EXPECT_EQ(now.checkpoint.get("epoch"), std::to_string(2.f));
  }
  EXPECT_GE(lies.size(), 40u);
}

TEST(MalformedCheckpoint, LoadsWhenNothingIsWrong) {
  TempDir dir;
  Parts saved(1), now(2);
  saved.advance();
  saved.checkpoint.save(dir / "valid");
  const std::vector<StateDict> before = saved.states();
  Raw raw(dir / "valid");
  raw.write(dir / "x");
  EXPECT_TRUE(read_file(dir / "x") == read_file(dir / "valid"));
  now.advance();
  now.checkpoint.load(dir / "x");
  const std::vector<StateDict> after = now.states();
  for (std::size_t i = 0; i < after.size(); ++i) testing::expect_same_bits(before[i], after[i]);
  EXPECT_EQ(now.checkpoint.get("epoch"), std::to_string(1.f));
}

/// The smallest run.
struct Tiny {
  explicit Tiny(float value) {
    NoGradGuard no_grad;
    model.parameters()[0].fill_(value);
    checkpoint.set("t", "x");
  }
  nn::Linear model{1, 1, {.bias = false}};
  optim::SGD optimizer{model.parameters()};
  io::Checkpoint checkpoint{model, optimizer};
};

TEST(MalformedCheckpoint, NeverLoadsAFlippedBitNorAPart) {
  TempDir dir;
  const std::string path = dir / "x";
  Tiny(1).checkpoint.save(path);
  const std::string whole = read_file(path);
  Tiny now(2);
  const auto expect_refused = [&](const std::string& bytes) {
    EXPECT_FALSE(testing::loads(path, bytes, [&] { now.checkpoint.load(path); }));
  };
  testing::for_each_truncation(whole, expect_refused);
  testing::for_each_flipped_bit(whole, [&](const std::string& bytes, std::size_t bit) {
    SCOPED_TRACE(bit);
    expect_refused(bytes);
  });
  EXPECT_EQ(now.model.parameters()[0].item<float>(), 2);
  write_file(path, whole);
  now.checkpoint.load(path);
  EXPECT_EQ(now.model.parameters()[0].item<float>(), 1);
}

TEST(MalformedCheckpoint, IsToldFromOneThatIsDamaged) {
  TempDir dir;
  const std::string path = dir / "x";
  Tiny now(1);
  std::string whole, digits;
  for (std::uint64_t seed = 0; digits.find_first_of("abcdef") == std::string::npos; ++seed) {
    manual_seed(seed);
    now.checkpoint.save(path);
    whole = read_file(path);
    digits = whole.substr(checksum_at, 8);
  }
  const auto error = [&path](const std::string& what) { return "FileError: Checkpoint: \"" + path + "\"" + what; };
  std::string capitals = digits;
  for (char& c : capitals) c = static_cast<char>(std::toupper(c));
  Raw unsummed(path);
  unsummed.drop_text("checksum");
  unsummed.write(dir / "unsummed");
  io::save_npy(dir / "array", ones({2}));
  const auto refuse = [&](const std::string& bytes, const std::string& what) {
    write_file(path, bytes);
    expect_errors({{error(what).c_str(), [&] { now.checkpoint.load(path); }}});
  };
  refuse(std::string(whole).replace(checksum_at, 8, capitals),
         " is damaged: its bytes have the checksum " + digits + ", it says \"" + capitals + "\"");
  refuse(std::string(whole).replace(checksum_at, 8, "00000000"),
         " is damaged: its bytes have the checksum " + digits + ", it says \"00000000\"");
  refuse(whole + "x", " has 1 bytes after the last tensor, at byte " + std::to_string(whole.size()));
  refuse("", " is truncated: the length of the header ends at byte 8, the file at 0");
  refuse("epoch 3, loss 0.25",
         " is no safetensors file: its header would have 3184924994198007909 bytes, at most "
         "100000000 are allowed");
  refuse(read_file(dir / "array"),
         " is no safetensors file: its header would have 379676406402707 bytes, at most "
         "100000000 are allowed");
  const std::size_t first = whole.find("[0,8]"), second = whole.find("[8,16]");
  refuse(std::string(whole).replace(second, 6, "[0,8]").replace(first, 5, "[8,16]"),
         ": the header names \"generator.offset\" before tensors whose bytes come first");
  const std::string bytes = read_file(dir / "unsummed");
  EXPECT_NE(bytes.find("xtape_checkpoint"), std::string::npos);
  write_file(path, bytes);
  testing::expect_error<FileError>([&] { now.checkpoint.load(path); }, "is damaged", "it says \"\"");
}

}  // namespace
}  // namespace xtape
