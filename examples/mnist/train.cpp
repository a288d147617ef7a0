// xtape-mnist train: its options and what is refused before anything is read or written.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "checks.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "run_directory.hpp"
#include "training.hpp"

using xtape::ValueError;

namespace {

constexpr char train_examples[] = R"(Examples:
  xtape-mnist train --data digits --epochs 3
  xtape-mnist train --augment --early-stopping 3 --epochs 50
  xtape-mnist train --schedule one-cycle --lr 3e-3 --out runs/one-cycle
  xtape-mnist train --model cnn --threads 2
  xtape-mnist train --resume runs/1              goes on after an interruption
  xtape-mnist train --resume runs/1 --epochs 20  trains further
  xtape-mnist train --config runs/1/config.toml --seed 1
  xtape-mnist train --overfit-one-batch          can the model learn at all?
  mpirun -n 4 xtape-mnist train --mpi --virtual-shards 8 --batch-size 512

Ctrl-C once ends after the running batch and loses nothing; twice ends at once.)";

void add_epoch_options(CLI::App& app, TrainSettings& s) {
  app.option_defaults()->group("Training");
  app.add_option("--epochs", s.epochs, "Passes over the training images; 0 only evaluates on the test images")
      ->transform(whole_number_in(0, 100000));
  app.add_option("--schedule", s.schedule,
                 "How the learning rate changes: none; one-cycle (up to --lr and down, by steps); cosine (down to 0); "
                 "step (to a tenth after each third of the epochs); plateau (to a tenth when two epochs have not "
                 "improved)")
      ->transform(one_of({"none", "one-cycle", "cosine", "step", "plateau"}))
      ->type_name("NAME");
  app.add_option("--early-stopping", s.early_stopping,
                 "Stop when so many epochs in a row have not improved, with the weights of the best one; 0: never")
      ->transform(whole_number_in(0, 100000));
  app.add_option("--clip-grad-norm", s.clip_grad_norm,
                 "Scale the gradients down where their norm is above this; 0: never")
      ->transform(not_negative());
  app.add_option("--ema", s.ema, "Average the weights with this decay, and use the average; 0: never")
      ->transform(in_range(0.0, 1.0, ')'));
  app.add_flag("--augment", s.augment, "Shift the training images at random by up to 2 pixels");
  app.add_flag("--flip", s.flip, "Mirror half of the training images, chosen at random; not for digits or letters");
}

void add_rank_options(CLI::App& app, TrainSettings& s) {
  app.option_defaults()->group("Machine");
  app.add_flag("--mpi", s.mpi,
               "Train on all processes that mpirun has started, each with its part of every batch; without --dry-run "
               "and --overfit-one-batch")
      ->configurable(false);
  app.add_option("--virtual-shards", s.virtual_shards,
                 "With --mpi, the parts of a batch: a power of two that the number of processes divides. Then the "
                 "weights have the same bits on any such number. 0: one part a process")
      ->transform(whole_number_in(0, 1 << 20));
}

void add_file_options(CLI::App& app, TrainSettings& s) {
  app.option_defaults()->group("Files")->configurable(false);
  app.add_option("--config", s.config, "TOML file of options, such as `batch-size = 64`; the command line wins")
      ->transform(file_name())
      ->type_name("FILE");
  app.add_option("--out", s.out, "Directory for metrics, weights and report (default runs/1, runs/2, ...)")
      ->type_name("DIR");
  app.add_flag("--no-out", s.no_out, "Write none of these")->excludes("--out");
  app.add_option("--resume", "Go on with the run in DIR, or in that of --out, with its options")
      ->expected(0, 1)
      ->type_name("DIR");
  app.add_flag("--force", s.force, "Replace the run that is in --out")->needs("--out");
  app.add_option("--save", s.save, "Safetensors file for the trained weights")
      ->transform(writable_file())
      ->type_name("FILE");
  app.option_defaults()->group("Display")->configurable(true);
  app.add_option("--progress", s.progress,
                 "auto, bar, plain, json (stdout holds one object a line; all else goes to stderr) or none")
      ->transform(one_of({"auto", "bar", "plain", "json", "none"}))
      ->type_name("MODE");
  app.option_defaults()->group("Trying out")->configurable(false);
  app.add_flag("--dry-run", s.dry_run, "Check everything, say what would be done, and write nothing");
  app.add_flag("--overfit-one-batch", s.overfit_one_batch,
               "Train on one batch until its loss is near 0: if that fails, something is wrong")
      ->excludes("--dry-run");
  app.option_defaults()->configurable(true);
}

/// Whether the number of epochs decides the learning rates.
bool epochs_decide(const TrainSettings& s) { return s.schedule != "none" && s.schedule != "plateau"; }

