// lr = initial lr * lambda(t)
#include "optim/scheduler_options.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

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
void LambdaLR::read(StateReader& reader, std::size_t groups) {
  if (groups > lambdas_.size()) {
    fail<ValueError>("load_state_dict", "the dict has {} groups, this LambdaLR has {} functions", groups,
                     lambdas_.size());
  }
  reader.expect_all_read();
}

}  // namespace xtape::optim::lr_scheduler
