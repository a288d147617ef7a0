// What all schedulers share: the lr of each group, written once per step, and a state_dict.
#include "xtape/optim/lr_scheduler.hpp"

#include <algorithm>
#include <cmath>

#include "optim/scheduler_options.hpp"

namespace xtape::optim::lr_scheduler {

PerGroup::PerGroup(double value) : values_{value}, is_list_(false) {}
PerGroup::PerGroup(std::initializer_list<double> values) : values_(values) {}
PerGroup::PerGroup(std::vector<double> values) : values_(std::move(values)) {}

// ---- all schedulers ---------------------------------------------------------------------------------------------

LRScheduler::~LRScheduler() = default;

std::vector<double> LRScheduler::get_last_lr() const { return last_lr_; }

std::vector<Scheduled> LRScheduler::groups() const {
  std::vector<Scheduled> groups = optimizer_.scheduled();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!groups[i].lr) fail<ValueError>(name_, "group {} of the {} optimizer has no lr", i, optimizer_.name_);
  }
  return groups;
}

std::vector<double> LRScheduler::initial_lrs() const {
  std::vector<double> lrs = optimizer_.initial_lrs_;
  const std::vector<Scheduled> all = groups();
  for (std::size_t i = lrs.size(); i < all.size(); ++i) lrs.push_back(*all[i].lr);
  return lrs;
}

const char* LRScheduler::optimizer_name() const noexcept { return optimizer_.name_; }

void LRScheduler::advance(std::int64_t epoch, const std::vector<Scheduled>& groups, std::vector<double> lrs,
                          const std::vector<double>& momenta) {
  for (std::size_t i = 0; i < lrs.size(); ++i) {
    // The optimizers check the sign: OneCycleLR's last lr, which no step uses, may be negative.
    if (!std::isfinite(lrs[i])) {
      fail<ValueError>(name_, "epoch {} would give group {} lr = {}", epoch, i, lrs[i]);
    }
  }
  if (last_lr_.empty()) optimizer_.initial_lrs_ = base_lrs_;
  // Nothing below can fail.
  for (std::size_t i = 0; i < lrs.size(); ++i) *groups[i].lr = lrs[i];
  for (std::size_t i = 0; i < momenta.size(); ++i) *groups[i].momentum = momenta[i];
  last_epoch_ = epoch;
  last_lr_.swap(lrs);
}

StateDict LRScheduler::state_dict() const {
  StateWriter writer;
  writer.write("last_epoch", last_epoch_);
  if (!base_lrs_.empty()) writer.write("base_lrs", std::span(base_lrs_));
  writer.write("_last_lr", std::span(last_lr_));
  write(writer);
  return writer.take();
}

void LRScheduler::load_state_dict(const StateDict& dict) {
  StateReader reader(name_, dict);
  load(reader, 0);
}

void LRScheduler::load(StateReader& reader, std::int64_t first_epoch) {
  std::int64_t last_epoch = 0;
  std::vector<double> base_lrs, last_lr;
  reader.read("last_epoch", last_epoch);
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (last_epoch < first_epoch || last_epoch > most) {
    fail<ValueError>("load_state_dict", "\"{}last_epoch\" = {} is outside [{}, {}]", reader.prefix(), last_epoch,
                     first_epoch, most);
  }
  if (!base_lrs_.empty()) reader.read("base_lrs", base_lrs);
  reader.read("_last_lr", last_lr);
  const std::size_t groups = optimizer_.scheduled().size();
  if (std::max(base_lrs.size(), last_lr.size()) > groups || base_lrs.empty() != base_lrs_.empty() || last_lr.empty()) {
    fail<ValueError>("load_state_dict", "the dict has {} groups, the optimizer has {}",
                     std::max(base_lrs.size(), last_lr.size()), groups);
  }
  read(reader, std::max(base_lrs.size(), last_lr.size()));
  // Nothing below can fail.
  last_epoch_ = last_epoch;
  base_lrs_.swap(base_lrs);
  last_lr_.swap(last_lr);
}

// ---- schedulers by epoch ----------------------------------------------------------------------------------------

EpochScheduler::EpochScheduler(const char* name, Optimizer& optimizer) : LRScheduler(name, optimizer) {
  base_lrs_ = initial_lrs();
}

EpochScheduler::~EpochScheduler() = default;

void EpochScheduler::step() {
  std::vector<double> lrs;
  for (const Scheduled& group : groups()) lrs.push_back(*group.lr);
  go_to(last_epoch_ + 1, next_lrs(last_epoch_ + 1, std::move(lrs)));
}

std::vector<double> EpochScheduler::next_lrs(std::int64_t epoch, std::vector<double> lrs) const {
  for (std::size_t i = 0; i < lrs.size(); ++i) lrs[i] = next_lr(epoch, i, lrs[i]);
  return lrs;
}

std::vector<double> EpochScheduler::first_lrs() const {
  std::vector<double> lrs(groups().size());
  for (std::size_t i = 0; i < lrs.size(); ++i) lrs[i] = first_lr(i);
  return lrs;
}

void EpochScheduler::go_to(std::int64_t epoch, std::vector<double> lrs) {
  const std::vector<Scheduled> now = groups();  // a user's function may have changed the optimizer
  if (now.size() != lrs.size()) {
    fail<ValueError>(name_, "the schedule's function changed the number of groups from {} to {}", lrs.size(),
                     now.size());
  }
  std::vector<double> momenta;
  for (std::size_t i = 0; cycles_momentum() && i < now.size(); ++i) {
    momenta.push_back(next_momentum(epoch, i, *now[i].momentum));
  }
  advance(epoch, now, std::move(lrs), momenta);
}

double EpochScheduler::next_momentum(std::int64_t, std::size_t, double momentum) const { return momentum; }

double EpochScheduler::base_lr(std::size_t i) const {
  if (i >= base_lrs_.size()) {
    fail<ValueError>(name_, "group {} was added after the scheduler was made for {}; make a new scheduler", i,
                     base_lrs_.size());
  }
  return base_lrs_[i];
}

}  // namespace xtape::optim::lr_scheduler
