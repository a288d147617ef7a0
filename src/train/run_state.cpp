#include "train/run_state.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/fail.hpp"
#include "optim/state.hpp"

namespace xtape::train {

namespace {

constexpr const char* op = "resume";
constexpr std::int64_t largest_count = std::int64_t{1} << 53;

/// f(name, member) for everything but the records.
template <class R, class F>
void visit_numbers(R& run, F f) {
  f("epoch", run.fit.epoch);
  f("batch", run.fit.batch);
  f("steps", run.fit.steps);
  f("seconds", run.fit.seconds);
  f("epochs_begun", run.epochs_begun);
  f("classes", run.classes);
  f("totals.loss", run.fit.totals.loss);
  f("totals.denominator", run.fit.totals.denominator);
  f("totals.correct", run.fit.totals.score.correct);
  f("totals.counted", run.fit.totals.score.counted);
  f("totals.has_classes", run.fit.totals.has_classes);
  f("best.value", run.fit.best.value);
  f("best.epoch", run.fit.best.epoch);
  f("best.epochs_since", run.fit.best.epochs_since);
}

template <class O, class F>
void visit_options(O& options, F f) {
  f("training_samples", options.training_samples);
  f("batch_size", options.batch_size);
  f("shuffle", options.shuffle);
  f("drop_last", options.drop_last);
  f("seed", options.seed);
  f("accumulate", options.accumulate);
  f("clip_grad_norm", options.clip_grad_norm);
  f("ema", options.ema);
}

/// The columns of the table of records, but for the epoch, which is the row's number.
constexpr std::pair<const char*, double EpochRecord::*> measured[] = {
    {"train_loss", &EpochRecord::train_loss},
    {"train_accuracy", &EpochRecord::train_accuracy},
    {"validation_loss", &EpochRecord::validation_loss},
    {"validation_accuracy", &EpochRecord::validation_accuracy},
    {"lr", &EpochRecord::lr},
    {"seconds", &EpochRecord::seconds},
    {"train_eval_loss", &EpochRecord::train_eval_loss},
    {"train_eval_accuracy", &EpochRecord::train_eval_accuracy},
    {"gap", &EpochRecord::gap},
    {"gap_low", &EpochRecord::gap_low},
    {"gap_high", &EpochRecord::gap_high}};

std::string column(const char* name) { return std::string("history.") + name; }
std::string option(const char* name) { return std::string("options.") + name; }

/// A column with an entry for each epoch.
template <class T>
std::vector<T> read_column(optim::StateReader& reader, const char* name, std::int64_t epochs) {
  std::vector<T> values;
  reader.read(column(name), values);
  if (static_cast<std::int64_t>(values.size()) != epochs) {
    fail<ValueError>(op, "\"{}\" has {} entries for {} epochs", column(name), values.size(), epochs);
  }
  return values;
}

std::vector<EpochRecord> read_records(optim::StateReader& reader, std::int64_t epochs) {
  const std::vector<std::int64_t> steps = read_column<std::int64_t>(reader, "steps", epochs);
  std::vector<EpochRecord> records(steps.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].epoch = static_cast<std::int64_t>(i) + 1;
    records[i].steps = steps[i];
  }
  for (const auto& [name, member] : measured) {
    const std::vector<double> values = read_column<double>(reader, name, epochs);
    for (std::size_t i = 0; i < records.size(); ++i) records[i].*member = values[i];
  }
  return records;
}

}  // namespace

StateDict to_dict(const RunState& run) {
  optim::StateWriter writer;
  visit_numbers(run, [&writer](const char* name, auto value) { writer.write(name, value); });
  visit_options(run.options, [&writer](const char* name, auto value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t>) {
      writer.write(option(name), static_cast<std::int64_t>(value));
    } else {
      writer.write(option(name), value);
    }
  });
  std::vector<std::int64_t> steps;
  for (const EpochRecord& record : run.fit.records) steps.push_back(record.steps);
  writer.write(column("steps"), std::span<const std::int64_t>(steps));
  for (const auto& [name, member] : measured) {
    std::vector<double> values;
    for (const EpochRecord& record : run.fit.records) values.push_back(record.*member);
    writer.write(column(name), std::span<const double>(values));
  }
  return writer.take();
}

RunState run_state_from(const StateDict& dict) {
  optim::StateReader reader("Trainer", dict);
  RunState run;
  visit_numbers(run, [&reader](const char* name, auto& value) {
    if constexpr (std::is_same_v<decltype(value), std::int64_t&>) {
      reader.read_count(name, value, 0);
      if (value > largest_count) fail<ValueError>(op, "\"{}\" = {}; expected at most {}", name, value, largest_count);
    } else {
      reader.read(name, value);
    }
  });
  visit_options(run.options, [&reader](const char* name, auto& value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t&>) {
      std::int64_t number = 0;
      reader.read(option(name), number);
      value = static_cast<std::uint64_t>(number);
    } else {
      reader.read(option(name), value);
    }
  });
  run.fit.records = read_records(reader, run.fit.epoch);
  reader.expect_all_read();
  return run;
}

void check_same_options(const std::string& path, const DecidingOptions& file, const DecidingOptions& here) {
  std::vector<std::string> ours;
  visit_options(here, [&ours](const char*, auto value) { ours.push_back(fmt::format("{}", value)); });
  auto other = ours.begin();
  visit_options(file, [&other, &path](const char* name, auto value) {
    const std::string& our = *other++;
    if (const std::string theirs = fmt::format("{}", value); theirs != our) {
      fail<FileError>(op, "\"{}\" was written with {} = {}, this run has {}", path, name, theirs, our);
    }
  });
}

}  // namespace xtape::train
