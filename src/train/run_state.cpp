#include "train/run_state.hpp"

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/fail.hpp"
#include "optim/state.hpp"

namespace xtape::train {

namespace {

constexpr const char *op = "resume", *options_prefix = "options.";

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

Fields fields_of(DecidingOptions& options) {
  return {{"training_samples", &options.training_samples},
          {"batch_size", &options.batch_size},
          {"shuffle", &options.shuffle},
          {"drop_last", &options.drop_last},
          {"seed", &options.seed},
          {"accumulate", &options.accumulate},
          {"clip_grad_norm", &options.clip_grad_norm},
          {"ema", &options.ema}};
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

void check_counts(const Fields& fields) {
  constexpr std::int64_t most = std::int64_t{1} << 53;
  for (const Field& f : fields) {
    const auto* const number = std::get_if<std::int64_t*>(&f.value);
    if (!number || (**number >= 0 && **number <= most)) continue;
    fail<ValueError>(op, "\"{}\" = {} is outside [0, {}]", f.name, **number, most);
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
std::vector<T> read_column(optim::StateReader& reader, const char* name, std::int64_t epochs) {
  std::vector<T> values;
  reader.read(column(name), values);
  if (static_cast<std::int64_t>(values.size()) != epochs) {
    fail<ValueError>(op, "\"{}\" has {} entries for {} epochs", column(name), values.size(), epochs);
  }
  return values;
}

std::vector<EpochRecord> read_records(optim::StateReader& reader, std::int64_t epochs) {
  // A record for each step count: of a file that lies about its epochs, this column is the one that an error names.
  std::vector<EpochRecord> records(read_column<std::int64_t>(reader, "steps", epochs).size());
  for (const EpochField& field : columns) {
    const auto read = [&]<class T>(T EpochRecord::*member) {
      const std::vector<T> values = read_column<T>(reader, field.name, epochs);
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
  write(writer, options_prefix, fields_of(run.options));
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

RunState run_state_from(const StateDict& dict) {
  optim::StateReader reader("Trainer", dict);
  RunState run;
  read(reader, "", fields_of(run));
  check_counts(fields_of(run));
  read(reader, options_prefix, fields_of(run.options));
  run.fit.records = read_records(reader, run.fit.epoch);
  reader.expect_all_read();
  return run;
}

void check_same_options(const std::string& path, DecidingOptions file, DecidingOptions here) {
  const Fields theirs = fields_of(file), ours = fields_of(here);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::string in_file = text_of(theirs[i]), in_run = text_of(ours[i]);
    if (in_file == in_run) continue;
    fail<FileError>(op, "\"{}\" was written with {} = {}, this run has {}", path, ours[i].name, in_file, in_run);
  }
}

}  // namespace xtape::train
