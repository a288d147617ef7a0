// Checkpoints: a training run in one file, from which another process continues it bit for bit. The file is a
// safetensors file, so that Python reads it, too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "xtape/export.hpp"
#include "xtape/generator.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::nn {
class Module;
}
namespace xtape::optim {
class Optimizer;
}
namespace xtape::optim::lr_scheduler {
class LRScheduler;
}
namespace xtape::data {
class DataLoader;
}

namespace xtape::io {

/// Refers to everything whose state makes up a run, saves all of it and loads it back:
///
///     io::Checkpoint checkpoint(model, optimizer);
///     checkpoint.add("scheduler", scheduler);
///     checkpoint.add("loader", batches);
///     if (resume) checkpoint.load("last.safetensors");
///     while (batches.epoch() < 10) {  // a loop that was left in the middle of its epoch goes on there
///       for (auto [x, y] : batches) {
///         ...
///         if (++step % 1000 == 0) checkpoint.save("last.safetensors");
///       }
///       scheduler.step();
///     }
///
/// What it refers to must outlive it and not be moved; of a DataLoader it keeps a handle. Gradients, modes such as
/// train() and eval(), and the functions of a LambdaLR are not part of a checkpoint.
///
/// In the file, the tensors of a part have the part's name before theirs: "model.0.weight", "scheduler.last_epoch".
class XTAPE_API Checkpoint {
 public:
  /// Holds the parts "model", "optimizer" and "generator", the default generator.
  Checkpoint(const nn::Module& model, optim::Optimizer& optimizer);
  Checkpoint(const nn::Module&&, optim::Optimizer&) = delete;
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// Adds a part: another module, optimizer or generator, a scheduler, a loader or named tensors. ValueError for a name
  /// that is empty, has a dot or is taken.
  void add(const std::string& name, const nn::Module& module);
  void add(const std::string& name, const nn::Module&&) = delete;
  void add(const std::string& name, optim::Optimizer& optimizer);
  void add(const std::string& name, optim::lr_scheduler::LRScheduler& scheduler);
  void add(const std::string& name, data::DataLoader& loader);
  void add(const std::string& name, Generator& generator);
  /// load() replaces all entries of `dict` by those of the file.
  void add(const std::string& name, StateDict& dict);

  /// Sets a text of the program's own, such as set("epoch", "3"). ValueError when the name is empty, or name or text is
  /// not UTF-8.
  void set(const std::string& name, std::string text);
  /// IndexError names the texts that there are.
  std::string get(std::string_view name) const;
  bool contains(std::string_view name) const noexcept;

  /// Writes the parts' states and the texts to `path`. An existing file is replaced as a whole or, if this throws, not
  /// at all. Errors as in save_safetensors. Call it where no other thread changes a part.
  void save(const std::string& path) const;
  /// Gives the parts the states of the file, and this object its texts. The model's parameters and buffers are written
  /// in place. Throws and changes nothing unless all of it fits: FileError when the file is missing, damaged (one bit
  /// suffices), no checkpoint or one of another version, when parts are missing or unexpected, or a part's state does
  /// not fit; for names, shapes and dtypes that do not fit a module the error of its load_state_dict.
  void load(const std::string& path);

 private:
  struct Impl;
  Impl* impl_ = nullptr;  // owned; a std::unique_ptr takes long to compile
};

}  // namespace xtape::io
