#include "xtape/train/trainer.hpp"

#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "train/fit.hpp"

namespace xtape::train {

namespace lr = optim::lr_scheduler;

struct Trainer::Impl : Setup {
  using Setup::Setup;
};

namespace {
void check_callable(const char* function, bool is_callable) {
  if (!is_callable) fail<ValueError>("Trainer", "{}: the function is empty", function);
}

/// Typical of a loop over folds or of a clone: the optimizer still has the parameters of another model. It may hold
/// parameters of the criterion beside the model's.
void check_trains_model(const optim::Optimizer& optimizer, const nn::Module& model) {
  const std::vector<Tensor> parameters = model.parameters();
  const auto is_of_model = [&parameters](const Tensor& p) { return xtape::detail::contains(parameters, p); };
  if (parameters.empty() || std::ranges::any_of(optimizer.parameters(), is_of_model)) return;
  fail<ValueError>("Trainer", "the optimizer holds no parameter of the model; it was made for another one?");
}
}  // namespace

Trainer::Trainer(detail::Objective objective, optim::Optimizer& optimizer, TrainerOptions options) {
  check_options(options);
  if (const nn::Loss* loss = objective.parts(); loss && loss->reduction() == Reduction::none) {
    fail<ValueError>("Trainer", "the criterion has Reduction::none and returns many numbers; use Reduction::mean");
  }
  check_trains_model(optimizer, objective.module());
  impl_ = new Impl(std::move(objective), optimizer, std::move(options));
}
Trainer::~Trainer() { delete impl_; }

void Trainer::schedule(lr::LRScheduler& scheduler, Every every) {
  const auto& schedules = impl_->schedules;
  if (&scheduler.optimizer() != &impl_->optimizer) {
    fail<ValueError>("Trainer", "schedule: the scheduler belongs to another optimizer");
  }
  if (std::any_of(schedules.begin(), schedules.end(),
                  [&scheduler](const auto& s) { return s.scheduler == &scheduler; })) {
    fail<ValueError>("Trainer", "schedule: the scheduler was given already");
  }
  if (every == Every::epoch && counts_steps(scheduler)) {
    fail<ValueError>("Trainer", "schedule: OneCycleLR counts steps; pass Every::step");
  }
  if (const auto* plateau = dynamic_cast<const lr::ReduceLROnPlateau*>(&scheduler)) {
    if (every == Every::step) {
      fail<ValueError>(
          "Trainer",
          "schedule: ReduceLROnPlateau needs the monitored value, which is measured once an epoch; pass Every::epoch");
    }
    const std::string& monitor = impl_->options.early_stopping.monitor;
    const auto mode = detail::lower_is_better(monitor) ? lr::PlateauMode::min : lr::PlateauMode::max;
    if (plateau->mode() != mode) {
      const char* name = mode == lr::PlateauMode::min ? "min" : "max";
      fail<ValueError>("Trainer",
                       "schedule: the monitored value is \"{}\"; give ReduceLROnPlateau {{.mode = PlateauMode::{}}}",
                       monitor, name);
    }
  }
  impl_->schedules.push_back({&scheduler, every});
}

void Trainer::on_epoch_end(Callback<void(const EpochRecord&)> f) {
  check_callable("on_epoch_end", bool(f));
  impl_->listeners.on_epoch_end.push_back(std::move(f));
}
void Trainer::on_batch_end(Callback<void(const BatchRecord&)> f) {
  check_callable("on_batch_end", bool(f));
  impl_->listeners.on_batch_end.push_back(std::move(f));
}
void Trainer::transform(Callback<data::Batch(data::Batch, Generator&)> f) {
  check_callable("transform", bool(f));
  impl_->transforms.push_back(std::move(f));
}
void Trainer::add_sink(std::shared_ptr<detail::AnySink> sink) { impl_->listeners.sinks.push_back(std::move(sink)); }

void Trainer::stop() noexcept { impl_->stop_requested = true; }

History Trainer::fit(const DataSource& training, const DataSource& validation) {
  if (impl_->is_fitting) fail<ValueError>("fit", "this trainer is in fit() already");
  struct FittingGuard {
    Setup& setup;
    ~FittingGuard() {
      setup.is_fitting = false;
      setup.stop_requested = false;
    }
  } const guard{*impl_};
  impl_->is_fitting = true;
  return Fit(*impl_, training, validation).run();
}

History Trainer::history() const { return impl_->running ? impl_->running->history() : impl_->last_history; }

void Trainer::resume(const std::string& path) { impl_->resume_file = read_trainer_file("resume", path); }

Evaluation Trainer::evaluate(const DataSource& source) const {
  return evaluate(source, {.batch_size = impl_->options.batch_size});
}
Evaluation Trainer::evaluate(const DataSource& source, const EvaluateOptions& options) const {
  return detail::evaluate(impl_->objective, source, options);
}

}  // namespace xtape::train
