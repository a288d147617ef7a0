// StepLR             lr = gamma lr, every step_size epochs
// CosineAnnealingLR  lr - eta = (lr - eta) (1 + cos(pi t / T)) / (1 + cos(pi (t - 1) / T)), and a step up from eta
// LambdaLR           lr = initial lr * lambda(t)
// and what all schedulers share. As in PyTorch, the first two go on from the lr that they find, not from the initial
// one.
#include "xtape/optim/lr_scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "optim/scheduler_options.hpp"

namespace xtape::optim::lr_scheduler {

using std::numbers::pi;

// ---- all schedulers ---------------------------------------------------------------------------------------------

LRScheduler::~LRScheduler() = default;

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

void LRScheduler::advance(const std::vector<Scheduled>& groups, std::vector<double> lrs,
                          const std::vector<double>& momenta) {
  for (std::size_t i = 0; i < lrs.size(); ++i) {
    // Not the sign: OneCycleLR's last lr, with which no step is made, may be negative. Optimizers look at it.
    if (!std::isfinite(lrs[i])) {
      fail<ValueError>(name_, "epoch {} would give group {} lr = {}", last_epoch_ + 1, i, lrs[i]);
    }
  }
  if (last_epoch_ < 0) optimizer_.initial_lrs_ = base_lrs_;
  // Nothing below can fail.
  for (std::size_t i = 0; i < lrs.size(); ++i) *groups[i].lr = lrs[i];
  for (std::size_t i = 0; i < momenta.size(); ++i) *groups[i].momentum = momenta[i];
  ++last_epoch_;
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
  std::int64_t last_epoch = 0;
  std::vector<double> base_lrs, last_lr;
  reader.read("last_epoch", last_epoch);
  if (last_epoch < 0) fail<ValueError>("load_state_dict", "\"last_epoch\" = {}; expected at least 0", last_epoch);
  if (!base_lrs_.empty()) reader.read("base_lrs", base_lrs);
  reader.read("_last_lr", last_lr);
  const std::size_t groups = optimizer_.scheduled().size();
  if (std::max(base_lrs.size(), last_lr.size()) > groups || base_lrs.empty() != base_lrs_.empty() || last_lr.empty()) {
    fail<ValueError>("load_state_dict", "the dict is of {} groups, the optimizer has {}",
                     std::max(base_lrs.size(), last_lr.size()), groups);
  }
  read(reader);
  // Nothing below can fail.
  last_epoch_ = last_epoch;
  base_lrs_.swap(base_lrs);
  last_lr_.swap(last_lr);
}

// ---- by the count of steps --------------------------------------------------------------------------------------

EpochScheduler::EpochScheduler(const char* name, Optimizer& optimizer) : LRScheduler(name, optimizer) {
  base_lrs_ = initial_lrs();
}

EpochScheduler::~EpochScheduler() = default;

void EpochScheduler::step() {
  const std::vector<Scheduled> all = groups();
  std::vector<double> lrs, momenta;
  for (std::size_t i = 0; i < all.size(); ++i) {
    lrs.push_back(next_lr(last_epoch_ + 1, i, *all[i].lr));
    // Momenta only as far as all groups have one: then OneCycleLR has seen to it that they do.
    if (all[i].momentum && momenta.size() == i) momenta.push_back(next_momentum(last_epoch_ + 1, i, *all[i].momentum));
  }
  advance(all, std::move(lrs), momenta);
}

double EpochScheduler::next_momentum(std::int64_t, std::size_t, double momentum) const { return momentum; }

double EpochScheduler::base_lr(std::size_t i) const {
  if (i >= base_lrs_.size()) {
    fail<ValueError>(name_, "group {} was added after the scheduler was made for {}; make a new scheduler", i,
                     base_lrs_.size());
  }
  return base_lrs_[i];
}

// ---- StepLR -----------------------------------------------------------------------------------------------------

namespace {

template <class F>
void visit(auto& o, F f)
  requires requires { o.step_size; }
{
  f("step_size", o.step_size);
  f("gamma", o.gamma);
}

void check(const StepLROptions& o) {
  check_at_least("StepLR", "step_size", o.step_size, 1);
  check_finite("StepLR", "gamma", o.gamma);
}

}  // namespace

StepLR::StepLR(Optimizer& optimizer, const StepLROptions& options)
    : EpochScheduler("StepLR", optimizer), options_(options) {
  check(options_);
  step();
}

double StepLR::next_lr(std::int64_t epoch, std::size_t, double lr) const {
  return epoch == 0 || epoch % options_.step_size != 0 ? lr : lr * options_.gamma;
}

void StepLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void StepLR::read(StateReader& reader) {
  StepLROptions loaded;
  visit(loaded, OptionReader{reader});
  check(loaded);
  reader.expect_all_read();
  options_ = loaded;
}

// ---- CosineAnnealingLR ------------------------------------------------------------------------------------------

namespace {

template <class F>
void visit(auto& o, F f)
  requires requires { o.T_max; }
{
  f("T_max", o.T_max);
  f("eta_min", o.eta_min);
}

void check(const CosineAnnealingLROptions& o) {
  check_at_least("CosineAnnealingLR", "T_max", o.T_max, 1);
  check_finite("CosineAnnealingLR", "eta_min", o.eta_min);
}

}  // namespace

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options)
    : EpochScheduler("CosineAnnealingLR", optimizer), options_(options) {
  check(options_);
  step();
}

