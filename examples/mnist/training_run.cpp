// A training from its first line to its last: the trainer, the files of the run, and how it ended.
//
// Invariant: whatever ends a training, the files in the directory are whole, and the last checkpoint goes on from
// there.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "files.hpp"
#include "hash.hpp"
#include "model_file.hpp"
#include "run_directory.hpp"
#include "training.hpp"

using namespace xtape;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t evaluation_batch = 1000;

train::ProgressMode mode_of(const std::string& name) {
  if (name == "bar") return train::ProgressMode::bar;
  if (name == "plain") return train::ProgressMode::plain;
  if (name == "json") return train::ProgressMode::json;
  return name == "none" ? train::ProgressMode::none : train::ProgressMode::automatic;
}

/// run.json of the run that goes on, if the data is the same.
Json record_to_continue(const RunDirectory& run, const std::string& data_hash) {
  const std::string path = run.file(run_file::record);
  Json record = Json::parse(read_file("--resume", path), nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !record.contains("data") || !record["data"].is_object() ||
      !record["data"].contains("hash") || !record["data"]["hash"].is_string()) {
    throw FileError("--resume", fmt::format("\"{}\" is damaged: it names no data", path));
  }
  const std::string before = record["data"]["hash"];
  if (before != data_hash) {
    throw FileError("--resume", fmt::format("the run in \"{}\" was trained on other data: its hash is {}, that of "
                                            "--data is {}",
                                            run.path(), before, data_hash));
  }
  return record;
}

/// Writes the files of a run while it goes on. A file that cannot be written ends the training in good order.
class RunFiles {
 public:
  RunFiles(const TrainSettings& s, const Ingredients& made, const Configuration& configuration);

