// A training from its first line to its last: the trainer, the files of the run, and how it ended.
//
// Invariant: whatever ends a training, the files in the directory are whole, and the last checkpoint goes on from
// there.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>

#include "files.hpp"
#include "hash.hpp"
#include "layout.hpp"
#include "model_file.hpp"
#include "recorded.hpp"
#include "run_directory.hpp"
#include "training.hpp"

using namespace xtape;

namespace {

train::ProgressMode mode_of(const std::string& name) {
  if (name == "bar") return train::ProgressMode::bar;
  if (name == "plain") return train::ProgressMode::plain;
  if (name == "json") return train::ProgressMode::json;
  return name == "none" ? train::ProgressMode::none : train::ProgressMode::automatic;
}

/// That of the run that goes on, if the data is the same.
Record record_to_continue(const RunDirectory& run, const std::string& data_hash) {
  Record record = read_record("--resume", run.path());
  const std::string before = text_in(record, "hash", "data");
  if (before.empty()) {
    throw FileError("--resume", fmt::format("\"{}\" is damaged: it names no data", run.file(run_file::record)));
  }
  if (before != data_hash) {
    throw FileError("--resume", fmt::format("the run in \"{}\" was trained on other data: its hash is {}, that of "
                                            "--data is {}",
                                            run.path(), before, data_hash));
  }
  if (!record["resumed"].is_array()) record["resumed"] = Record::array();
  record["resumed"].push_back(now());
  return record;
}

/// What is known at the end.
struct Results {
  std::string state, stop_reason;
  std::size_t epochs = 0;
  std::int64_t best_epoch = 0;
  double test_loss = 0, test_accuracy = 0;
  std::string weights;  // their hash
};

Record to_json(const Results& r) {
  return {{"state", r.state},           {"stop_reason", r.stop_reason}, {"epochs", r.epochs},
          {"best_epoch", r.best_epoch}, {"test_loss", r.test_loss},     {"test_accuracy", r.test_accuracy},
          {"weights", r.weights}};
}

/// Writes the files of a run while it goes on. A file that cannot be written ends the training in good order.
class RunFiles {
 public:
  RunFiles(const TrainSettings& s, const TrainingSetup& setup, const Configuration& configuration);

