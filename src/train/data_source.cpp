#include "xtape/train/data_source.hpp"

#include "xtape/data/transforms.hpp"

namespace xtape::train {

DataSource::DataSource(data::DataLoader loader) : loader_(std::make_shared<data::DataLoader>(std::move(loader))) {}
DataSource::DataSource(Wrapped wrapped) : dataset_(std::make_shared<data::Dataset>(std::move(wrapped.dataset))) {}

data::Dataset DataSource::dataset() const { return loader_ ? loader_->dataset() : *dataset_; }

data::DataLoader DataSource::loader(const data::DataLoaderOptions& options) const {
  return loader_ ? *loader_ : data::DataLoader(*dataset_, options);
}

data::DataLoader DataSource::evaluation_loader(std::int64_t batch_size) const {
  return loader_ ? *loader_ : data::DataLoader(data::without_random_transforms(*dataset_), {.batch_size = batch_size});
}

}  // namespace xtape::train
