// What a training is made of, and how it is described.
#include "training.hpp"
#include "untrusted.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace xtape;
namespace lr_scheduler = xtape::optim::lr_scheduler;

namespace {

/// Digits and clothes may stand two pixels further left or down and are still the same.
constexpr std::int64_t shift_pixels = 2;

std::unique_ptr<lr_scheduler::LRScheduler> make_scheduler(const TrainSettings& s, optim::Optimizer& optimizer,
                                                          std::int64_t images) {
  if (s.schedule == "none" || s.epochs == 0) return nullptr;
  if (s.schedule == "one-cycle") {
    return std::make_unique<lr_scheduler::OneCycleLR>(
        optimizer, lr_scheduler::OneCycleLROptions{.max_lr = s.lr,
                                                   .epochs = s.epochs,
                                                   .steps_per_epoch = (images + s.batch_size - 1) / s.batch_size,
                                                   .cycle_momentum = s.optimizer != "sgd" || s.momentum > 0});
  }
  if (s.schedule == "cosine") {
    return std::make_unique<lr_scheduler::CosineAnnealingLR>(optimizer,
                                                             lr_scheduler::CosineAnnealingLROptions{.T_max = s.epochs});
  }
  if (s.schedule == "step") {
    return std::make_unique<lr_scheduler::StepLR>(optimizer,
                                                  lr_scheduler::StepLROptions{.step_size = (s.epochs + 2) / 3});
  }
  return std::make_unique<lr_scheduler::ReduceLROnPlateau>(optimizer,
                                                           lr_scheduler::ReduceLROnPlateauOptions{.patience = 2});
}

/// Columns for text: those of the terminal, at most 100; 60 where stdout is none.
std::size_t text_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 60;
  return std::clamp<std::size_t>(size.ws_col, 30, 100);
}

/// Of a run that goes on, the weights come from its checkpoint.
Settings without_load_on_resume(const TrainSettings& s) {
  Settings settings = s;
  if (s.resume) settings.load.clear();
  return settings;
}

}  // namespace

Ingredients::Ingredients(const TrainSettings& s)
    : images((manual_seed(s.seed), set_num_threads(s.threads), load_images(s))),
      parts(split(images, s)),
      model(initial_model(without_load_on_resume(s), images.number_of_classes())),
      loss(make_loss(s)),
      optimizer(make_optimizer(s, model)),
      scheduler(make_scheduler(s, *optimizer, parts.training.size())),
      every(s.schedule == "one-cycle" ? train::Every::step : train::Every::epoch) {
  if (s.augment) parts.training = data::TransformedDataset(parts.training, data::RandomShift(shift_pixels));
}

void print_heading(const TrainSettings& s, const Ingredients& made) {
  std::FILE* const out = s.out_stream();
  fmt::print(out, "data    {}\n", printable(made.images.name));
  fmt::print(out, "{}",
             paragraph("images", fmt::format("{} training, {} validation, {} test", made.parts.training.size(),
                                             made.parts.held_out.size(), made.images.test.size())));
  const std::string model = to_string(s.architecture, image_shape, made.images.number_of_classes());
  const std::int64_t parameters = summary_of(made.model, image_shape).parameters();
  fmt::print(out, "{}", paragraph("model", fmt::format("{} ({} parameters)", model, parameters)));
}

std::string column(double value) {
  if (std::isnan(value)) return "   nan";  // without a sign
  for (int decimals = 4; decimals >= 0; --decimals) {
    std::string text = fmt::format("{:6.{}f}", value, decimals);
    if (text.size() == 6) return text;
  }
  return fmt::format("{:6.0e}", value);
}

std::string four_decimals(double value) { return std::isnan(value) ? "nan" : fmt::format("{:.4f}", value); }

std::string paragraph(const std::string& name, const std::string& text) {
  constexpr std::size_t indent = 8;
  const std::size_t width = text_width();
  std::string out = fmt::format("{:<{}}", name, indent);
  std::size_t at = indent;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    if (at > indent && at + 1 + (end - i) > width) {
      out += '\n' + std::string(indent, ' ');
      at = indent;
    } else if (at > indent) {
      out += ' ';
      ++at;
    }
    out += text.substr(i, end - i);
    at += end - i;
    i = end + 1;
  }
  return out + '\n';
}
