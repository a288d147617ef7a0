// The learning rate range test: which learning rates make the loss fall.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "xtape/optim/optimizer.hpp"
#include "xtape/train/data_source.hpp"
#include "xtape/train/objective.hpp"

namespace xtape::train {

struct LrFindOptions {
  double start_lr = 1e-7;        ///< above 0
  double end_lr = 10;            ///< above start_lr
  std::int64_t steps = 100;      ///< at least 2
  std::int64_t batch_size = 64;  ///< of a Dataset
  std::uint64_t seed = 0;        ///< of the order of its samples
};

/// One entry for each step that was made, up to where the loss exploded.
struct XTAPE_API LrSweep {
  std::vector<double> lr;        ///< of the first group
  std::vector<double> loss;      ///< of the batch, before the step with that lr
  std::vector<double> smoothed;  ///< their exponential average (decay 0.85), with the bias of its start corrected
  /// The lr where the smoothed loss falls most between a tenth of the steps before and a tenth after, since a single
  /// step shows only noise. The first tenth is left out, and all that comes after the lowest smoothed loss. ValueError
  /// if it falls nowhere.
  double suggestion() const;
};

namespace detail {
XTAPE_API LrSweep lr_find(const Objective& objective, optim::Optimizer& optimizer, const DataSource& training,
                          const LrFindOptions& options);
}  // namespace detail

/// Trains with a learning rate that grows by the same factor at each step, from start_lr to end_lr, and records the
/// loss; it ends early where the loss is not finite or the smoothed loss above 4 times its lowest. (Smith, "Cyclical
/// learning rates for training neural networks", 2017.) Where the optimizer has several groups, their rates keep their
/// ratios. Model, optimizer, default generator, gradients, modes and a DataLoader's place are afterwards what they were
/// before, bit for bit, also when this throws. ValueError for options outside their range and for data without batches.
template <std::derived_from<nn::Module> M, Criterion C>
LrSweep lr_find(const M& model, C criterion, optim::Optimizer& optimizer, const DataSource& training,
                const LrFindOptions& options = {}) {
  return detail::lr_find(detail::Objective(model, std::move(criterion)), optimizer, training, options);
}

}  // namespace xtape::train