double CosineAnnealingLR::next_lr(std::int64_t epoch, std::size_t i, double lr) const {
  if (epoch == 0) return lr;
  const auto T = static_cast<double>(options_.T_max), t = static_cast<double>(epoch);
  const double eta = options_.eta_min;
  // One past the lowest point the recursion would be 0 / 0: there lr has no memory of where it came from.
  const std::int64_t past = epoch - 1 - options_.T_max;
  if (past % options_.T_max == 0 && past / options_.T_max % 2 == 0) {
    return lr + (base_lr(i) - eta) * (1 - std::cos(pi / T)) / 2;
  }
  return (1 + std::cos(pi * t / T)) / (1 + std::cos(pi * (t - 1) / T)) * (lr - eta) + eta;
}

void CosineAnnealingLR::write(StateWriter& writer) const { visit(options_, OptionWriter{writer}); }

void CosineAnnealingLR::read(StateReader& reader) {
  CosineAnnealingLROptions loaded;
  visit(loaded, OptionReader{reader});
  check(loaded);
  reader.expect_all_read();
  options_ = loaded;
}

// ---- LambdaLR ---------------------------------------------------------------------------------------------------

LambdaLR::LambdaLR(Optimizer& optimizer, LRLambda lr_lambda)
    : LambdaLR(optimizer, std::vector<LRLambda>(optimizer.scheduled().size(), lr_lambda)) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::initializer_list<LRLambda> lr_lambdas)
    : LambdaLR(optimizer, std::vector<LRLambda>(lr_lambdas)) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<LRLambda> lr_lambdas)
    : EpochScheduler("LambdaLR", optimizer), lambdas_(std::move(lr_lambdas)) {
  if (lambdas_.size() != base_lrs_.size()) {
    fail<ValueError>(name_, "{} functions for {} groups", lambdas_.size(), base_lrs_.size());
  }
  for (std::size_t i = 0; i < lambdas_.size(); ++i) {
    if (!lambdas_[i]) fail<ValueError>(name_, "function {} is empty", i);
  }
  step();
}

double LambdaLR::next_lr(std::int64_t epoch, std::size_t i, double) const { return base_lr(i) * lambdas_[i](epoch); }

void LambdaLR::write(StateWriter&) const {}
void LambdaLR::read(StateReader& reader) { reader.expect_all_read(); }

}  // namespace xtape::optim::lr_scheduler
