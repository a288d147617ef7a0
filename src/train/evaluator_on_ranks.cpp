// A pass over a loader that ranks share. Each measures whole batches, and what is no count is added in the order of the
// batches, so that every bit is that of one rank's pass.
#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/fail.hpp"
#include "train/evaluator.hpp"
#include "train/modes.hpp"
#include "xtape/autograd.hpp"
#include "xtape/distributed.hpp"

namespace xtape::train {

void Evaluator::add_all(const data::DataLoader& loader, const distributed::Communicator& comm) {
  // The sums of squares of a regression are of vectors as long as its outputs: no rank spares another this work.
  if (is_regression_ || comm.size() == 1) return add_all(loader);
  check_stands_at_start("evaluate", loader);
  const ModeGuard modes(objective_.module());
  const NoGradGuard no_grad;
  objective_.module().eval();
  std::vector<double> losses(static_cast<std::size_t>(2 * loader.size()));  // of batches of other ranks 0
  std::int64_t number = 0;
  for (auto batches = loader.begin(); batches != loader.end(); ++batches, ++number) {
    if (number % comm.size() != comm.rank()) continue;
    const data::Batch batch = *batches;
    add(objective_.output(batch.x), batch.y, batch.x);
    const LossMean loss = std::exchange(loss_, {});
    losses[static_cast<std::size_t>(2 * number)] = loss.sum();
    losses[static_cast<std::size_t>(2 * number + 1)] = loss.denominator();
  }
  comm.sum(std::span(losses));
  for (std::size_t i = 0; i < losses.size(); i += 2) loss_.add(losses[i], losses[i + 1]);
  add_counts(comm);
}

void Evaluator::add_counts(const distributed::Communicator& comm) {
  for (const std::uint64_t of_rank : comm.all_gather(static_cast<std::uint64_t>(classes_))) {
    const auto classes = static_cast<std::int64_t>(of_rank);
    if (classes == 0) continue;  // of a rank without batches
    if (classes_ != 0 && classes_ != classes) {
      fail<ShapeError>("evaluate", "a batch has {} classes, another has {}", classes_, classes);
    }
    classes_ = classes;
  }
  support_.resize(static_cast<std::size_t>(classes_));
  const std::int64_t without_classes = !may_have_classes_;
  std::vector<double> counts(support_.size() + 4);
  double* at = counts.data();
  for (const std::int64_t n : support_) *at++ = static_cast<double>(n);
  for (const std::int64_t n : {samples_, score_.correct, score_.counted, without_classes}) {
    *at++ = static_cast<double>(n);
  }
  comm.sum(std::span(counts));  // exact, as long as there are fewer than 2^53
  at = counts.data();
  for (std::int64_t& n : support_) n = static_cast<std::int64_t>(*at++);
  for (std::int64_t* const n : {&samples_, &score_.correct, &score_.counted}) *n = static_cast<std::int64_t>(*at++);
  if (*at > 0) forget_classes();
}

}  // namespace xtape::train
