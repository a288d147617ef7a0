// What a training is made of, and how it is described.
#include "training.hpp"

#include <fmt/format.h>

#include "layout.hpp"
#include "model_file.hpp"
#include "untrusted.hpp"

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

/// Of a run that goes on, the weights come from its checkpoint.
Settings without_load_on_resume(const TrainSettings& s) {
  Settings settings = s;
  if (s.resume) settings.load.clear();
  return settings;
}

/// Seeds the default generator, before anything is drawn from it.
Images prepare(const TrainSettings& s) {
  manual_seed(s.seed);
  set_num_threads(s.threads);
  return load_images(s);
}

}  // namespace

TrainingSetup::TrainingSetup(const TrainSettings& s)
    : images(prepare(s)),
      parts(split(images, s)),
      model(initial_model(without_load_on_resume(s), images.number_of_classes())),
      loss(make_loss(s)),
      optimizer(make_optimizer(s, model)),
      scheduler(make_scheduler(s, *optimizer, parts.training.size())),
      every(s.schedule == "one-cycle" ? train::Every::step : train::Every::epoch) {
  if (s.wants_validation() && parts.held_out.size() > 0) {
    validation = data::DataLoader(parts.held_out, {.batch_size = evaluation_batch});
  }
  if (s.augment) parts.training = data::TransformedDataset(parts.training, data::RandomShift(shift_pixels));
  if (s.flip) parts.training = data::TransformedDataset(parts.training, data::RandomHorizontalFlip());
}

void print_heading(const TrainSettings& s, const TrainingSetup& setup) {
  std::FILE* const out = s.out_stream();
  fmt::print(out, "data    {}\n", io::printable(setup.images.name));
  fmt::print(out, "{}",
             paragraph("images", fmt::format("{} training, {} validation, {} test", setup.parts.training.size(),
                                             setup.parts.held_out.size(), setup.images.test.size())));
  const std::string model = to_string(s.architecture, image_shape, setup.images.number_of_classes());
  const std::int64_t parameters = summary_of(setup.model, image_shape).parameters();
  fmt::print(out, "{}", paragraph("model", fmt::format("{} ({} parameters)", model, parameters)));
}
