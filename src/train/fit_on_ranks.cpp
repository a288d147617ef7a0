// fit() with a communicator: what the ranks must have in common, and a batch of which each has its rows. Between steps
// all ranks have the same bits in the model, the optimizer, the default generator and state_, and come to the same
// decisions: whatever one rank alone knows, it tells all of them with the next batch.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "autograd/tensor_impl.hpp"
#include "distributed/agree.hpp"
#include "distributed/shards.hpp"
#include "kernels/random.hpp"
#include "train/fit.hpp"
#include "train/modes.hpp"
#include "xtape/autograd.hpp"
#include "xtape/distributed.hpp"
#include "xtape/ops.hpp"

namespace xtape::train {

namespace {

using distributed::Hash;
using distributed::hash_of;
using distributed::InCommon;

/// Of a few samples, the first and the last among them.
std::uint64_t hash_of_samples(const data::Dataset& dataset) {
  const std::int64_t last = dataset.size() - 1, steps = std::min<std::int64_t>(last, 15);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(steps + 1), 0);
  for (std::int64_t i = 1; i <= steps; ++i) indices[static_cast<std::size_t>(i)] = last * i / steps;
  const GeneratorGuard generator;
  const NoGradGuard no_grad;
  const data::Batch batch = dataset.batch(indices);
  Hash hash;
  hash.add(batch.x);
  hash.add(batch.y);
  return hash.value();
}

/// What decides the order of samples, besides their number and shuffle.
std::uint64_t hash_of_order(const data::DataLoader& loader) {
  const data::DataLoaderOptions options = loader.options();
  Hash hash;
  hash.add(options.seed);
  hash.add(static_cast<std::uint64_t>(loader.epoch()));
  if (!options.sampler.defined()) return hash.value();
  const auto epoch = static_cast<std::uint64_t>(loader.epoch());
  for (const std::int64_t i : options.sampler.indices(options.seed, epoch)) hash.add(static_cast<std::uint64_t>(i));
  return hash.value();
}

std::uint64_t hash_of_schedule(const Schedule& schedule) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(schedule.every));
  for (const auto& [name, tensor] : schedule.scheduler->state_dict()) {
    hash.add(name);
    hash.add(tensor);
  }
  return hash.value();
}

/// Its type and what it tells of its options.
std::string text_of_criterion(const nn::Loss& loss) {
  constexpr const char* reductions[] = {"none", "mean", "sum", "batchmean"};
  const std::string others = loss.options_text();
  return fmt::format("criterion = {}, reduction = {}{}{}", loss.to_string(),
                     reductions[static_cast<std::size_t>(loss.reduction())], others.empty() ? "" : ", ", others);
}

/// In batch number `batch` of an epoch, of all ranks.
std::int64_t rows_of_batch(const data::DataLoader& loader, std::int64_t batch) {
  const std::int64_t size = loader.options().batch_size;
  return std::min(size, samples_of_epoch(loader) - batch * size);
}

}  // namespace

// ---- before the loop -----------------------------------------------------------------------------------------------

std::int64_t Fit::shards() const noexcept {
  if (!comm_) return 0;
  return options_.virtual_shards > 0 ? options_.virtual_shards : comm_->size();
}

/// ValueError on all ranks where one has other options or other data.
void Fit::check_ranks_agree() const {
  InCommon common("fit", *comm_);
  common.add("virtual_shards = {}", options_.virtual_shards);
  for (const std::string& text : to_texts(deciding_options())) common.add("{}", text);
  common.add("validation samples = {}", validation_ ? samples_of_epoch(*validation_) : 0);
  common.add("validation batches = {}", validation_ ? validation_->size() : 0);
  common.add("epochs = {}", options_.epochs);
  common.add("early_stopping.monitor = {}", monitor_);
  common.add("early_stopping.patience = {}", options_.early_stopping.patience);
  common.add("early_stopping.min_delta = {}", options_.early_stopping.min_delta);
  common.add("the number of schedulers = {}", setup_.schedules.size());
  for (std::size_t i = 0; i < setup_.schedules.size(); ++i) {
    common.add_hash(hash_of_schedule(setup_.schedules[i]), "the options of scheduler {}", i + 1);
  }
  if (const nn::Loss* loss = objective_.parts()) common.add("{}", text_of_criterion(*loss));
  common.add_lines(objective_.module().to_string());  // with the layers' options: dropout's p, say
  common.add("the number of transforms = {}", setup_.transforms.size());
  common.add("{}", had_finite_parameters_ && had_finite_buffers_ ? "finite weights" : "weights that are not finite");
  common.add_hash(hash_of_order(loader_), "the order of the training samples");
  common.add_hash(hash_of_samples(loader_.dataset()), "the training samples");
  if (validation_) common.add_hash(hash_of_samples(validation_->dataset()), "the validation samples");
  for (const auto& [name, tensor] : optimizer_.state_dict()) {
    common.add_hash(hash_of(tensor), "the optimizer's \"{}\"", name);
  }
  for (const Tensor& p : trained_beside_model()) common.add_layout("a parameter of the optimizer", p);
  common.check();
}

