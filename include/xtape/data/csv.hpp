// CSV files as datasets: one sample a line, numbers as inputs, one column as the target.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "xtape/data/dataset.hpp"

namespace xtape::data {

struct CsvOptions {
  std::string label = {};                  ///< the column of the targets, by its name
  std::vector<std::string> classes = {};   ///< the labels, in the order of their numbers; empty: those of the file
  std::vector<std::string> features = {};  ///< the columns of the inputs, in this order; empty: all but the label
  std::vector<std::string> columns = {};   ///< the names of the columns of a file that has no header line
  char delimiter = ',';
  bool regression = false;  ///< labels are numbers and targets float32; otherwise they are names of classes
};

/// The rows of a CSV file, plain or compressed by gzip, as RFC 4180 has them: a header line, fields that may be in
/// quotes, lines that end in LF or CRLF. Spaces around a field that is not quoted do not belong to it. Every line must
/// have as many fields as the header, and every field of a feature a finite number; empty lines are allowed at the end.
///
/// A handle: copies share the rows. Files that belong together need the same numbers for the same labels and the same
/// columns: `{.label = "species", .classes = train.classes(), .features = train.feature_names()}`.
class XTAPE_API CsvDataset {
 public:
  /// FileError with the line, and the column where there is one, for whatever breaks these rules, an empty label, and a
  /// label that is none of `classes`. ValueError for options that do not fit each other or name no column of the file.
  /// Without `classes`, these are the labels that occur: in numeric order if all are integers, else sorted as bytes.
  CsvDataset(const std::string& path, const CsvOptions& options);

  std::int64_t size() const { return targets_.size(0); }
  /// x float32 (B, F); y int64 (B), or with `regression` float32 (B).
  Batch batch(std::span<const std::int64_t> indices) const { return rows().batch(indices); }
  /// int64 (N), or with `regression` float32 (N).
  Tensor targets() const { return targets_; }
  /// float32 (N, F).
  Tensor features() const { return features_; }
  /// The names of the columns of features().
  std::vector<std::string> feature_names() const;
  /// The names of the classes; label k is classes()[k]. Empty with `regression`.
  std::vector<std::string> classes() const;

  /// Brings each feature to mean 0 and standard deviation 1 (with divisor N) over the samples at `training`, for copies
  /// of this dataset and subsets of them as well: `d.standardize(train.indices())`. It begins with the file's numbers
  /// each time, so that it may be called for each fold of a cross-validation. A feature that is constant over
  /// `training` is only centered. The other samples take no part, so that nothing about them is known in training.
  /// Returns float32 (2, F): the means, and the standard deviations (1 for a constant), to treat new samples alike:
  /// `(x - scale[0]) / scale[1]`. ValueError when `training` is empty; IndexError for a sample that there is not.
  Tensor standardize(std::span<const std::int64_t> training);

 private:
  TensorDataset rows() const { return TensorDataset(features_, targets_); }

  Tensor features_, raw_, targets_;  // raw_: the features as in the file
  std::vector<std::string> feature_names_, classes_;
};

}  // namespace xtape::data