/// The options are those of the run; those that do not decide its numbers may change.
void take_options_of_run(CLI::App& app, TrainSettings& s) {
  check_run("--resume", s.out);
  const std::string config = s.out + '/' + run_file::config, toml = read_file("--resume", config);
  const std::vector<Change> changes = changes_to(app, config, toml);
  apply_configuration(app, config, toml);
  // The data may lie elsewhere by now: its hash is compared.
  std::vector<std::string> may_change = {"progress", "threads", "early-stopping", "data"};
  if (!epochs_decide(s)) may_change.emplace_back("epochs");
  for (const Change& c : changes) {
    if (std::find(may_change.begin(), may_change.end(), c.key) != may_change.end()) continue;
    if (c.key == "epochs") {
      throw ValueError("--epochs", fmt::format("{} differs from {} of the run in \"{}\": its schedule {} is laid out "
                                               "for {} epochs; leave it out, or begin another run",
                                               c.now, c.before, s.out, s.schedule, c.before));
    }
    throw ValueError("--" + c.key, fmt::format("{} differs from {} of the run in \"{}\", which goes on as it began; "
                                               "leave it out, or begin another run",
                                               c.now, c.before.empty() ? "the default" : c.before, s.out));
  }
  const std::size_t done = xtape::train::load_history(s.out + '/' + run_file::last).size();
  if (static_cast<std::size_t>(s.epochs) < done) {
    throw ValueError("--epochs", fmt::format("{} is less than the {} epochs that the run in \"{}\" has completed",
                                             s.epochs, done, s.out));
  }
}

void read_resume(const CLI::App& app, TrainSettings& s) {
  const CLI::Option& option = *app.get_option("--resume");
  if (option.count() == 0) return;
  s.resume = true;
  const std::string named = value_of(option);
  if (!named.empty() && !s.out.empty() && named != s.out) {
    throw ValueError("--resume", fmt::format("\"{}\" is not --out \"{}\"", named, s.out));
  }
  if (!named.empty()) s.out = named;
  if (s.out.empty()) {
    const std::string latest = latest_run();
    throw ValueError("--resume", "needs the directory of a run" + (latest.empty() ? "" : ", as --resume " + latest));
  }
  for (const char* other : {"--force", "--config", "--no-out", "--load"}) {
    if (app.count(other) > 0) throw ValueError("--resume", fmt::format("cannot be combined with {}", other));
  }
}

void check_train_settings(const CLI::App& app, const TrainSettings& s) {
  check_settings(app, s);
  if (app.count("--out") > 0 && s.out.empty()) throw ValueError("--out", "needs the name of a directory");
  if (s.early_stopping > 0 && !s.wants_validation()) {
    throw ValueError("--early-stopping", "needs images to validate on, without --skip-validation or --validation 0");
  }
  const bool tries = s.dry_run || s.overfit_one_batch;
  if (!s.out.empty() && !s.resume && !(s.overfit_one_batch)) check_new_run(s.out, s.force);
  if (tries && s.resume) throw ValueError("--resume", "cannot be combined with --dry-run or --overfit-one-batch");
  if (tries && s.mpi) throw ValueError("--mpi", "cannot be combined with --dry-run or --overfit-one-batch");
}

}  // namespace

void add_training_options(CLI::App& app, TrainSettings& s) {
  add_epoch_options(app, s);
  add_data_options(app, s);
  add_split_options(app, s);
  app.add_flag("--skip-validation", s.skip_validation, "Hold them out, but do not evaluate on them");
  add_model_options(app, s);
  add_optimizer_options(app, s);
  add_file_options(app, s);
  add_machine_options(app, s);
  add_rank_options(app, s);
}

namespace {

void check_ranks(const TrainSettings& s, std::int64_t ranks) {
  if (s.batch_size < ranks) {
    throw ValueError("--batch-size",
                     fmt::format("{} is less than the {} processes that share each batch", s.batch_size, ranks));
  }
  const bool is_power = (s.virtual_shards & (s.virtual_shards - 1)) == 0;
  if (is_power && s.virtual_shards % ranks == 0) return;
  throw ValueError("--virtual-shards", fmt::format("{} is not a power of two that the number of processes, {}, divides",
                                                   s.virtual_shards, ranks));
}

int run(CLI::App& app, TrainSettings& s, const Ranks& ranks) {
  read_resume(app, s);
  if (s.resume) {
    take_options_of_run(app, s);
  } else if (!s.config.empty()) {
    apply_configuration(app, s.config, read_file("--config", s.config));
  }
  check_train_settings(app, s);
  check_ranks(s, ranks.size());
  if (s.dry_run) return try_out(s);
  if (s.overfit_one_batch) return overfit_one_batch(s);
  ranks.wait_for_all();  // no rank creates the directory before all have seen that there is none
  return run_training(s, configuration_of(app), ranks);
}

}  // namespace

Run add_train(CLI::App& app) {
  auto s = std::make_shared<TrainSettings>();
  add_training_options(app, *s);
  app.footer(train_examples);
  return [&app, s] {
    const Ranks ranks(s->mpi);
    try {
      return run(app, *s, ranks);
    } catch (...) {
      ranks.let_first_speak();
      throw;
    }
  };
}