  const RunDirectory& directory() const { return run_; }
  /// What went wrong first; "" if nothing did.
  const std::string& failure() const { return failure_; }
  void note_failure(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  train::CheckpointOptions checkpoint(const io::Metadata& metadata) const;
  /// The metrics, and the page unless it has just been written.
  void write_epoch(const train::Trainer& trainer);
  /// The last page, and run.json with the results.
  void finish(const train::Trainer& trainer, const Results& results);
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

 private:
  void write_page(const train::Trainer& trainer, bool goes_on);
  void write_record();
  void end_record(const Record& results);
  template <class F>
  void attempt(F f) {
    try {
      if (failure_.empty()) f();
    } catch (const std::exception& e) {
      note_failure(e.what());
    }
  }

  const TrainingSetup& setup_;
  RunDirectory run_;
  Record record_;
  train::ReportOptions page_;
  std::string failure_;
  std::optional<std::chrono::steady_clock::time_point> page_written_;
};

RunDirectory directory_for(const TrainSettings& s) {
  if (s.resume) return RunDirectory::existing(s.out);
  if (!s.out.empty()) return RunDirectory::create(s.out, s.force);
  return s.no_out || s.epochs == 0 ? RunDirectory() : RunDirectory::next();
}

RunFiles::RunFiles(const TrainSettings& s, const TrainingSetup& setup, const Configuration& configuration)
    : setup_(setup), run_(directory_for(s)) {
  if (!run_.defined()) return;
  const std::string hash = hash_of(setup.images);
  if (s.resume) {
    record_ = record_to_continue(run_, hash);
  } else {
    record_ = record_of_program(s.threads);
    record_["seed"] = s.seed;
    record_["data"] = {{"name", setup.images.name},
                       {"hash", hash},
                       {"training", setup.parts.training.size()},
                       {"validation", setup.parts.held_out.size()},
                       {"test", setup.images.test.size()}};
  }
  record_["state"] = "running";  // that of a run that was killed, too
  page_ = page_of_run(run_.path(), configuration, record_);
  page_.summary = summary_of(setup.model, image_shape).to_string();
  run_.write(run_file::config, to_toml(configuration));
  write_record();
}

train::CheckpointOptions RunFiles::checkpoint(const io::Metadata& metadata) const {
  if (!run_.defined()) return {};
  return {.path = run_.file(run_file::last), .best_path = run_.file(run_file::best), .metadata = metadata};
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
  const train::History history = trainer.history();
  train::Evaluation evaluation;
  if (setup_.validation.defined()) {
    evaluation = trainer.evaluate(setup_.validation, {.classes = setup_.images.classes()});
  }
  page_.evaluated_on = "validation data, with the weights " +
                       (goes_on ? fmt::format("of epoch {}", history.size()) : "that the training ended with");
  page_.refresh_seconds = goes_on ? 5 : 0;
  train::save_report(run_.file(run_file::report), history, evaluation, page_);
}

void RunFiles::write_record() {
  // Arguments and names of files need not be UTF-8.
  run_.write(run_file::record, record_.dump(2, ' ', false, Record::error_handler_t::replace) + '\n');
}

void RunFiles::finish(const train::Trainer& trainer, const Results& results) {
  if (!run_.defined()) return;
  attempt([this, &trainer, &results] {
    write_page(trainer, false);
    end_record(to_json(results));
  });
}

void RunFiles::end_record(const Record& results) {
  if (!run_.defined()) return;
  record_.update(results);
  record_["ended"] = now();
  write_record();
}

/// The trainer's sink: writes the files, and stops when they cannot be written or the display has failed.
class Watch {
 public:
  Watch(RunFiles& files, train::Trainer& trainer, const train::ProgressBar& bar)
      : files_(files), trainer_(trainer), bar_(bar) {}
  void on_epoch_begin(const train::EpochBegin&) { has_trained_ = true; }
  void on_batch_end(const train::BatchRecord&) { stop_on_failure(); }
  void on_epoch_end(const train::EpochRecord&) {
    files_.write_epoch(trainer_);
    stop_on_failure();
  }
  void on_warning(const train::Warning& e) {
    if (e.kind == train::WarningKind::checkpoint_failed) files_.note_failure(e.message);
  }
  /// Whether there was anything left to do.
  bool has_trained() const { return has_trained_; }

