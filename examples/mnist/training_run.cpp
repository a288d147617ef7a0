// A training from its first line to its last: the trainer, the files of the run, and how it ended.
//
// Invariant: whatever ends a training, the files in the directory are whole, and the last checkpoint goes on from
// there.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "../common/hash.hpp"
#include "files.hpp"
#include "layout.hpp"
#include "model_file.hpp"
#include "recorded.hpp"
#include "run_directory.hpp"
#include "training.hpp"
#include "untrusted.hpp"

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
  return record;
}

/// What is known at the end.
struct Results {
  std::string state, stop_reason;
  std::size_t epochs = 0;
  std::int64_t best_epoch = 0;
  train::Evaluation test;
  std::int64_t weights_epoch = 0;  // whose weights were tested; 0: those of no epoch
  std::string weights;             // their hash
};

Record to_json(const Results& r) {
  return {{"state", r.state},
          {"stop_reason", r.stop_reason},
          {"epochs", r.epochs},
          {"best_epoch", r.best_epoch},
          {"test_loss", r.test.loss},
          {"test_accuracy", r.test.accuracy},
          {"test_samples", r.test.samples},
          {"weights_epoch", r.weights_epoch},
          {"weights", r.weights}};
}

/// Writes the files of a run while it goes on. A file that cannot be written ends the training in good order.
class RunFiles {
 public:
  RunFiles(const TrainSettings& s, const TrainingSetup& setup, const Configuration& configuration, const Ranks& ranks);

