// A small training with checkpoints, for the tests of files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/problem.hpp"

namespace xtape::testing {

/// Notes all that a run tells of its files, and where it began.
struct FileNotes {
  void on_fit_begin(const train::FitBegin& e) { first_epoch = e.first_epoch; }
  void on_checkpoint(const train::CheckpointSaved& e) { saved.push_back(e); }
  void on_warning(const train::Warning& e) {
    warnings.push_back(e.message);
    kinds.push_back(e.kind);
  }
  /// "3/15 best 3/15": epoch and step of each file.
  std::string places() const {
    std::string text;
    for (const train::CheckpointSaved& e : saved) {
      text += (text.empty() ? "" : " ") + std::string(e.is_best ? "best " : "") + std::to_string(e.epoch) + "/" +
              std::to_string(e.step);
    }
    return text;
  }
  std::vector<train::CheckpointSaved> saved = {};
  std::vector<std::string> warnings = {};
  std::vector<train::WarningKind> kinds = {};  // of the warnings
  std::int64_t first_epoch = 0;
};

/// Five steps an epoch.
struct SmallTraining {
  explicit SmallTraining(train::TrainerOptions options, std::uint64_t seed = 1) : model(net(seed)) {
    options.batch_size = 10;
    trainer = std::make_unique<train::Trainer>(model, nn::CrossEntropyLoss(), optimizer, options);
    trainer->sink(notes);
    manual_seed(7);
  }
  train::History fit() { return trainer->fit(three_classes(50), three_classes(30, 9)); }

  nn::Sequential model;
  optim::SGD optimizer{model.parameters(), {.lr = .1, .momentum = .9}};
  FileNotes notes;
  std::unique_ptr<train::Trainer> trainer;
};

}  // namespace xtape::testing