 private:
  void stop_on_failure() {
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

/// The end of the line about an interruption.
std::string what_remains(const TrainSettings& s, const RunFiles& files) {
  if (files.directory().defined()) {
    return fmt::format("; continue with xtape-mnist train --resume {}", files.directory().path());
  }
  // Early stopping keeps the best weights in memory.
  return s.early_stopping > 0 ? "" : "; the weights are those of the last step, for --no-out keeps no best epoch";
}

Ending ending_of(const TrainSettings& s, const train::History& history, const RunFiles& files, bool display_failed) {
  if (!files.failure().empty()) return {1, "failed", files.failure()};
  if (display_failed && reader_is_gone())
    return {128 + SIGPIPE, "stopped", ReaderIsGone().what() + what_remains(s, files)};
  if (display_failed) return {1, "stopped", "stdout: cannot be written to" + what_remains(s, files)};
  if (history.stop_cause() == train::StopCause::not_finite) {
    return {1, "diverged", "train: " + history.stop_reason() + "; try a smaller --lr"};
  }
  if (const int signal = train::StopOnSignal::received()) {
    return {128 + signal, "stopped",
            fmt::format("stopped by {}{}", signal == SIGINT ? "Ctrl-C" : "SIGTERM", what_remains(s, files))};
  }
  return {};
}

/// After an interruption the weights are those of the best epoch, if a file has them.
void restore_best(const Ending& ending, const RunFiles& files, nn::Sequential& model) {
  if (ending.state != "stopped" || !files.directory().defined()) return;
  const std::string best = files.directory().file(run_file::best);
  std::error_code error;
  if (std::filesystem::exists(best, error)) model.load_state_dict(io::load_safetensors(best));
}

void print_results(const TrainSettings& s, const train::History& history, const RunFiles& files,
                   const Results& results) {
  std::FILE* const out = s.out_stream();
  if (!history.empty()) fmt::print(out, "\n{}", paragraph("verdict", history.verdict()));
  fmt::print(out, "\ntest    loss {:.4f}, accuracy {:.4f}\n", results.test_loss, results.test_accuracy);
  fmt::print(out, "weights {}\n", results.weights);
  if (files.directory().defined()) fmt::print(out, "report  {}\n", files.directory().file(run_file::report));
  flush(out);
  if (s.progress != "json") return;
  Record line = {{"type", "test"}};
  line.update(to_json(results));
  if (files.directory().defined()) line["report"] = files.directory().file(run_file::report);
  fmt::print("{}\n", line.dump(-1, ' ', false, Record::error_handler_t::replace));
  flush(stdout);
}

Results results_of(const Ending& ending, const train::History& history, const TrainingSetup& setup) {
  const train::Evaluation test = train::evaluate(setup.model, nn::CrossEntropyLoss(), setup.images.test,
                                                 {.batch_size = evaluation_batch, .classes = setup.images.classes()});
  return {.state = ending.state,
          .stop_reason = history.stop_reason(),
          .epochs = history.size(),
          .best_epoch = history.best_epoch(),
          .test_loss = test.loss,
          .test_accuracy = test.accuracy,
          .weights = fmt::format("{:016x}", hash_of(setup.model))};
}

}  // namespace

int run_training(const TrainSettings& s, const Configuration& configuration) {
  const train::StopOnSignal stop_on_signal;
  TrainingSetup setup(s);
  const io::Metadata metadata = metadata_of(
      {.classes = setup.images.classes(), .architecture = s.architecture, .configuration = to_toml(configuration)});
  RunFiles files(s, setup, configuration);
  print_heading(s, setup);
  if (files.directory().defined()) fmt::print(s.out_stream(), "run     {}\n", files.directory().path());
  fmt::print(s.out_stream(), "\n");
  std::fflush(s.out_stream());  // a failure is the display's to report

  train::TrainerOptions options{.epochs = s.epochs, .batch_size = s.batch_size, .seed = s.seed};
  options.early_stopping.patience = s.early_stopping;
  options.checkpoint = files.checkpoint(metadata);
  train::Trainer trainer(setup.model, setup.loss, *setup.optimizer, options);
  if (setup.scheduler) trainer.schedule(*setup.scheduler, setup.every);
  train::ProgressBar bar(stdout, {.mode = mode_of(s.progress)});
  trainer.sink(bar);
  Watch watch(files, trainer, bar);
  trainer.sink(watch);
  if (s.resume) trainer.resume(files.directory().file(run_file::last));

  const train::History history =
      files.guarded([&trainer, &setup] { return trainer.fit(setup.parts.training, setup.validation); });
  if (s.resume && !watch.has_trained()) {
    fmt::print(s.out_stream(), "{}", paragraph("resumed", "The run had ended: " + history.stop_reason() + "."));
  }

  Ending ending = ending_of(s, history, files, bar.failed());
  restore_best(ending, files, setup.model);
  if (!s.save.empty() && ending.state != "diverged") {
    io::save_safetensors(s.save, setup.model.state_dict(), metadata);
  }
  const Results results = results_of(ending, history, setup);
  files.finish(trainer, results);
  if (ending.code == 0) ending = ending_of(s, history, files, bar.failed());
  if (!bar.failed()) print_results(s, history, files, results);
  if (!ending.line.empty()) print_message(ending.line);
  return ending.code;
}