/// Of the epoch that begins. A sampler may give one rank another order than the others.
void Fit::check_same_order() const {
  InCommon common("fit", *comm_);
  common.add_hash(hash_of_order(loader_), "the order of the training samples");
  common.check(fmt::format("in epoch {} ", state_.epoch + 1));
}

/// What the optimizer has, and the model has not: parameters of the criterion, say.
std::vector<Tensor> Fit::trained_beside_model() const {
  const std::vector<Tensor> of_model = objective_.module().parameters();
  std::vector<Tensor> others;
  for (const Tensor& p : optimizer_.parameters()) {
    if (!xtape::detail::contains(of_model, p)) others.push_back(p);
  }
  return others;
}

/// With rank 0's weights, buffers and default generator.
void Fit::begin_alike() {
  distributed::broadcast(objective_.module(), *comm_);
  if (const nn::Loss* loss = objective_.parts()) distributed::broadcast(*loss, *comm_);
  for (const Tensor& p : trained_beside_model()) {
    comm_->broadcast(xtape::detail::bytes_of(p));
    if (comm_->rank() != 0) xtape::detail::mark_written(p);
  }
  Generator::State state = default_generator().state();
  comm_->broadcast(std::as_writable_bytes(std::span(&state, 1)));
  default_generator().set_state(state);
  best_weights_.take();
}

/// ValueError on all ranks unless all begin with the same batch, after resume(), too.
void Fit::check_same_place() const {
  InCommon common("fit", *comm_);
  common.add("the run goes on after epoch {}, batch {}, step {}", state_.epoch, next_place_.batch(), state_.steps);
  common.add("the loader's epoch = {}", next_place_.epoch());
  common.check();
}

/// ValueError on all ranks unless what is trained has the same bits on all. Buffers are so at the end of an epoch.
void Fit::check_still_alike(bool with_buffers) const {
  distributed::check_same(objective_.module(), *comm_, state_.steps);
  InCommon common("fit", *comm_);
  std::int64_t number = 0;
  for (const Tensor& p : trained_beside_model()) {
    common.add_hash(hash_of(p), "parameter {} of the optimizer's that are not the model's", ++number);
  }
  if (with_buffers) {
    for (const auto& [name, buffer] : objective_.module().named_buffers()) {
      common.add_hash(hash_of(buffer), "the buffer {}", name);
    }
  }
  common.check(fmt::format("after step {} ", state_.steps));
}

// ---- a batch -------------------------------------------------------------------------------------------------------

RankNews Fit::news() const {
  return {.is_asked_to_stop = setup_.stop_requested || StopOnSignal::received() != 0,
          .signal = StopOnSignal::received()};
}

/// Sets told_.
void Fit::exchange(const RankNews& mine) {
  std::vector<RankNews> all(static_cast<std::size_t>(comm_->size()));
  all[static_cast<std::size_t>(comm_->rank())] = mine;
  comm_->all_gather(std::as_writable_bytes(std::span(all)));
  told_ = {};
  for (const RankNews& rank : all) {
    told_.correct += rank.correct;
    told_.counted += rank.counted;
    told_.classes = std::max(told_.classes, rank.classes);
    told_.without_classes += rank.without_classes;
    told_.is_asked_to_stop += rank.is_asked_to_stop;
    told_.signal = std::max(told_.signal, rank.signal);
    told_.is_save_due += rank.is_save_due;
  }
}

/// Each shard by itself, with random numbers of its own, so that it does not matter which rank has it.
data::Batch Fit::transformed_shard(const data::Batch& shard, std::int64_t number) const {
  if (setup_.transforms.empty()) return shard;
  const std::uint64_t of_batch = transform_seed(setup_.epochs_begun - 1, state_.batch);
  const std::uint64_t seed = kernels::derived_seed(of_batch, StreamUse::shard, 0, static_cast<std::uint64_t>(number));
  return transformed_by({shard.x.clone(), shard.y.clone()}, seed);
}

/// Of the next shard that has rows; they are those of `x`, and as many of the batch's targets.
Tensor Fit::output_of_shard(const Tensor& x, const data::Batch& batch, ShardNotes& notes) const {
  const std::int64_t rows = rows_of_batch(loader_, state_.batch);
  std::int64_t begin = 0, end = 0;
  for (; begin == end; ++notes.shard) {
    begin = distributed::first_row(notes.shard, rows, shards());
    end = distributed::first_row(notes.shard + 1, rows, shards());
  }
  const std::int64_t of_rank = distributed::first_row(comm_->rank(), rows, comm_->size());
  notes.rows = transformed_shard({x, narrow(batch.y, 0, begin - of_rank, end - begin)}, notes.shard - 1);
  notes.start = default_generator().state();
  return objective_.output(notes.rows.x);
}

