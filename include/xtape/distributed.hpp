// Training on several ranks at once, each with its slice of every batch: with virtual_shards so that the result does
// not depend on how many ranks there are. A rank is a process that runs the same program; xtape/mpi.hpp makes a
// Communicator of MPI's processes.
//
// Sums over ranks are exact in this sense: they are taken in one fixed tree, the same for every element, whatever the
// length of a vector and however it is cut into messages. The tree over n ranks: a single one is its value; of more,
// the first k are a tree and the other n - k are a tree, and their two sums are added, where k is the largest power of
// two below n. For n a power of two that is the balanced binary tree in the order of the ranks. All ranks get the same
// bits.
//
// Every function here is collective: all ranks call it, in the same order. What all ranks can see to be wrong is an
// error on all of them. An exception that only one rank throws must end that rank, or the others wait for it forever.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "xtape/detail/callback.hpp"
#include "xtape/nn/loss.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/tensor.hpp"

namespace xtape::distributed {

class Exchange;

/// The ranks that work together. One thread of a rank at a time may use it.
class XTAPE_API Communicator {
 public:
  virtual ~Communicator();
  /// This process's number, from 0 to size() - 1.
  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// Returns when all ranks have called it.
  void barrier() const { wait(); }
  /// The sum of the ranks' values, in the tree above.
  double sum(double value) const;
  /// Replaces each element by its sum over the ranks, in the tree above. All ranks give the same number of elements.
  void sum(std::span<float> values) const;
  void sum(std::span<double> values) const;
  /// Gives all ranks the bytes of rank `root`. All ranks give the same number of bytes.
  void broadcast(std::span<std::byte> bytes, int root = 0) const;
  /// The values of all ranks, by rank.
  std::vector<std::uint64_t> all_gather(std::uint64_t value) const;
  /// all[r * bytes ...] gets what rank r has there; all.size() is size() * bytes.
  void all_gather(std::span<std::byte> all) const;

 protected:
  Communicator(int rank, int size);
  Communicator(const Communicator&) = default;
  Communicator& operator=(const Communicator&) = default;

 private:
  friend class Exchange;
  struct Rows;
  // What a kind of communicator has to do. No call moves more than 2^30 bytes for each rank.
  virtual void wait() const = 0;
  virtual void send_from(int root, std::byte* bytes, std::size_t count) const = 0;
  /// `all` holds a block of `bytes` bytes for each rank; this rank's own block is in its place.
  virtual void gather_blocks(std::byte* all, std::size_t bytes) const = 0;
  /// Block r of `out` goes to rank r, block r of `in` comes from rank r. This rank's own blocks are left alone.
  virtual void exchange_blocks(const std::byte* out, std::byte* in, std::size_t bytes) const = 0;
  /// Whether sums may be taken on another thread while this one computes, and that pays: the same on all ranks. Then
  /// `backward` starts a thread that calls the two functions above; until it ends, no other thread makes a call.
  virtual bool overlaps() const noexcept;
  /// Called where overlaps(), when an exception ends this rank's backward: a call that the other thread is in, and each
  /// later one, must end with an Error, though other ranks never answer. The communicator is of no use any more.
  virtual void give_up() const noexcept;
  void sum_elements(std::span<std::byte> values, std::size_t size, void (*add)(const Rows&, std::byte* out)) const;

