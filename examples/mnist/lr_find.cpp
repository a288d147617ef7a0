// xtape-mnist lr-find: which learning rates make the loss fall, as a curve in the terminal and a command to go on with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "checks.hpp"
#include "commands.hpp"
#include "configuration.hpp"
#include "files.hpp"
#include "settings.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

constexpr char lr_find_examples[] = R"(Trains for a hundred steps (--steps) with a learning rate that grows from step
to step, and prints the loss, smoothed over steps. The highest rate to train
with lies where the loss falls fastest. Nothing is written.

Examples:
  xtape-mnist lr-find --data digits
  xtape-mnist lr-find --optimizer sgd --hidden 512 --end-lr 100)";

struct LrFindSettings : Settings {
  double start_lr = 1e-7, end_lr = 10;
  std::int64_t steps = 100;
};

/// A curve with a mark at `lr`: the smoothed loss over the learning rate. The longest bar is that of the first loss;
/// what follows an explosion would flatten all that comes before it, and is cut off.
void print_curve(const train::LrSweep& sweep, double lr) {
  constexpr std::size_t rows = 25, longest = 36;  // lines of less than 60 columns
  const std::size_t n = sweep.lr.size(), stride = (n + rows - 1) / rows;
  const double low = *std::min_element(sweep.smoothed.begin(), sweep.smoothed.end());
  const double top = std::max(sweep.smoothed.front(), low + 0.01 * std::abs(low));
  fmt::print("      lr       loss  (smoothed)\n");
  for (std::size_t i = 0; i < n; i += stride) {
    const double height = top > low ? (sweep.smoothed[i] - low) / (top - low) : 0;
    const auto length = static_cast<std::size_t>(std::min(height, 1.0) * static_cast<double>(longest));
    const bool is_marked = sweep.lr[i] <= lr && (i + stride >= n || lr < sweep.lr[i + stride]);
    fmt::print("{:8.1e}  {:9.4f}  |{}{}{}\n", sweep.lr[i], sweep.smoothed[i], std::string(length, '#'),
               height > 1.05 ? ">" : "", is_marked ? "  <- falls fastest" : "");
  }
}

/// For a shell: in quotes where it needs them.
std::string shell_word(const std::string& text) {
  constexpr char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,=:+";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

/// `xtape-mnist train` with the options of this command line.
std::string train_command(const CLI::App& app, const std::string& schedule, double lr) {
  std::string command = fmt::format("xtape-mnist train {}--lr {:.2g}", schedule, lr);
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "--start-lr" || name == "--end-lr" || name == "--steps") continue;
    command += ' ' + name;
    if (option->get_items_expected_max() > 0) command += ' ' + shell_word(value_of(*option));
  }
  return command;
}

int find_lr(const CLI::App& app, const LrFindSettings& s) {
  check_settings(app, s);
  if (!(s.start_lr > 0)) throw ValueError("--start-lr", "needs a number above 0");
  if (!(s.end_lr > s.start_lr)) {
    throw ValueError("--end-lr", fmt::format("{} is not above --start-lr {}", s.end_lr, s.start_lr));
  }
  manual_seed(s.seed);
  set_num_threads(s.threads);
  const Images images = load_images(s);
  const Parts parts = split(images, s);
  const std::int64_t classes = images.number_of_classes();
  const nn::Sequential model = initial_model(s, classes);
  const auto optimizer = make_optimizer(s, model);
  fmt::print("data    {}, {} training images\n", io::printable(images.name), parts.training.size());
  fmt::print("model   {}, {}\n\n", to_string(s.architecture, image_shape, classes), s.optimizer);
  flush(stdout);
  const train::LrSweep sweep = train::lr_find(
      model, make_loss(s), *optimizer, parts.training,
      {.start_lr = s.start_lr, .end_lr = s.end_lr, .steps = s.steps, .batch_size = s.batch_size, .seed = s.seed});
  if (sweep.lr.empty()) {
    throw ValueError("lr-find", "the first loss is not finite; does the data or --load hold NaN?");
  }
  double lr = 0;
  try {
    lr = sweep.suggestion();
  } catch (const ValueError&) {  // the curve may tell why
    print_curve(sweep, lr);
    flush(stdout);
    throw;
  }
  print_curve(sweep, lr);
  fmt::print("\nThe loss falls fastest at a learning rate of {:.2g}.\nWith a schedule:\n  {}\n", lr,
             train_command(app, "--schedule one-cycle ", lr));
  fmt::print("Without one a third of it or less is safer:\n  {}\n", train_command(app, "", lr / 3));
  flush(stdout);
  return 0;
}

}  // namespace

Run add_lr_find(CLI::App& app) {
  auto s = std::make_shared<LrFindSettings>();
  app.option_defaults()->group("Sweep");
  app.add_option("--start-lr", s->start_lr, "The first learning rate")->transform(not_negative());
  app.add_option("--end-lr", s->end_lr, "The last one; the sweep ends before if the loss explodes")
      ->transform(not_negative());
  app.add_option("--steps", s->steps, "Number of steps")->transform(whole_number_in(2, 100000));
  add_data_options(app, *s);
  add_split_options(app, *s);
  add_model_options(app, *s);
  add_optimizer_options(app, *s);
  app.remove_option(app.get_option("--lr"));  // the sweep has its own
  add_machine_options(app, *s);
  app.footer(lr_find_examples);
  return [&app, s] { return find_lr(app, *s); };
}