LossParts Fit::parts_of_shard(const Tensor& output, ShardNotes& notes) const {
  const Tensor& target = notes.rows.y;
  const nn::Loss* const loss = objective_.parts();
  if (state_.steps == 0 && state_.batch == 0 && notes.shard == 1) warn_of_outputs(output);
  const double samples = static_cast<double>(target.size(0));  // without parts, a mean over samples as far as we know
  const LossParts parts =
      loss ? loss->parts(output, target) : LossParts{objective_.loss(output, target) * samples, samples};
  const double sum = parts.sum.item();
  if (!std::isfinite(sum) && parts.denominator != 0 && !notes.broken)
    notes.broken = BrokenShard{sum, notes.rows, notes.start};
  if (!state_.totals.has_classes) return parts;
  const detail::ClassAnswers answers = detail::class_answers(loss, output, target);
  const detail::Score score = answers.score();
  notes.news.correct += score.correct;
  notes.news.counted += score.counted;
  notes.news.classes = std::max(notes.news.classes, answers.classes);
  notes.news.without_classes += !answers.defined();
  return parts;
}

/// As train_batch(), for the batch of which `batch` are this rank's rows. Nothing, too, if the run was asked to end
/// before this batch, which then has never been.
std::optional<BatchNumbers> Fit::train_on_ranks(const data::Batch& batch, PendingStep& pending, bool is_last) {
  const nn::Loss* const criterion = objective_.parts();
  const bool is_sum = criterion && criterion->reduction() == Reduction::sum;
  if (pending.denominator == 0) optimizer_.zero_grad();

  ShardNotes notes{.news = news(), .shard = comm_->rank() * (shards() / comm_->size())};
  const auto output_of = [this, &batch, &notes](const Tensor& x) { return output_of_shard(x, batch, notes); };
  const auto parts_of = [this, &notes](const Tensor& output, const Tensor&) { return parts_of_shard(output, notes); };
  const distributed::detail::GlobalLoss loss = distributed::detail::backward(
      objective_.module(), optimizer_.parameters(), {output_of, parts_of}, batch.x, batch.y, *comm_,
      {.virtual_shards = options_.virtual_shards}, options_.accumulate == 1 && !is_sum);
  if (loss.broken_rank >= 0) {
    end_not_finite_on(loss.broken_rank, notes.broken);
    return std::nullopt;
  }

  const double denominator = pending.denominator + loss.denominator;
  const bool completes_step = pending.batches + 1 == options_.accumulate || is_last;
  notes.news.is_save_due = completes_step && files_.are_due(state_.steps + (denominator != 0));
  exchange(notes.news);
  if (is_asked_to_stop() && pending.batches == 0 && state_.batch > 0) {
    batch_start_.bring_back();
    optimizer_.zero_grad();
    pause_between_steps();
    return std::nullopt;
  }
  pending.denominator = denominator;
  const double value = is_sum ? loss.sum : loss.sum / loss.denominator;
  return BatchNumbers{.loss = {{}, value, loss.sum, loss.denominator},
                      .samples = rows_of_batch(loader_, state_.batch),
                      .score = {told_.correct, told_.counted},
                      .classes = told_.classes,
                      .has_classes = told_.without_classes == 0 && told_.classes > 0};
}

/// Each rank measures a regression by itself: where their numbers differ, rank 0's decide, and all histories have them.
void Fit::take_numbers_of_rank_zero(EpochRecord& record) {
  struct {
    EpochRecord record;
    double majority_share, train_eval_r2, validation_r2;
  } numbers{record, state_.majority_share, state_.train_eval_r2, state_.validation_r2};
  comm_->broadcast(std::as_writable_bytes(std::span(&numbers, 1)));
  record = numbers.record;
  state_.majority_share = numbers.majority_share;
  state_.train_eval_r2 = numbers.train_eval_r2;
  state_.validation_r2 = numbers.validation_r2;
}

/// On all ranks those of the first that has any, with its number unless all have some; "" if none has.
std::string Fit::words_of_first_rank(const std::string& words) const {
  const std::vector<std::uint64_t> has_words = comm_->all_gather(std::uint64_t{!words.empty()});
  const auto first = std::ranges::find(has_words, 1U);
  if (first == has_words.end()) return "";
  const int rank = static_cast<int>(first - has_words.begin());
  const std::string text = distributed::text_of_rank(rank, words, *comm_);
  return std::count(first, has_words.end(), 1U) == comm_->size() ? text : fmt::format("rank {}: {}", rank, text);
}

/// On all ranks, by the words of the rank whose loss it is. A parameter that has become NaN, as all have it after a
/// step, is not this rank's doing.
void Fit::end_not_finite_on(int rank, const std::optional<BrokenShard>& broken) {
  std::string what;
  if (broken && comm_->rank() == rank) what = origin_of(broken->loss, broken->rows, &broken->start);
  batch_start_.bring_back();
  const bool is_broken_on_all = comm_->sum(broken_parameter().empty()) == 0;
  what = distributed::text_of_rank(rank, what, *comm_);
  end_not_finite(state_.steps + 1, is_broken_on_all ? what : fmt::format("rank {}: {}", rank, what));
}

}  // namespace xtape::train
