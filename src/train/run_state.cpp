#include "train/run_state.hpp"

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/fail.hpp"
#include "io/text.hpp"
#include "optim/state.hpp"

namespace xtape::train {

namespace {

constexpr const char *options_prefix = "options.", *shards_name = "options.shards", *monitor_text = "monitor",
                     *stop_reason_text = "stop_reason", *stop_event_text = "stop_event";
constexpr std::int64_t no_cause = static_cast<std::int64_t>(StopCause::none);

struct Field {
  std::string name;
  std::variant<std::int64_t*, double*, bool*> value;
};
using Fields = std::vector<Field>;

/// All but the options and the records.
Fields fields_of(RunState& run) {
  EpochTotals& totals = run.fit.totals;
  BestSoFar& best = run.fit.best;
  return {{"epoch", &run.fit.epoch},
          {"batch", &run.fit.batch},
          {"steps", &run.fit.steps},
          {"seconds", &run.fit.seconds},
          {"epochs_begun", &run.epochs_begun},
          {"classes", &run.fit.classes},
          {"min_delta", &run.min_delta},
          {"validation_samples", &run.validation_samples},
          {"train_eval_samples", &run.train_eval_samples},
          {"stop_cause", &run.stop_cause},
          {"weights_epoch", &run.weights_epoch},
          {"weights_steps", &run.weights_steps},
          {"totals.loss", &totals.loss},
          {"totals.denominator", &totals.denominator},
          {"totals.correct", &totals.score.correct},
          {"totals.counted", &totals.score.counted},
          {"totals.has_classes", &totals.has_classes},
          {"first_loss", &run.fit.first_loss},
          {"majority_share", &run.fit.majority_share},
          {"train_eval_r2", &run.fit.train_eval_r2},
          {"validation_r2", &run.fit.validation_r2},
          {"best.value", &best.value},
          {"best.epoch", &best.epoch},
          {"best.epochs_since", &best.epochs_since}};
}

/// The last is in the files of runs with a communicator alone.
Fields fields_of(DecidingOptions& options) {
  return {{"training_samples", &options.training_samples},
          {"batch_size", &options.batch_size},
          {"shuffle", &options.shuffle},
          {"drop_last", &options.drop_last},
          {"seed", &options.seed},
          {"accumulate", &options.accumulate},
          {"clip_grad_norm", &options.clip_grad_norm},
          {"ema", &options.ema},
          {"shards", &options.shards}};
}

void write(optim::StateWriter& writer, const std::string& prefix, const Fields& fields) {
  for (const Field& f : fields) {
    std::visit([&](const auto* value) { writer.write(prefix + f.name, *value); }, f.value);
  }
}
void read(optim::StateReader& reader, const std::string& prefix, const Fields& fields) {
  for (const Field& f : fields) {
    std::visit([&](auto* value) { reader.read(prefix + f.name, *value); }, f.value);
  }
}

void check_counts(const char* op, const Fields& fields) {
  constexpr std::int64_t most = std::int64_t{1} << 53;
  for (const Field& f : fields) {
    const auto* const number = std::get_if<std::int64_t*>(&f.value);
    if (!number || (**number >= 0 && **number <= most)) continue;
    fail<ValueError>(op, "\"{}\" = {} is outside [0, {}]", f.name, **number, most);
  }
}

/// What can be known to be wrong without the run that the file belongs to.
void check_numbers(const char* op, RunState& run) {
  check_counts(op, fields_of(run));
  check_counts(op, {{"options.training_samples", &run.options.training_samples}, {shards_name, &run.options.shards}});
  if (run.fit.best.epoch > run.fit.epoch) {
    fail<ValueError>(op, "\"best.epoch\" = {}, but there were {} epochs", run.fit.best.epoch, run.fit.epoch);
  }
  if (run.weights_epoch > run.fit.epoch) {
    fail<ValueError>(op, "\"weights_epoch\" = {}, but there were {} epochs", run.weights_epoch, run.fit.epoch);
  }
  if (!(run.min_delta >= 0 && std::isfinite(run.min_delta))) {
    fail<ValueError>(op, "\"min_delta\" = {} is not a finite number >= 0", run.min_delta);
  }
  if (run.stop_cause > no_cause) {
    fail<ValueError>(op, "\"stop_cause\" = {} is outside [0, {}]", run.stop_cause, no_cause);
  }
}

std::string text_of(const Field& field) {
  return std::visit([](const auto* value) { return fmt::format("{}", *value); }, field.value);
}

/// The columns of the table of records: all fields but the epoch, which is the row's number.
constexpr std::span columns = std::span(epoch_fields).subspan<1>();

std::string column(const char* name) { return std::string("history.") + name; }

/// A column with an entry for each epoch.
template <class T>
std::vector<T> read_column(const char* op, optim::StateReader& reader, const char* name, std::int64_t epochs) {
  std::vector<T> values;
  reader.read(column(name), values);
  if (static_cast<std::int64_t>(values.size()) != epochs) {
    fail<ValueError>(op, "\"{}\" has {} entries for {} epochs", column(name), values.size(), epochs);
  }
  return values;
}

std::vector<EpochRecord> read_records(const char* op, optim::StateReader& reader, std::int64_t epochs) {
  // A record for each step count: of a file that lies about its epochs, this column is the one that an error names.
  std::vector<EpochRecord> records(read_column<std::int64_t>(op, reader, "steps", epochs).size());
  for (const EpochField& field : columns) {
    const auto read = [&]<class T>(T EpochRecord::*member) {
      const std::vector<T> values = read_column<T>(op, reader, field.name, epochs);
      for (std::size_t i = 0; i < values.size(); ++i) records[i].*member = values[i];
    };
    std::visit(read, field.member);
  }
  for (std::size_t i = 0; i < records.size(); ++i) records[i].epoch = static_cast<std::int64_t>(i) + 1;
  return records;
}

}  // namespace

StateDict to_dict(RunState run) {
  optim::StateWriter writer;
  write(writer, "", fields_of(run));
  Fields options = fields_of(run.options);
  if (run.options.shards == 0) options.pop_back();
  write(writer, options_prefix, options);
  for (const EpochField& field : columns) {
    const auto write = [&]<class T>(T EpochRecord::*member) {
      std::vector<T> values;
      for (const EpochRecord& record : run.fit.records) values.push_back(record.*member);
      writer.write(column(field.name), std::span<const T>(values));
    };
    std::visit(write, field.member);
  }
  return writer.take();
}

io::Metadata to_metadata(const RunTexts& texts) {
  return {{monitor_text, texts.monitor}, {stop_reason_text, texts.stop_reason}, {stop_event_text, texts.stop_event}};
}

RunState run_state_from(const char* op, const StateDict& dict) {
  optim::StateReader reader("Trainer", dict);
  RunState run;
  read(reader, "", fields_of(run));
  Fields options = fields_of(run.options);
  if (!reader.has(shards_name)) options.pop_back();
  read(reader, options_prefix, options);
  check_numbers(op, run);
  run.fit.records = read_records(op, reader, run.fit.epoch);
  reader.expect_all_read();
  return run;
}

RunTexts run_texts_from(const checkpoint::Contents& file) {
  const io::Metadata texts = checkpoint::own_texts(file);
  const auto text = [&texts](const char* name) { return texts.contains(name) ? texts.at(name) : std::string(); };
  return {text(monitor_text), text(stop_reason_text), text(stop_event_text)};
}

namespace {

/// What the file has no column for, since it follows from the others.
void mark_best(std::vector<EpochRecord>& records, const std::string& monitor, double min_delta) {
  BestSoFar best;
  for (EpochRecord& r : records) {
    const double value = detail::monitored(r, monitor);
    r.is_best = best.is_beaten_by(value, min_delta, detail::lower_is_better(monitor));
    if (r.is_best) best = {.value = value, .epoch = r.epoch};
  }
}

}  // namespace

HistoryData history_data(RunState run, RunTexts texts) {
  mark_best(run.fit.records, texts.monitor, run.min_delta);
  return {.epochs = std::move(run.fit.records),
          .monitor = std::move(texts.monitor),
          .min_delta = run.min_delta,
          .cause = static_cast<StopCause>(run.stop_cause),
          .stop_reason = std::move(texts.stop_reason),
          .stop_event = std::move(texts.stop_event),
          .weights_epoch = run.weights_epoch,
          .weights_steps = run.weights_steps,
          .training_samples = run.options.training_samples,
          .validation_samples = run.validation_samples,
          .train_eval_samples = run.train_eval_samples,
          .classes = run.fit.classes,
          .first_loss = run.fit.first_loss,
          .majority_share = run.fit.majority_share,
          .train_eval_r2 = run.fit.train_eval_r2,
          .validation_r2 = run.fit.validation_r2};
}

checkpoint::Contents read_trainer_file(const char* op, const std::string& path, const std::string& only_part) {
  checkpoint::Contents file = checkpoint::read_file(path, only_part);
  if (!file.has_part(trainer_part)) {
    fail<FileError>(op, "\"{}\" is a checkpoint, but not of a Trainer: it has no part \"{}\"", path, trainer_part);
  }
  return file;
}

History load_history(const std::string& path) {
  constexpr const char* op = "load_history";
  const checkpoint::Contents file = read_trainer_file(op, path, trainer_part);
  RunState run = read_part(op, file, trainer_part, [](const StateDict& dict) { return run_state_from(op, dict); });
  RunTexts texts = run_texts_from(file);
  if (!detail::is_monitor(texts.monitor)) {
    fail<FileError>(op, "\"{}\": the text \"{}\" is {}, which is not a monitored value", path, monitor_text,
                    io::shown(texts.monitor));
  }
  return History(history_data(std::move(run), std::move(texts)));
}

std::vector<std::string> to_texts(DecidingOptions options) {
  std::vector<std::string> texts;
  for (const Field& field : fields_of(options)) texts.push_back(fmt::format("{} = {}", field.name, text_of(field)));
  return texts;
}

void check_same_options(const std::string& path, DecidingOptions file, DecidingOptions here) {
  constexpr const char* op = "resume";
  const Fields theirs = fields_of(file), ours = fields_of(here);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::string in_file = text_of(theirs[i]), in_run = text_of(ours[i]);
    if (in_file == in_run) continue;
    fail<FileError>(op, "\"{}\" was written with {} = {}, this run has {}", path, ours[i].name, in_file, in_run);
  }
}

}  // namespace xtape::train
