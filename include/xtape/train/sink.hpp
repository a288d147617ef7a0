// Events: what a Trainer tells those who listen. The library prints nothing by itself; progress, files and reports are
// made from these.
//
// A sink is any type that has some of these member functions; the trainer calls those that there are:
//
//     void on_fit_begin(const train::FitBegin&);
//     void on_epoch_begin(const train::EpochBegin&);
//     void on_batch_end(const train::BatchRecord&);
//     void on_epoch_end(const train::EpochRecord&);
//     void on_checkpoint(const train::CheckpointSaved&);
//     void on_warning(const train::Warning&);
//     void on_fit_end(const train::History&);
//
// A function of one of these names that cannot be called so does not compile. (In a final class it is not noticed.)
//
// They are called on the thread that called fit(), in the order of the sinks. What one throws ends fit() as an
// exception of a callback does.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "xtape/export.hpp"
#include "xtape/train/history.hpp"

namespace xtape::train {

struct FitBegin {
  std::int64_t epochs = 0;
  std::int64_t first_epoch = 1;                               ///< after a resume: the epoch in which training goes on
  std::int64_t first_batch = 1;                               ///< of that epoch; above 1 if it was interrupted there
  std::int64_t steps = 0;                                     ///< of the optimizer before that batch
  std::int64_t batches = 0;                                   ///< of an epoch
  std::int64_t training_samples = 0, validation_samples = 0;  ///< of an epoch; with a sampler as many as it gives
  std::int64_t parameters = 0;                                ///< elements that are trained
};

struct EpochBegin {
  std::int64_t epoch = 0, epochs = 0;  ///< from 1
  std::int64_t batches = 0;
};

/// One training batch.
struct BatchRecord {
  std::int64_t epoch = 0;               ///< from 1
  std::int64_t batch = 0, batches = 0;  ///< from 1, in this epoch
  std::int64_t step = 0;  ///< of the optimizer since training began, from 1; with `accumulate` several batches have one
  std::int64_t samples = 0;
  double loss = 0;  ///< what the criterion returned
  double lr = 0;    ///< of the first group
  /// Of the epoch so far, with this batch: after the last one, EpochRecord's values. NaN if not measured.
  double train_loss = detail::not_measured;
  double train_accuracy = detail::not_measured;
};

struct CheckpointSaved {
  std::string path;
  std::int64_t epoch = 0, step = 0;
  bool is_best = false;  ///< the file of the best weights
};

enum class WarningKind : std::uint8_t {
  other,
  checkpoint_failed,  ///< a file of CheckpointOptions could not be written; training goes on without it
};

struct Warning {
  std::string message;
  WarningKind kind = WarningKind::other;
};

namespace detail {

struct XTAPE_API AnySink {
  virtual ~AnySink();
  virtual void fit_begin(const FitBegin&) = 0;
  virtual void epoch_begin(const EpochBegin&) = 0;
  virtual void batch_end(const BatchRecord&) = 0;
  virtual void epoch_end(const EpochRecord&) = 0;
  virtual void checkpoint(const CheckpointSaved&) = 0;
  virtual void warning(const Warning&) = 0;
  virtual void fit_end(const History&) = 0;
};
XTAPE_API std::shared_ptr<AnySink> own(AnySink* sink);  // takes ownership

struct SinkNames {
  char on_fit_begin, on_epoch_begin, on_batch_end, on_epoch_end, on_checkpoint, on_warning, on_fit_end;
};
/// Here a name is ambiguous if S has it, too, whatever S means by it: that shows a function that was meant for the
/// trainer but that it cannot call. Of a final class nothing is shown.
template <class S, bool = std::is_class_v<S> && !std::is_final_v<S>>
struct WithAllNames : SinkNames {};
template <class S>
struct WithAllNames<S, true> : S, SinkNames {};

/// S is the sink's type, or a reference to a sink of the caller's.
template <class S>
struct SinkOf final : AnySink {
  explicit SinkOf(S&& sink) : s(std::forward<S>(sink)) {}
  using T = std::remove_cvref_t<S>;
  // clang-format off
  static constexpr bool begins_fit = requires(S& t, const FitBegin& e) { t.on_fit_begin(e); };
  static constexpr bool begins_epoch = requires(S& t, const EpochBegin& e) { t.on_epoch_begin(e); };
  static constexpr bool ends_batch = requires(S& t, const BatchRecord& e) { t.on_batch_end(e); };
  static constexpr bool ends_epoch = requires(S& t, const EpochRecord& e) { t.on_epoch_end(e); };
  static constexpr bool saves = requires(S& t, const CheckpointSaved& e) { t.on_checkpoint(e); };
  static constexpr bool warns = requires(S& t, const Warning& e) { t.on_warning(e); };
  static constexpr bool ends_fit = requires(S& t, const History& e) { t.on_fit_end(e); };
  static constexpr bool names_fit_begin = !requires { &WithAllNames<T>::on_fit_begin; };
  static constexpr bool names_epoch_begin = !requires { &WithAllNames<T>::on_epoch_begin; };
  static constexpr bool names_batch_end = !requires { &WithAllNames<T>::on_batch_end; };
  static constexpr bool names_epoch_end = !requires { &WithAllNames<T>::on_epoch_end; };
  static constexpr bool names_checkpoint = !requires { &WithAllNames<T>::on_checkpoint; };
  static constexpr bool names_warning = !requires { &WithAllNames<T>::on_warning; };
  static constexpr bool names_fit_end = !requires { &WithAllNames<T>::on_fit_end; };
  static_assert(begins_fit || !names_fit_begin, "on_fit_begin must be public and take const train::FitBegin&");
  static_assert(begins_epoch || !names_epoch_begin, "on_epoch_begin must be public and take const train::EpochBegin&");
  static_assert(ends_batch || !names_batch_end, "on_batch_end must be public and take const train::BatchRecord&");
  static_assert(ends_epoch || !names_epoch_end, "on_epoch_end must be public and take const train::EpochRecord&");
  static_assert(saves || !names_checkpoint, "on_checkpoint must be public and take const train::CheckpointSaved&");
  static_assert(warns || !names_warning, "on_warning must be public and take const train::Warning&");
  static_assert(ends_fit || !names_fit_end, "on_fit_end must be public and take const train::History&");
  static_assert(begins_fit || begins_epoch || ends_batch || ends_epoch || saves || warns || ends_fit,
                "this sink has none of the member functions that xtape/train/sink.hpp lists");
  void fit_begin(const FitBegin& e) override { if constexpr (begins_fit) s.on_fit_begin(e); }
  void epoch_begin(const EpochBegin& e) override { if constexpr (begins_epoch) s.on_epoch_begin(e); }
  void batch_end(const BatchRecord& e) override { if constexpr (ends_batch) s.on_batch_end(e); }
  void epoch_end(const EpochRecord& e) override { if constexpr (ends_epoch) s.on_epoch_end(e); }
  void checkpoint(const CheckpointSaved& e) override { if constexpr (saves) s.on_checkpoint(e); }
  void warning(const Warning& e) override { if constexpr (warns) s.on_warning(e); }
  void fit_end(const History& e) override { if constexpr (ends_fit) s.on_fit_end(e); }
  // clang-format on
  S s;
};

}  // namespace detail
}  // namespace xtape::train