  int rank_, size_;
};

/// Gives all ranks the parameters and buffers of rank 0. ValueError on all ranks, naming the first difference, if the
/// models differ in a name, a shape, a dtype or in what is trained; then nothing has changed.
XTAPE_API void broadcast(const nn::Module& model, const Communicator& comm);

/// Replaces each gradient by its sum over the ranks. A parameter without a gradient on some ranks counts as zeros
/// there, without one on all ranks it stays so. They travel in buckets of a few MiB, which changes no bits. ValueError
/// on all ranks if the ranks' parameters differ in number, shape, dtype or in what is trained.
XTAPE_API void sum_gradients(const std::vector<Tensor>& parameters, const Communicator& comm);

/// ValueError on all ranks, naming the step and the first parameter that differs, unless all ranks hold the same bits
/// in the model's parameters.
XTAPE_API void check_same(const nn::Module& model, const Communicator& comm, std::int64_t step);

struct BackwardOptions {
  /// A power of two that the number of ranks divides: the parts into which each global batch is cut, whatever the
  /// number of ranks, so that the result has the same bits for each such number. 0: one part a rank.
  std::int64_t virtual_shards = 0;
};

namespace detail {

/// What a backward runs for each shard that has rows: parts(output(x), y).
struct ShardFunctions {
  Callback<Tensor(const Tensor& x)> output;
  Callback<LossParts(const Tensor& output, const Tensor& y)> parts;
};

/// The loss over the global batch.
struct GlobalLoss {
  double sum = 0, denominator = 0;
  int broken_rank = -1;  ///< the first whose loss is not finite, or -1
};

/// What backward below does, for a model that is called as `functions` says, and for these parameters. With `is_mean`
/// the gradients are those of sum / denominator, else those of the sum. A loss that is not finite, or a denominator of
/// 0, is no error: it is returned, and no gradient has changed.
XTAPE_API GlobalLoss backward(const nn::Module& model, const std::vector<Tensor>& parameters,
                              const ShardFunctions& functions, const Tensor& x, const Tensor& y,
                              const Communicator& comm, BackwardOptions options, bool is_mean = true);
XTAPE_API double backward_of(const nn::Module& model, const nn::Loss& criterion, const ShardFunctions& functions,
                             const Tensor& x, const Tensor& y, const Communicator& comm, BackwardOptions options);

}  // namespace detail

/// Forward, loss and backward of a global batch, of which x and y are this rank's rows: of B rows on N ranks, rank r
/// has rows floor(r B / N) to floor((r + 1) B / N), none if that is empty. Returns the mean of the loss over the global
/// batch, whatever the criterion's reduction, and adds its gradient to the gradients of the model's and the criterion's
/// parameters, summed over the ranks. As with the loop by hand:
///
///     auto parts = criterion.parts(model(x), y);
///     (parts.sum / comm.sum(parts.denominator)).backward();
///     distributed::sum_gradients(model.parameters(), comm);
///
/// but the global batch is cut into S = virtual_shards shards, shard k of rows floor(k B / S) to floor((k + 1) B / S).
/// Each has a forward and a backward of its own; losses, denominators and gradients are summed in the tree above over
/// the S shards. One without rows counts as zeros; so does one whose denominator is 0, whatever its sum is. So the
/// result has the same bits on every number of ranks that divides S, 1 included.
///
/// Random numbers: what shard k draws from the default generator in its forward depends on the generator's state and on
/// k alone, and afterwards the generator is one block further on every rank. Buffers: every shard starts with the
/// buffers as they were; afterwards all ranks have those of the first shard that has rows. So BatchNorm's statistics
/// are those of a shard. A shard that comes after one which wrote a buffer has that buffer in other memory; a view of
/// it that the model keeps does not follow. A post-accumulate hook is called once, when the parameter has its whole
/// gradient; other leaves get no gradient.
///
/// Where the communicator overlaps, gradients travel while the last shard still goes backward, from the last parameter
/// to the first; the bits are the same. Then hooks and gradient functions must not use the communicator, and if one of
/// them throws, it is of no use any more.
///
/// If the denominator is 0, because every target is ignored, it returns NaN and changes no gradient.
///
/// ValueError on all ranks if the ranks differ in their options, in the default generator's state or in the parameters
/// as with sum_gradients, if their rows are not those above, or if a loss is not finite: it names the rank. GradError
/// on all ranks if no parameter requires grad. Then no gradient has changed.
template <std::derived_from<nn::Module> M, std::derived_from<nn::Loss> C>
double backward(const M& model, const C& criterion, const Tensor& x, const Tensor& y, const Communicator& comm,
                BackwardOptions options = {}) {
  return detail::backward_of(
      model, criterion,
      {[&model](const Tensor& rows) { return model(rows); },
       [&criterion](const Tensor& output, const Tensor& rows) { return criterion.parts(output, rows); }},
      x, y, comm, options);
}

}  // namespace xtape::distributed
