// Where fit() and evaluate() take their batches: a dataset or a loader.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "xtape/data/loader.hpp"

namespace xtape::train {

/// A Dataset, which is given in batches as the receiver's options say, or a DataLoader, which is used as it is.
class XTAPE_API DataSource {
 public:
  /// No data.
  DataSource() = default;
  DataSource(data::DataLoader loader);  // NOLINT: implicit on purpose
  template <class D>
    requires(!std::same_as<std::remove_cvref_t<D>, DataSource> &&
             !std::same_as<std::remove_cvref_t<D>, data::DataLoader> && std::constructible_from<data::Dataset, D>)
  DataSource(D dataset) : DataSource(Wrapped{data::Dataset(std::move(dataset))}) {}  // NOLINT: implicit on purpose

  bool defined() const noexcept { return dataset_ || loader_; }
  /// The members below need a source that is defined.
  bool is_loader() const noexcept { return loader_ != nullptr; }
  data::Dataset dataset() const;
  /// The loader itself, or one of the dataset with these options.
  data::DataLoader loader(const data::DataLoaderOptions& options) const;
  /// To measure on: the loader itself, or one of the dataset in its order, without random transforms.
  data::DataLoader evaluation_loader(std::int64_t batch_size) const;

 private:
  struct Wrapped {
    data::Dataset dataset;
  };
  explicit DataSource(Wrapped wrapped);
  std::shared_ptr<const data::Dataset> dataset_;
  std::shared_ptr<const data::DataLoader> loader_;
};

}  // namespace xtape::train
