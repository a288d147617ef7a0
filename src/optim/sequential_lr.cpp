// The schedulers of the list write lr; SequentialLR decides which one does. As in PyTorch, a scheduler that has not
// begun is in epoch -1.
#include <algorithm>

#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

namespace {

constexpr const char* sequential_lr = "SequentialLR";

void check_order(const std::vector<std::int64_t>& milestones, std::size_t schedulers) {
  if (milestones.size() + 1 != schedulers) {
    fail<ValueError>(sequential_lr, "{} schedulers need {} milestones, got {}", schedulers, schedulers - 1,
                     milestones.size());
  }
  check_milestones(sequential_lr, milestones);
  for (std::size_t i = 1; i < milestones.size(); ++i) {
    if (milestones[i] < milestones[i - 1]) {
      fail<ValueError>(sequential_lr, "milestones[{}] = {} is less than the one before it, {}", i, milestones[i],
                       milestones[i - 1]);
    }
  }
}

EpochScheduler& check_type(LRScheduler& scheduler, std::size_t i) {
  if (dynamic_cast<const ReduceLROnPlateau*>(&scheduler)) {
    fail<ValueError>(sequential_lr, "scheduler {} is a ReduceLROnPlateau, whose step takes a metric; step it by itself",
                     i);
  }
  if (dynamic_cast<const SequentialLR*>(&scheduler)) {
    fail<ValueError>(sequential_lr, "scheduler {} is a SequentialLR; list its schedulers and milestones in this one",
                     i);
  }
  return dynamic_cast<EpochScheduler&>(scheduler);
}

std::string prefix(std::size_t i) { return "_schedulers." + std::to_string(i) + "."; }

}  // namespace

SequentialLR::SequentialLR(Optimizer& optimizer, const SequentialLROptions& options)
    : LRScheduler(sequential_lr, optimizer), milestones_(options.milestones) {
  if (options.schedulers.empty()) fail<ValueError>(sequential_lr, "no schedulers were given");
  for (const SchedulerReference& reference : options.schedulers) {
    const std::size_t i = schedulers_.size();
    EpochScheduler& scheduler = check_type(reference.get(), i);
    if (&scheduler.optimizer_ != &optimizer) {
      fail<ValueError>(sequential_lr, "scheduler {}, a {}, belongs to another optimizer", i, scheduler.name_);
    }
    const auto twin = std::find(schedulers_.begin(), schedulers_.end(), &scheduler);
    if (twin != schedulers_.end()) {
      fail<ValueError>(sequential_lr, "scheduler {}, a {}, is also scheduler {}; make one for each", i, scheduler.name_,
                       twin - schedulers_.begin());
    }
    if (scheduler.last_epoch_ != 0) {
      fail<ValueError>(sequential_lr, "scheduler {}, a {}, has stepped or is in another SequentialLR; make a new one",
                       i, scheduler.name_);
    }
    schedulers_.push_back(&scheduler);
  }
  check_order(milestones_, schedulers_.size());
  EpochScheduler& first = *schedulers_[active(0)];
  first.go_to(0, first.next_lrs(0, initial_lrs()));
  for (EpochScheduler* scheduler : schedulers_) scheduler->last_epoch_ = -1;
  first.last_epoch_ = last_epoch_ = 0;
  last_lr_ = first.last_lr_;
}

std::size_t SequentialLR::active(std::int64_t epoch) const {
  return static_cast<std::size_t>(std::upper_bound(milestones_.begin(), milestones_.end(), epoch) -
                                  milestones_.begin());
}

void SequentialLR::step() {
  const std::int64_t epoch = last_epoch_ + 1;
  const std::size_t i = active(epoch);
  EpochScheduler& scheduler = *schedulers_[i];
  if (i > 0 && milestones_[i - 1] == epoch) {
    scheduler.go_to(0, scheduler.first_lrs());
  } else {
    scheduler.step();
  }
  last_epoch_ = epoch;
  last_lr_ = scheduler.last_lr_;
}

void SequentialLR::write(StateWriter& writer) const {
  writer.write("_milestones", std::span(milestones_));
  for (std::size_t i = 0; i < schedulers_.size(); ++i) {
    for (const auto& [name, value] : schedulers_[i]->state_dict()) writer.write(prefix(i) + name, value);
  }
}

void SequentialLR::read(StateReader& reader, std::size_t) {
  std::vector<std::int64_t> milestones;
  reader.read("_milestones", milestones);
  check_order(milestones, schedulers_.size());
  std::vector<StateReader> parts;
  std::vector<StateDict> before;
  for (std::size_t i = 0; i < schedulers_.size(); ++i) {
    parts.push_back(reader.part(schedulers_[i]->name_, prefix(i)));
    before.push_back(schedulers_[i]->state_dict());
  }
  reader.expect_all_read();
  std::size_t loaded = 0;
  try {
    for (; loaded < parts.size(); ++loaded) schedulers_[loaded]->load(parts[loaded], -1);
  } catch (...) {
    for (std::size_t i = 0; i < loaded; ++i) {
      StateReader back(schedulers_[i]->name_, before[i]);
      schedulers_[i]->load(back, -1);
    }
    throw;
  }
  milestones_.swap(milestones);
}

}  // namespace xtape::optim::lr_scheduler
