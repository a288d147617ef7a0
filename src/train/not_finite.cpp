// A loss that is NaN or infinite: no step is made with it. fit() ends, and says where it came from.
#include <cmath>
#include <exception>
#include <optional>

#include "autograd/anomaly.hpp"
#include "core/fail.hpp"
#include "train/fit.hpp"
#include "xtape/autograd.hpp"
#include "xtape/distributed.hpp"

namespace xtape::train {

/// The name of a parameter that training has made NaN or infinite, or "". (A model may have begun with such a one and
/// mean it.)
std::string Fit::broken_parameter() const {
  return had_finite_parameters_ ? parameter_not_finite(objective_.module()) : "";
}

/// So too of a buffer, such as a running variance that has overflown.
std::string Fit::broken_buffer() const { return had_finite_buffers_ ? buffer_not_finite(objective_.module()) : ""; }

/// Weights that are not finite replace neither a file nor the best ones.
bool Fit::end_if_broken() {
  const char* kind = "parameter";
  std::string name = broken_parameter();
  if (name.empty()) {
    kind = "buffer";
    name = broken_buffer();
  }
  std::string what = name.empty() ? "" : fmt::format("the {} \"{}\" is no longer finite", kind, name);
  if (comm_) what = words_of_first_rank(what);
  if (what.empty()) return false;
  end_not_finite(state_.steps, what);
  return true;
}

/// The weights become those of the best epoch or, if there is none yet, stay as long as they are finite.
void Fit::end_not_finite(std::int64_t step, const std::string& what) {
  const bool has_best = state_.best.epoch > 0;
  const bool is_finite = broken_parameter().empty() && broken_buffer().empty();
  const bool is_finite_on_all = comm_ ? comm_->sum(is_finite) == comm_->size() : is_finite;
  const bool stay = !has_best && is_finite_on_all;
  if (!stay) best_weights_.bring_back();
  has_final_weights_ = !stay;
  const std::string weights = has_best                     ? fmt::format("those of epoch {}", state_.best.epoch)
                              : !stay || state_.steps == 0 ? "those that fit() began with"
                              : average_                   ? "the average of those up to the last step"
                                                           : "those of the last step";
  ending_ = Ending{StopCause::not_finite, fmt::format("epoch {}, step {}: {}", state_.epoch + 1, step, what), weights};
  listeners_.warning(reason_of_end());
}

/// The batch once more, in anomaly mode: the error that this makes.
std::string Fit::replay(double loss, const data::Batch& batch, const Generator::State* start) const {
  std::string origin = "it is finite when the batch is computed again";
  try {
    const autograd::DetectAnomalyGuard anomaly;
    std::optional<xtape::detail::DetectInfinityGuard> infinity;
    if (start) default_generator().set_state(*start);
    if (std::isinf(loss)) infinity.emplace();
    const BatchLoss again = loss_of(objective_.output(batch.x), batch.y);
    if (!std::isfinite(again.value)) origin = "the op is unknown, since it is not on the tape";
    if (infinity && !infinity->origin().empty()) origin = infinity->origin();
  } catch (const std::exception& e) {
    origin = e.what();
  } catch (...) {  // whatever the model throws: the run ends in good order
    origin = "the op is unknown, since the model threw when the batch was computed again";
  }
  batch_start_.bring_back();
  return origin;
}

/// Afterwards the default generator and the buffers are as they were before the batch, which has then never been.
std::string Fit::origin_of(double loss, const data::Batch& batch, const Generator::State* start) const {
  batch_start_.bring_back();
  const char* value = std::isnan(loss) ? "NaN" : loss > 0 ? "inf" : "-inf";
  const std::string refused = fmt::format("the loss is {}", value);
  if (const std::string name = broken_parameter(); !name.empty()) {
    return fmt::format("{}, because the parameter \"{}\" is not finite", refused, name);
  }
  return fmt::format("{}: {}", refused, replay(loss, batch, start));
}

}  // namespace xtape::train
