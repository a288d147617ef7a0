// The options that several commands share, and what is made of them: images, model, loss, optimizer. A command adds the
// groups that it needs, calls check_settings() once they are read, then the make_ functions.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <xtape/xtape.hpp>

#include "architecture.hpp"

struct Settings {
  std::string data = "digits";
  std::string classes;  // names with commas between them; "" for those of the data
  Architecture architecture;
  std::string load;  // a file of weights; "" for none
  std::string optimizer = "adam";
  double lr = 1e-3;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double label_smoothing = 0;
  std::int64_t batch_size = 64;
  double validation = 0.1;
  std::uint64_t seed = 0;
  int threads = 1;
};

/// --data, --classes
void add_data_options(CLI::App& app, Settings& s);
/// --validation: the share of the training images that is held out
void add_split_options(CLI::App& app, Settings& s);
/// --model, --hidden, --dropout, --load
void add_model_options(CLI::App& app, Settings& s);
/// --optimizer, --lr, --momentum, --nesterov, --weight-decay, --label-smoothing, --batch-size
void add_optimizer_options(CLI::App& app, Settings& s);
/// --seed, --threads
void add_machine_options(CLI::App& app, Settings& s);
void add_threads_option(CLI::App& app, Settings& s);
/// MODEL, which is required
void add_model_argument(CLI::App& app, std::string& file);

/// An option that plays a part only with some values of another.
struct Dependency {
  const char *option, *decider;
  std::vector<std::string> values;

  bool holds_for(const std::string& value) const;
};
/// nullptr if the option does not depend on another.
const Dependency* dependency_of(const std::string& option);

/// Refuses options that would be ignored, and data that is not there. ValueError, FileError.
void check_settings(const CLI::App& app, const Settings& s);

struct Images {
  xtape::data::ImageDataset train, test;
  std::string name;  // of the data, for people
  std::vector<std::string> classes() const { return test.classes(); }
  std::int64_t number_of_classes() const { return static_cast<std::int64_t>(classes().size()); }
};

/// Reads what --data names. FileError if it is damaged or empty.
Images load_images(const Settings& s);
/// A text that tells images, labels or classes from others.
std::string hash_of(const Images& images);

/// Training and held-out images: the seed alone decides which are held out.
struct Parts {
  xtape::data::Dataset training, held_out;
};
Parts split(const Images& images, const Settings& s);

/// A model to train, with random weights or, with --load, with those of the file.
xtape::nn::Sequential initial_model(const Settings& s, std::int64_t classes);
std::unique_ptr<xtape::optim::Optimizer> make_optimizer(const Settings& s, const xtape::nn::Module& model);
xtape::nn::CrossEntropyLoss make_loss(const Settings& s);