  const RunDirectory& directory() const { return run_; }
  /// What went wrong first; "" if nothing did.
  const std::string& failure() const { return failure_; }
  void note_failure(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  train::CheckpointOptions checkpoint() const;
  /// The metrics, and the page unless it has just been written.
  void write_epoch(const train::Trainer& trainer);
  /// The last page, and run.json with `results`.
  void finish(const train::Trainer& trainer, const train::Evaluation& test, const Json& results);
  /// f(); an exception of it is noted in run.json.
  template <class F>
  auto guarded(F f) {
    try {
      return f();
    } catch (const std::exception& e) {
      const std::string what = e.what();
      attempt([this, &what] { end_record({{"state", "failed"}, {"stop_reason", what}}); });
      throw;
    }
  }

  bool validates() const { return validates_; }
  /// The held-out images in large batches, whose order is theirs.
  const data::DataLoader& validation() const { return validation_; }

 private:
  void write_page(const train::Trainer& trainer, bool goes_on);
  void write_record();
  void end_record(const Json& results);
  template <class F>
  void attempt(F f) {
    try {
      if (failure_.empty()) f();
    } catch (const std::exception& e) {
      note_failure(e.what());
    }
  }

  RunDirectory run_;
  data::DataLoader validation_;
  bool validates_;
  io::Metadata metadata_;
  std::vector<std::string> classes_;
  Json record_;
  train::ReportOptions page_;
  std::string failure_;
  std::optional<std::chrono::steady_clock::time_point> page_written_;
};

RunDirectory directory_for(const TrainSettings& s) {
  if (s.resume) return RunDirectory::existing(s.out);
  if (!s.out.empty()) return RunDirectory::create(s.out, s.force);
  return s.no_out || s.epochs == 0 ? RunDirectory() : RunDirectory::next();
}

Description description_of(const TrainSettings& s, const Ingredients& made, const Configuration& configuration) {
  return {.classes = made.images.classes(),
          .architecture = {.model = s.model, .hidden = s.hidden, .dropout = s.dropout},
          .configuration = to_toml(configuration)};
}

RunFiles::RunFiles(const TrainSettings& s, const Ingredients& made, const Configuration& configuration)
    : run_(directory_for(s)),
      validation_(made.parts.held_out, {.batch_size = evaluation_batch}),
      validates_(s.validates() && made.parts.held_out.size() > 0),
      metadata_(metadata_of(description_of(s, made, configuration))),
      classes_(made.images.classes()) {
  if (!run_.defined()) return;
  const std::string hash = hash_of(made.images);
  if (s.resume) {
    record_ = record_to_continue(run_, hash);
    record_["resumed"].push_back(now());
  } else {
    record_ = record_of_program(s.threads);
    record_["seed"] = s.seed;
    record_["data"] = {{"name", made.images.name},
                       {"hash", hash},
                       {"training", made.parts.training.size()},
                       {"validation", made.parts.held_out.size()},
                       {"test", made.images.test.size()}};
  }
  record_["state"] = "running";  // that of a run that was killed, too
  page_.title = "Training " + run_.path();
  page_.evaluated_on = "validation data";
  page_.summary = nn::summary(made.model, {1, 1, 28, 28}).to_string();
  for (const ConfiguredOption& o : configuration) page_.configuration.emplace_back(o.key, o.value);
  page_.environment = {
      {"data", made.images.name}, {"hash of the data", hash}, {"started", record_.value("started", "")}};
  run_.write(run_file::config, to_toml(configuration));
  write_record();
}

train::CheckpointOptions RunFiles::checkpoint() const {
  if (!run_.defined()) return {};
  return {.path = run_.file(run_file::last), .best_path = run_.file(run_file::best), .metadata = metadata_};
}

void RunFiles::write_epoch(const train::Trainer& trainer) {
  if (!run_.defined()) return;
  attempt([this, &trainer] {
    const train::History history = trainer.history();
    run_.write(run_file::metrics_csv, history.to_csv());
    run_.write(run_file::metrics_jsonl, history.to_jsonl());
    const auto time = std::chrono::steady_clock::now();
    // Short epochs would be slowed down by their page.
    if (page_written_ && time - *page_written_ < std::chrono::seconds(2)) return;
    write_page(trainer, true);
    page_written_ = std::chrono::steady_clock::now();
  });
}

void RunFiles::write_page(const train::Trainer& trainer, bool goes_on) {
  train::Evaluation evaluation;
  if (validates_) evaluation = trainer.evaluate(validation_, {.classes = classes_});
  page_.refresh_seconds = goes_on ? 5 : 0;
  train::save_report(run_.file(run_file::report), trainer.history(), evaluation, page_);
}

void RunFiles::write_record() {
  // Arguments and names of files may be no UTF-8.
  run_.write(run_file::record, record_.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

void RunFiles::finish(const train::Trainer& trainer, const train::Evaluation& test, const Json& results) {
  if (!run_.defined()) return;
  page_.test = test;
  attempt([this, &trainer, &results] {
    write_page(trainer, false);
    end_record(results);
  });
}

void RunFiles::end_record(const Json& results) {
  if (!run_.defined()) return;
  record_.update(results);
  record_["ended"] = now();
  write_record();
}

/// The trainer's sink: writes the files, and stops when nobody would see the rest or it could not be kept.
class Watch {
 public:
  Watch(RunFiles& files, train::Trainer& trainer, const train::ProgressBar& bar)
      : files_(files), trainer_(trainer), bar_(bar) {}
  void on_epoch_begin(const train::EpochBegin&) { has_trained_ = true; }
  void on_batch_end(const train::BatchRecord&) { stop_if_in_vain(); }
  void on_epoch_end(const train::EpochRecord&) {
    files_.write_epoch(trainer_);
    stop_if_in_vain();
  }
  void on_warning(const train::Warning& e) {
    if (e.message.starts_with("a checkpoint could not be written")) files_.note_failure(e.message);
  }
  /// Whether there was anything left to do.
  bool has_trained() const { return has_trained_; }

 private:
  void stop_if_in_vain() {
    if (bar_.failed() || !files_.failure().empty()) trainer_.stop();
  }
  RunFiles& files_;
  train::Trainer& trainer_;
  const train::ProgressBar& bar_;
  bool has_trained_ = false;
};

struct Ending {
  int code = 0;
  std::string state = "finished", line;  // for stderr; "" for none
};

Ending ending_of(const train::History& history, const RunFiles& files, bool display_failed) {
  const std::string how_to_go_on =
      files.directory().defined()
          ? fmt::format("; continue with xtape-mnist train --resume {}", files.directory().path())
          : "";
  if (!files.failure().empty()) return {1, "failed", files.failure()};
  if (display_failed && reader_is_gone())
    return {128 + SIGPIPE, "stopped", "nobody reads stdout any more" + how_to_go_on};
  if (display_failed) return {1, "stopped", "stdout: cannot be written to" + how_to_go_on};
  if (history.stop_cause() == train::StopCause::not_finite) {
    return {1, "diverged", "train: " + history.stop_reason() + "; try a smaller --lr"};
  }
  if (const int signal = train::StopOnSignal::received()) {
    return {128 + signal, "stopped",
            fmt::format("stopped by {}{}", signal == SIGINT ? "Ctrl-C" : "SIGTERM", how_to_go_on)};
  }
  return {};
}

/// After an interruption the weights are those of the best epoch, if a file has them.
void restore_best(const Ending& ending, const RunFiles& files, nn::Sequential& model) {
  if (ending.state != "stopped" || !files.directory().defined()) return;
  const std::string best = files.directory().file(run_file::best);
  if (std::FILE* file = std::fopen(best.c_str(), "rb")) {
    std::fclose(file);
    model.load_state_dict(io::load_safetensors(best));
  }
}

void print_results(const TrainSettings& s, const train::History& history, const RunFiles& files, const Json& results) {
  std::FILE* const out = s.out_stream();
  if (!history.empty()) fmt::print(out, "\n{}", paragraph("verdict", history.verdict()));
  fmt::print(out, "\ntest    loss {}, accuracy {:.4f}\n", column(results["test_loss"]),
             double{results["test_accuracy"]});
  fmt::print(out, "weights {}\n", std::string(results["weights"]));
  if (files.directory().defined()) fmt::print(out, "report  {}\n", files.directory().file(run_file::report));
  flush(out);
  if (s.progress != "json") return;
  Json line = {{"type", "test"}};
  line.update(results);
  if (files.directory().defined()) line["report"] = files.directory().file(run_file::report);
  fmt::print("{}\n", line.dump());
  flush(stdout);
}

/// What is known at the end: the state, and the test images.
Json results_of(const Ending& ending, const train::History& history, const train::Evaluation& test,
                const Ingredients& made) {
  return {{"state", ending.state},
          {"stop_reason", history.stop_reason()},
          {"epochs", history.size()},
          {"best_epoch", history.best_epoch()},
          {"test_loss", test.loss},
          {"test_accuracy", test.accuracy},
          {"weights", fmt::format("{:016x}", hash_of(made.model))}};
}

}  // namespace

int train(const TrainSettings& s, const Configuration& configuration) {
  const train::StopOnSignal stop_on_signal;
  Ingredients made(s);
  RunFiles files(s, made, configuration);
  print_heading(s, made);
  if (files.directory().defined()) fmt::print(s.out_stream(), "run     {}\n", files.directory().path());
  fmt::print(s.out_stream(), "\n");
  std::fflush(s.out_stream());  // if nobody reads it, the display will tell

  train::TrainerOptions options{.epochs = s.epochs, .batch_size = s.batch_size, .seed = s.seed};
  options.early_stopping.patience = s.early_stopping;
  options.checkpoint = files.checkpoint();
  train::Trainer trainer(made.model, made.loss, *made.optimizer, options);
  if (made.scheduler) trainer.schedule(*made.scheduler, made.every);
  train::ProgressBar bar(stdout, {.mode = mode_of(s.progress)});
  trainer.sink(bar);
  Watch watch(files, trainer, bar);
  trainer.sink(watch);
  if (s.resume) trainer.resume(files.directory().file(run_file::last));

  const train::History history = files.guarded([&files, &trainer, &made] {
    return files.validates() ? trainer.fit(made.parts.training, files.validation()) : trainer.fit(made.parts.training);
  });
  if (s.resume && !watch.has_trained()) {
    fmt::print(s.out_stream(), "{}", paragraph("resumed", "The run had ended: " + history.stop_reason() + "."));
  }

  Ending ending = ending_of(history, files, bar.failed());
  restore_best(ending, files, made.model);
  if (!s.save.empty() && ending.state != "diverged") {
    io::save_safetensors(s.save, made.model.state_dict(), metadata_of(description_of(s, made, configuration)));
  }
  const train::Evaluation test = train::evaluate(made.model, nn::CrossEntropyLoss(), made.images.test,
                                                 {.batch_size = evaluation_batch, .classes = made.images.classes()});
  const Json results = results_of(ending, history, test, made);
  files.finish(trainer, test, results);
  if (ending.code == 0) ending = ending_of(history, files, bar.failed());
  if (!bar.failed()) print_results(s, history, files, results);
  if (!ending.line.empty()) fmt::print(stderr, "xtape-mnist: {}\n", ending.line);
  return ending.code;
}
