// A step's forward and backward. All shards of a rank go forward first, since each loss is divided by the denominator
// of the whole batch; then each goes backward by itself, and its gradients enter the tree over the shards: a rank's
// shards are a subtree, whose sum the exchange between ranks takes further. Where the communicator overlaps, it does so
// while the last shard still goes backward.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "autograd/backward_ops.hpp"
#include "autograd/grad_when_complete.hpp"
#include "autograd/node.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "core/generator_scope.hpp"
#include "distributed/buffers.hpp"
#include "distributed/exchange.hpp"
#include "distributed/shards.hpp"
#include "kernels/tree_sum.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::distributed {

namespace {

/// The sum of one parameter's gradients, which come shard by shard, in the tree. Undefined ones are zeros.
class GradientTree {
 public:
  void add(Tensor g) {
    for (std::size_t n = ++added_; n % 2 == 0; n /= 2) {
      g = sum_of(std::move(sums_.back()), std::move(g));
      sums_.pop_back();
    }
    sums_.push_back(std::move(g));
  }
  /// When all of a rank's shards are added, whose number is a power of two.
  Tensor take() { return std::move(sums_[0]); }

 private:
  /// A missing gradient is added as zeros, as other ranks do, for -0 + 0 is 0.
  static Tensor sum_of(Tensor a, Tensor b) {
    if (!a.defined()) std::swap(a, b);
    if (!a.defined()) return a;
    if (!b.defined()) b = zeros_like(a);
    xtape::detail::accumulate(a, b);
    return a;
  }

  std::vector<Tensor> sums_;  // of 2^k gradients each, with falling k
  std::size_t added_ = 0;
};

/// Each tensor once: a parameter of both the model and the criterion has one gradient.
std::vector<Tensor> without_repeats(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> once;
  for (const Tensor& t : tensors) {
    if (!xtape::detail::contains(once, t)) once.push_back(t);
  }
  return once;
}

std::int64_t rows_of(const Tensor& x, const Tensor& y) {
  if (!x.defined() || !y.defined())
    fail<ValueError>(backward_op, "x or y is undefined; a rank without rows gives x of (0, ...)");
  if (x.dim() == 0 || y.dim() == 0 || x.size(0) != y.size(0)) {
    fail<ShapeError>(backward_op, "x {} and y {} do not have the same number of rows", x.shape(), y.shape());
  }
  return x.size(0);
}

/// The parts of the loss of shard k. Errors name the shard: it may be too small although the batch is not.
LossParts forward_shard(const detail::ShardFunctions& functions, const Tensor& x, const Tensor& y, const Shards& shards,
                        std::int64_t k) {
  try {
    return functions.parts(functions.output(x), y);
  } catch (Error& error) {
    if (shards.count() > 1) {
      error.set_context(fmt::format("shard {} of {} ({} of the batch's {} rows)", k, shards.count(), shards.rows_of(k),
                                    shards.batch()));
    }
    throw;
  }
}

/// The losses of this rank's shards; the sum is undefined for one without rows, and where the denominator is 0: such a
/// shard counts as zeros, whatever its sum is.
std::vector<LossParts> forward(const detail::ShardFunctions& functions, const Tensor& x, const Tensor& y,
                               const Shards& shards, ShardBuffers& buffers) {
  std::vector<LossParts> losses(static_cast<std::size_t>(shards.mine()));
  LossParts* loss = losses.data();
  const std::int64_t first_with_rows = shards.first_with_rows();
  for (std::int64_t k = shards.first(); k < shards.first() + shards.mine(); ++k, ++loss) {
    const std::int64_t begin = shards.begin_of(k), rows = shards.rows_of(k);
    if (rows > 0) {
      Generator generator(shards.seed_of(k));
      const xtape::detail::GeneratorScope scope(generator);
      const bool is_all = rows == x.size(0);
      *loss = forward_shard(functions, is_all ? x : narrow(x, 0, begin, rows), is_all ? y : narrow(y, 0, begin, rows),
                            shards, k);
      if (loss->denominator == 0) loss->sum = {};
    }
    buffers.end_shard(k == first_with_rows);
  }
  return losses;
}

/// The sum and the denominator of the loss: of one shard, or of several.
using LossNumbers = std::array<double, 2>;

LossNumbers tree_sum(const std::vector<LossNumbers>& all) {
  LossNumbers sum;
  kernels::tree_sum<double>({all[0].data(), all.size(), sum.size(), all[0].data(), 0}, sum.size(), sum.data());
  return sum;
}

/// The sums of all shards of all ranks; each rank's are gathered, so that all ranks know whose are not finite.
detail::GlobalLoss global_loss(const std::vector<LossParts>& losses, const Communicator& comm) {
  std::vector<LossNumbers> mine(losses.size()), all(static_cast<std::size_t>(comm.size()));
  for (std::size_t i = 0; i < losses.size(); ++i) {
    mine[i] = {losses[i].sum.defined() ? losses[i].sum.item() : 0, losses[i].denominator};
  }
  all[static_cast<std::size_t>(comm.rank())] = tree_sum(mine);
  comm.all_gather(std::as_writable_bytes(std::span(all)));
  const auto broken = std::ranges::find_if(
      all, [](const LossNumbers& of_rank) { return !std::isfinite(of_rank[0]) || !std::isfinite(of_rank[1]); });
  const LossNumbers sum = tree_sum(all);
  return {sum[0], sum[1], broken == all.end() ? -1 : static_cast<int>(broken - all.begin())};
}

/// 1 for each parameter on which a loss depends, else 0.
std::vector<std::byte> reached_by(const std::vector<LossParts>& losses, const std::vector<Tensor>& parameters) {
  std::unordered_set<const Node*> nodes;
  for (const LossParts& loss : losses) {
    if (!loss.sum.defined() || !loss.sum.requires_grad()) continue;
    for (const Node* node : xtape::detail::reachable({&loss.sum.impl()->node, 1})) nodes.insert(node);
  }
  std::vector<std::byte> reached(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    reached[i] = std::byte{nodes.contains(parameters[i].impl()->node.get())};
  }
  return reached;
}

/// Sums the gradients of this rank's shards; the sums go to the exchange with the last shard.
class ShardGradients final : public xtape::detail::GradientReceiver {
 public:
  ShardGradients(std::size_t parameters, Exchange& exchange) : trees_(parameters), exchange_(exchange) {}
  void begin_shard(bool is_last) noexcept { is_last_ = is_last; }
  void receive(std::size_t i, Tensor gradient) override {
    trees_[i].add(std::move(gradient));
    if (is_last_) exchange_.complete(i, trees_[i].take());
  }