  const RunDirectory& directory() const { return run_; }
  /// What went wrong first; "" if nothing did.
  const std::string& failure() const { return failure_; }
  void note_failure(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  /// Writes what a run has from its beginning. Of a run that is resumed nothing changes until an epoch begins.
  void begin();
  /// With as many processes as now.
  std::string command_to_resume() const;
  train::CheckpointOptions checkpoint(const io::Metadata& metadata) const;
  /// The metrics, and the page unless it has just been written.
  void write_epoch(const train::Trainer& trainer);
  /// The last page, and run.json with the results, where a failure is the state and the reason.
  void finish(const train::Trainer& trainer, const std::optional<Results>& results = {});
  /// f(); an exception of it is a failure of the run.
  template <class F>
  auto guarded(const train::Trainer& trainer, F f) {
    try {
      return f();
    } catch (const std::exception& e) {
      note_failure(e.what());
      if (has_begun_) finish(trainer);
      throw;
    }
  }

 private:
  void write_page(const train::History& history) const;
  void evaluate(const train::Trainer& trainer, std::int64_t epoch, const std::string& weights);
  std::string record_text() const;
  void end_record(const Record& results);
  template <class F>
  void attempt(F f) {
    try {
      f();
    } catch (const std::exception& e) {
      note_failure(e.what());
    }
  }

  const TrainingSetup& setup_;
  RunDirectory run_;
  std::string config_;
  bool has_begun_ = false, is_resumed_;
  Record record_;
  const bool averages_;  // the weights
  train::ReportOptions page_;
  train::Evaluation evaluation_;      // what the last page has
  std::int64_t evaluated_epoch_ = 0;  // whose final weights that measured; 0: others
  std::string failure_;
  std::optional<std::chrono::steady_clock::time_point> page_written_;
};

RunDirectory directory_for(const TrainSettings& s, const Ranks& ranks) {
  if (!ranks.is_first()) return {};
  if (s.resume) return RunDirectory::existing(s.out);
  if (!s.out.empty()) return RunDirectory::create(s.out, s.force);
  return s.no_out || s.epochs == 0 ? RunDirectory() : RunDirectory::next();
}

RunFiles::RunFiles(const TrainSettings& s, const TrainingSetup& setup, const Configuration& configuration,
                   const Ranks& ranks)
    : setup_(setup),
      run_(directory_for(s, ranks)),
      config_(to_toml(configuration)),
      is_resumed_(s.resume),
      averages_(s.ema > 0) {
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
  if (s.mpi) {
    record_["ranks"] = ranks.size();
    record_["virtual_shards"] = s.virtual_shards;
  }
  page_ = page_of_run(run_.path(), configuration, record_);
  page_.summary = summary_of(setup.model, image_shape).to_string();
  if (!is_resumed_) begin();
}

void RunFiles::begin() {
  if (!run_.defined() || std::exchange(has_begun_, true)) return;
  if (is_resumed_) {
    if (!record_["resumed"].is_array()) record_["resumed"] = Record::array();
    record_["resumed"].push_back(now());
  }
  record_["state"] = "running";  // also of a run that was killed: then nobody holds the lock of its directory
  record_["pid"] = static_cast<std::int64_t>(::getpid());
  if (!is_resumed_) return run_.begin(config_, record_text());
  run_.write(run_file::config, config_);
  run_.write(run_file::record, record_text());
}

std::string RunFiles::command_to_resume() const {
  if (!record_.contains("ranks")) return "xtape-mnist train --resume " + run_.path();
  return fmt::format("mpirun -n {} xtape-mnist train --mpi --resume {}", record_["ranks"].get<int>(), run_.path());
}

train::CheckpointOptions RunFiles::checkpoint(const io::Metadata& metadata) const {
  if (!run_.defined()) return {};
  return {.path = run_.file(run_file::last), .best_path = run_.file(run_file::best), .metadata = metadata};
}

void RunFiles::write_epoch(const train::Trainer& trainer) {
  if (!run_.defined() || !failure_.empty()) return;
  attempt([this, &trainer] {
    const train::History history = trainer.history();
    run_.write(run_file::metrics_csv, history.to_csv());
    run_.write(run_file::metrics_jsonl, history.to_jsonl());
    const auto time = std::chrono::steady_clock::now();
    // Short epochs would be slowed down by their page.
    if (page_written_ && time - *page_written_ < std::chrono::seconds(2)) return;
    const auto epoch = static_cast<std::int64_t>(history.size());
    evaluate(trainer, averages_ ? 0 : epoch,
             fmt::format("weights of epoch {}{}", epoch, averages_ ? ", not averaged" : ""));
    page_.refresh_seconds = 5;
    write_page(history);
    page_written_ = std::chrono::steady_clock::now();
  });
}

/// A second pass over the validation data, for that of the trainer counts only the right answers. It takes 5 to 7% of
/// an epoch. `epoch` is the one whose final weights the model has; 0: it has others. What was measured with them last
/// is not measured again.
void RunFiles::evaluate(const train::Trainer& trainer, std::int64_t epoch, const std::string& weights) {
  if (!setup_.validation.defined()) return;
  if (epoch == 0 || epoch != evaluated_epoch_) {
    evaluation_ = trainer.evaluate(setup_.validation, {.classes = setup_.images.classes()});
  }
  evaluated_epoch_ = epoch;
  page_.evaluated_on = fmt::format("validation data ({})", weights);
}

void RunFiles::write_page(const train::History& history) const {
  run_.check_in_place();
  train::save_report(run_.file(run_file::report), history, evaluation_, page_);
}

std::string RunFiles::record_text() const {
  // Arguments and names of files need not be UTF-8.
  return record_.dump(2, ' ', false, Record::error_handler_t::replace) + '\n';
}

void RunFiles::finish(const train::Trainer& trainer, const std::optional<Results>& results) {
  if (!run_.defined()) return;
  const std::int64_t epoch = results ? results->weights_epoch : 0;
  if (results) page_.test = results->test;
  page_.refresh_seconds = 0;
  // Also after a failure: the page is no longer read again.
  attempt([this, &trainer, epoch] {
    evaluate(trainer, epoch, epoch == 0 ? "final weights" : fmt::format("weights of epoch {}", epoch));
    write_page(trainer.history());
  });
  attempt([this, &results] { end_record(results ? to_json(*results) : Record::object()); });
}

void RunFiles::end_record(const Record& results) {
  record_.update(results);
  if (!failure_.empty()) record_.update({{"state", "failed"}, {"stop_reason", failure_}});
  record_["ended"] = now();
  run_.write(run_file::record, record_text());
}

/// Where the run goes on: "after epoch 3, step 339".
std::string place_of(const train::FitBegin& fit) {
  if (fit.first_batch > 1) return fmt::format("within epoch {}, after step {}", fit.first_epoch, fit.steps);
  return fmt::format("after epoch {}, step {}", fit.first_epoch - 1, fit.steps);
}

/// The trainer's sink: writes the files, and stops when they cannot be written or the display has failed.
class Watch {
 public:
  Watch(const TrainSettings& s, RunFiles& files, train::Trainer& trainer, const train::ProgressBar& bar)
      : s_(s), files_(files), trainer_(trainer), bar_(bar) {}
  /// The end of the lines above the progress.
  void on_fit_begin(const train::FitBegin& fit) const {
    if (s_.progress == "none") return;
    if (s_.resume) fmt::print(s_.out_stream(), "{}", paragraph("resumed", place_of(fit)));
    fmt::print(s_.out_stream(), "\n");
    std::fflush(s_.out_stream());  // a failure is the display's to report
  }
  void on_epoch_begin(const train::EpochBegin&) {
    has_trained_ = true;
    files_.begin();
  }
  // Each of these may be followed by a checkpoint. An exception, unlike stop(), writes none.
  void on_batch_end(const train::BatchRecord&) {
    files_.directory().check_in_place();
    stop_on_failure();
  }
  void on_epoch_end(const train::EpochRecord&) {
    files_.directory().check_in_place();
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
  const TrainSettings& s_;
  RunFiles& files_;
  train::Trainer& trainer_;
  const train::ProgressBar& bar_;
  bool has_trained_ = false;
};

/// For a run that had ended, so that no epoch was trained.
std::string how_to_train_further(const train::History& history) {
  const std::string text = "nothing to train: the run had ended";
  if (history.stop_cause() == train::StopCause::patience) return text + "; a larger --early-stopping trains further";
  if (history.stop_cause() == train::StopCause::last_epoch) return text + "; more --epochs train further";
  return text;
}

struct Ending {
  int code = 0;
  std::string state = "finished", line;  // for stderr; "" for none
};

/// The end of the line about an interruption.
std::string what_remains(const TrainSettings& s, const RunFiles& files) {
  if (files.directory().defined()) {
    std::error_code error;
    const std::string& path = files.directory().path();
    if (!std::filesystem::exists(files.directory().file(run_file::last), error)) {
      return fmt::format("; there is no checkpoint yet: begin again with --out {} --force", path);
    }
    return "; continue with " + files.command_to_resume();
  }
  // Early stopping keeps the best weights in memory.
  return s.early_stopping > 0 ? "" : "; the weights are those of the last step, for --no-out keeps no best epoch";
}

/// Of the signal that has arrived here or has ended training on another rank; 0: none.
int signal_of(const train::History& history) {
  if (history.stop_cause() != train::StopCause::signal) return train::StopOnSignal::received();
  return history.data().stop_event.rfind("SIGINT", 0) == 0 ? SIGINT : SIGTERM;
}

Ending ending_of(const TrainSettings& s, const train::History& history, const RunFiles& files, bool display_failed) {
  if (!files.failure().empty()) return {1, "failed", files.failure()};
  if (display_failed && reader_is_gone())
    return {128 + SIGPIPE, "stopped", ReaderIsGone().what() + what_remains(s, files)};
  if (display_failed) return {1, "stopped", "stdout: cannot be written to" + what_remains(s, files)};
  if (history.stop_cause() == train::StopCause::not_finite) {
    return {1, "diverged", "train: " + history.stop_reason() + "; try a smaller --lr"};
  }
  const bool is_complete =
      history.stop_cause() == train::StopCause::last_epoch || history.stop_cause() == train::StopCause::patience;
  // A signal after the last epoch has interrupted nothing.
  if (const int signal = signal_of(history); signal != 0 && !is_complete) {
    return {128 + signal, "stopped",
            fmt::format("stopped by {}{}", signal == SIGINT ? "Ctrl-C" : "SIGTERM", what_remains(s, files))};
  }
  return {};
}

/// After an interruption the weights are those of the best epoch, if a file has them: then true.
bool restore_best(const Ending& ending, const RunFiles& files, nn::Sequential& model) {
  if (ending.state != "stopped" || !files.directory().defined()) return false;
  const std::string best = files.directory().file(run_file::best);
  std::error_code error;
  if (!std::filesystem::exists(best, error)) return false;
  model.load_state_dict(io::load_safetensors(best));
  return true;
}

/// "those of epoch 6, the best"
std::string weights_in_words(const train::History& history, std::int64_t epoch) {
  if (epoch == 0) return history.data().weights_steps == 0 ? "those that it began with" : "those of its last step";
  const bool is_last = epoch == static_cast<std::int64_t>(history.size()), is_best = epoch == history.best_epoch();
  return fmt::format("those of epoch {}{}", epoch,
                     is_last && is_best ? ", the last and best"
                     : is_best          ? ", the best"
                                        : ", the last");
}

/// Why training ended, and where the best weights are if the model has others.
void print_end(std::FILE* out, const train::History& history, const RunFiles& files, std::int64_t epoch) {
  const bool is_last = history.stop_cause() == train::StopCause::last_epoch && epoch > 0 &&
                       epoch == static_cast<std::int64_t>(history.size());
  const std::string weights =
      is_last ? std::string("the model has its weights") + (epoch == history.best_epoch() ? ", the best" : "")
              : "the weights are " + weights_in_words(history, epoch);
  fmt::print(out, "{}", paragraph("ended", history.data().stop_event + "; " + weights));
  if (history.best_epoch() == 0 || epoch == history.best_epoch()) return;
  const train::EpochRecord best = history.best();
  const bool validated = !std::isnan(best.validation_loss);
  const std::string place =
      files.directory().defined() ? files.directory().file(run_file::best) : "not kept, by --no-out";
  fmt::print(
      out, "{}",
      paragraph("best", fmt::format("epoch {}, {} loss {:.4f}: {}", best.epoch, validated ? "validation" : "training",
                                    validated ? best.validation_loss : best.train_loss, place)));
}

void print_results(const TrainSettings& s, const train::History& history, const RunFiles& files,
                   const Results& results) {
  std::FILE* const out = s.out_stream();
  const std::int64_t epoch = results.weights_epoch;
  const bool is_short = s.progress == "none" || s.epochs == 0;  // then no lines stand above and none are empty
  if (!is_short) fmt::print(out, "\n");
  if (s.epochs > 0) print_end(out, history, files, epoch);
  if (!history.empty()) fmt::print(out, "{}", paragraph("verdict", history.verdict(verdict_words())));
  fmt::print(out, "{}test    loss {:.4f}, accuracy {:.4f}\n", is_short ? "" : "\n", results.test.loss,
             results.test.accuracy);
  if (epoch > 0) fmt::print(out, "        with the weights of epoch {}\n", epoch);
  fmt::print(out, "weights {}\n", results.weights);
  const std::string page = files.directory().defined() ? files.directory().file(run_file::report) : "";
  std::error_code error;
  const bool has_page = !page.empty() && std::filesystem::exists(page, error);
  if (has_page) fmt::print(out, "report  {}\n", io::printable(page));
  flush(out);
  if (s.progress != "json") return;
  Record line = {{"type", "test"}};
  line.update(to_json(results));
  if (has_page) line["report"] = page;
  fmt::print("{}\n", line.dump(-1, ' ', false, Record::error_handler_t::replace));
  flush(stdout);
}

Results results_of(const Ending& ending, const train::History& history, const TrainingSetup& setup,
                   std::int64_t epoch) {
  return {.state = ending.state,
          .stop_reason = history.stop_reason(),
          .epochs = history.size(),
          .best_epoch = history.best_epoch(),
          .test = train::evaluate(setup.model, nn::CrossEntropyLoss(), setup.images.test,
                                  {.batch_size = evaluation_batch, .classes = setup.images.classes()}),
          .weights_epoch = epoch,
          .weights = fmt::format("{:016x}", hash_of(setup.model))};
}

void print_beginning(const TrainSettings& s, const TrainingSetup& setup, const RunFiles& files) {
  if (s.progress == "none") return;
  std::FILE* const out = s.out_stream();
  print_heading(s, setup);
  if (files.directory().defined()) fmt::print(out, "run     {}\n", io::printable(files.directory().path()));
}

}  // namespace

int run_training(const TrainSettings& s, const Configuration& configuration, const Ranks& ranks) {
  const train::StopOnSignal stop_on_signal;
  TrainingSetup setup(s);
  const io::Metadata metadata = metadata_of(
      {.classes = setup.images.classes(), .architecture = s.architecture, .configuration = to_toml(configuration)});
  RunFiles files(s, setup, configuration, ranks);
  train::TrainerOptions options{.epochs = s.epochs, .batch_size = s.batch_size, .seed = s.seed};
  options.clip_grad_norm = s.clip_grad_norm;
  options.ema = s.ema;
  options.early_stopping.patience = s.early_stopping;
  options.checkpoint = files.checkpoint(metadata);
  options.communicator = ranks.communicator();
  options.virtual_shards = s.virtual_shards;
  train::Trainer trainer(setup.model, setup.loss, *setup.optimizer, options);
  if (setup.scheduler) trainer.schedule(*setup.scheduler, setup.every);
  train::ProgressBar bar(stdout, {.mode = mode_of(s.progress), .words = verdict_words()});
  trainer.sink(bar);
  Watch watch(s, files, trainer, bar);
  trainer.sink(watch);

  const train::History history = files.guarded(trainer, [&s, &setup, &files, &trainer, &ranks] {
    if (ranks.is_first()) print_beginning(s, setup, files);
    if (s.resume) trainer.resume(s.out + '/' + run_file::last);
    return trainer.fit(setup.parts.training, setup.validation);
  });
  if (!ranks.is_first()) return ranks.code_of_first(0);
  if (s.resume && !watch.has_trained()) {
    fmt::print(s.out_stream(), "{}", paragraph("resumed", how_to_train_further(history)));
  }

  Ending ending = ending_of(s, history, files, bar.failed());
  const bool is_restored = restore_best(ending, files, setup.model);
  if (!s.save.empty() && ending.state != "diverged") {
    try {
      io::save_safetensors(s.save, setup.model.state_dict(), metadata);
    } catch (const FileError& e) {
      files.note_failure(e.what());
    }
  }
  if (!files.failure().empty()) ending = ending_of(s, history, files, bar.failed());
  const Results results = files.guarded(trainer, [&ending, &history, &setup, is_restored] {
    return results_of(ending, history, setup, is_restored ? history.best_epoch() : history.weights_epoch());
  });
  files.finish(trainer, results);
  if (ending.code == 0) ending = ending_of(s, history, files, bar.failed());
  if (!bar.failed()) print_results(s, history, files, results);
  if (!ending.line.empty()) print_message(ending.line);
  return ranks.code_of_first(ending.code);
}
