#include "xtape/train/objective.hpp"

#include "core/fail.hpp"

namespace xtape::train::detail {

AnyModel::~AnyModel() = default;
AnyCriterion::~AnyCriterion() = default;

std::shared_ptr<const AnyModel> own(const AnyModel* model) { return std::shared_ptr<const AnyModel>(model); }
std::shared_ptr<const AnyCriterion> own(const AnyCriterion* criterion) {
  return std::shared_ptr<const AnyCriterion>(criterion);
}

Tensor Objective::loss(const Tensor& output, const Tensor& target) const {
  Tensor loss = criterion_->call(output, target);
  if (!loss.defined() || loss.numel() != 1) {
    fail<ShapeError>("Trainer", "the criterion must return one number, it returned {}; use Reduction::mean?",
                     loss.defined() ? fmt::format("a tensor {}", loss.shape()) : "an undefined tensor");
  }
  return loss;
}

}  // namespace xtape::train::detail