 private:
  std::vector<GradientTree> trees_;
  Exchange& exchange_;
  bool is_last_ = false;
};

/// The gradients of the losses divided by `divisor`, summed over all shards of all ranks; each graph is released when
/// it has been used.
std::vector<Tensor> gradients_of(std::vector<LossParts> losses, const std::vector<Tensor>& parameters, double divisor,
                                 ShardBuffers& buffers, const Communicator& comm) {
  std::vector<Tensor> gradients(parameters.size());
  Exchange exchange(parameters, gradients, comm);
  if (exchange.can_begin_early()) exchange.begin(reached_by(losses, parameters));
  ShardGradients sums(parameters.size(), exchange);
  for (std::size_t shard = 0; shard < losses.size(); ++shard) {
    sums.begin_shard(shard + 1 == losses.size());
    Tensor& loss = losses[shard].sum;
    if (loss.defined()) {
      buffers.show(shard);
      xtape::detail::grad_when_complete({loss / divisor}, parameters, sums);
      loss = {};
    } else {
      const NoGradGuard no_grad;
      for (std::size_t i = 0; i < parameters.size(); ++i) sums.receive(i, {});
    }
  }
  exchange.finish();
  return gradients;
}

}  // namespace

detail::GlobalLoss detail::backward(const nn::Module& model, const std::vector<Tensor>& given,
                                    const ShardFunctions& functions, const Tensor& x, const Tensor& y,
                                    const Communicator& comm, BackwardOptions options, bool is_mean) {
  const std::int64_t rows = rows_of(x, y);
  const std::vector<Tensor> parameters = without_repeats(given);
  std::vector<Tensor> trained;
  for (const Tensor& p : parameters) {
    if (p.requires_grad()) trained.push_back(p);
  }
  const Shards shards(parameters, rows, options, comm);
  ShardBuffers buffers(model);
  std::vector<LossParts> losses = forward(functions, x, y, shards, buffers);
  const GlobalLoss loss = global_loss(losses, comm);
  if (loss.broken_rank >= 0) return loss;
  std::vector<Tensor> gradients;
  if (loss.denominator != 0) {
    gradients = gradients_of(std::move(losses), trained, is_mean ? loss.denominator : 1, buffers, comm);
  }
  buffers.finish(shards.rank_of(shards.first_with_rows()), comm);
  if (loss.denominator == 0) return loss;

  const auto leaf_of = [&trained](std::size_t i) {
    return static_cast<xtape::detail::Leaf*>(trained[i].impl()->node.get());
  };
  std::vector<std::byte> arrived(trained.size());
  for (std::size_t i = 0; i < trained.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const NoGradGuard no_grad;
    leaf_of(i)->add_to_grad(std::move(gradients[i]));
    arrived[i] = std::byte{1};
  }
  for (std::size_t i = 0; i < trained.size(); ++i) {
    if (arrived[i] != std::byte{0}) leaf_of(i)->run_post_hooks();
  }
  return loss;
}

double detail::backward_of(const nn::Module& model, const nn::Loss& criterion, const ShardFunctions& functions,
                           const Tensor& x, const Tensor& y, const Communicator& comm, BackwardOptions options) {
  std::vector<Tensor> parameters = model.parameters();
  for (const Tensor& p : criterion.parameters()) parameters.push_back(p);
  const GlobalLoss loss = backward(model, parameters, functions, x, y, comm, options);
  if (loss.broken_rank >= 0) {
    fail<ValueError>(backward_op, "the loss of rank {} is not finite; the sum over all ranks is {}", loss.broken_rank,
                     loss.sum);
  }
  return loss.denominator == 0 ? std::numeric_limits<double>::quiet_NaN() : loss.sum / loss.denominator;
}

}  // namespace xtape::distributed
