#include "xtape/train/data_source.hpp"

namespace xtape::train {

DataSource::DataSource(data::DataLoader loader) : loader_(std::make_shared<data::DataLoader>(std::move(loader))) {}
DataSource::DataSource(Wrapped wrapped) : dataset_(std::make_shared<data::Dataset>(std::move(wrapped.dataset))) {}

data::Dataset DataSource::dataset() const { return loader_ ? loader_->dataset() : *dataset_; }

data::DataLoader DataSource::loader(const data::DataLoaderOptions& options) const {
  return loader_ ? *loader_ : data::DataLoader(*dataset_, options);
}

}  // namespace xtape::train
