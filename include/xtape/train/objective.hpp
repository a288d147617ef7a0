// What is trained and what for: a model and a criterion of any types, as the trainer calls them.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "xtape/nn/loss.hpp"
#include "xtape/nn/module.hpp"

namespace xtape::train {

/// Any module or function of (output, target) that returns a scalar. An nn::Loss also gives its parts, so that means
/// over uneven or masked batches are exact; the losses of others are weighted by the samples of their batches.
template <class C>
concept Criterion = requires(const C& c, const Tensor& output, const Tensor& target) {
  { c(output, target) } -> std::same_as<Tensor>;
};

namespace detail {

struct XTAPE_API AnyModel {
  virtual ~AnyModel();
  virtual const nn::Module& module() const noexcept = 0;
  virtual Tensor call(const Tensor& x) const = 0;
};
struct XTAPE_API AnyCriterion {
  virtual ~AnyCriterion();
  /// Null unless it is an nn::Loss.
  virtual const nn::Loss* loss() const noexcept = 0;
  virtual Tensor call(const Tensor& output, const Tensor& target) const = 0;
};
/// They take ownership.
XTAPE_API std::shared_ptr<const AnyModel> own(const AnyModel* model);
XTAPE_API std::shared_ptr<const AnyCriterion> own(const AnyCriterion* criterion);

template <class M>
struct ModelOf final : AnyModel {
  explicit ModelOf(const M& model) : m(model) {}
  const nn::Module& module() const noexcept override { return m; }
  Tensor call(const Tensor& x) const override { return m(x); }
  M m;
};
template <class C>
struct CriterionOf final : AnyCriterion {
  explicit CriterionOf(C criterion) : c(std::move(criterion)) {}
  const nn::Loss* loss() const noexcept override {
    if constexpr (std::derived_from<C, nn::Loss>) {
      return &c;
    } else {
      return nullptr;
    }
  }
  Tensor call(const Tensor& output, const Tensor& target) const override { return c(output, target); }
  C c;
};

/// A handle: copies share the model's parameters.
class XTAPE_API Objective {
 public:
  template <std::derived_from<nn::Module> M, Criterion C>
  Objective(const M& model, C criterion)
      : model_(own(new ModelOf<M>(model))), criterion_(own(new CriterionOf<C>(std::move(criterion)))) {
    nn::detail::check_forward<M>();
    static_assert(nn::detail::takes_one_input<M>(), "the trainer calls model(x): the model must take one input");
  }
  const nn::Module& module() const noexcept { return model_->module(); }
  Tensor output(const Tensor& x) const { return model_->call(x); }
  /// ShapeError unless the criterion returns a scalar.
  Tensor loss(const Tensor& output, const Tensor& target) const;
  /// The criterion, where it is an nn::Loss, else null.
  const nn::Loss* parts() const noexcept { return criterion_->loss(); }

 private:
  std::shared_ptr<const AnyModel> model_;
  std::shared_ptr<const AnyCriterion> criterion_;
};

}  // namespace detail
}  // namespace xtape::train
