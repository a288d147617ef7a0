#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "../common/hash.hpp"
#include "checks.hpp"
#include "configuration.hpp"
#include "model_file.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

// The hash of Fashion-MNIST's labels for testing: its files have MNIST's names, but their classes are clothes.
constexpr std::uint64_t fashion_mnist_labels = 0x3f602a62bcd2cc85;

const Dependency dependencies[] = {{"--momentum", "--optimizer", {"sgd"}},
                                   {"--nesterov", "--optimizer", {"sgd"}},
                                   {"--hidden", "--model", {"mlp"}},
                                   {"--dropout", "--model", {"mlp", "cnn"}},
                                   {"--virtual-shards", "--mpi", {"true"}}};

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names{""};
  for (const char c : list) {
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

CLI::Validator class_names() {
  return {[](std::string& list) {
            const std::vector<std::string> names = names_in(list);
            for (const std::string& name : names) {
              if (name.empty()) return fmt::format("\"{}\" has an empty name", list);
              const std::string fault = fault_of_name(name);
              if (!fault.empty()) return fmt::format("the name \"{}\" {}", name, fault);
            }
            return std::string(names.size() < 2 ? "needs two names or more, with commas between them" : "");
          },
          ""};
}

/// Of a file, or of the best epoch of a run.
StateDict weights_in(const std::string& path) {
  std::error_code error;
  const std::string file = std::filesystem::is_directory(path, error) ? model_file("--load", path) : path;
  StateDict weights = io::load_safetensors(file);
  refuse_checkpoint("--load", file);
  return weights;
}

/// Debian's sets, such as mnist and fashion-mnist, by their names; any other path is what it is.
CLI::Validator images_by_name() {
  return {[](std::string& path) {
            if (path != "mnist" && path != "fashion-mnist") return std::string();
            std::error_code error;
            if (std::filesystem::exists(path, error)) return std::string();
            const std::string place = "/usr/share/datasets/" + path;
            if (!std::filesystem::is_directory(place, error)) {
              return fmt::format("there is no \"{0}\", here or in \"{1}\"; {2}", path, "/usr/share/datasets",
                                 path == "mnist" ? "pass the directory of its four IDX files"
                                                 : "Debian has it in the package dataset-fashion-mnist");
            }
            path = place;
            return std::string();
          },
          ""};
}

data::ImageDataset with_classes(const data::ImageDataset& d, const std::vector<std::string>& classes) {
  return {d.images(), d.labels(), classes};
}

}  // namespace

void add_data_options(CLI::App& app, Settings& s) {
  app.option_defaults()->group("Data");
  app.add_option("--data", s.data,
                 "Directory of the four IDX files of MNIST or a set like it, or 'digits' for images "
                 "that the program draws itself; 'mnist' and 'fashion-mnist' are looked for in /usr/share/datasets")
      ->transform(images_by_name())
      ->type_name("DIR");
  app.add_option("--classes", s.classes,
                 "Names of the classes, with commas between them, if the data is neither "
                 "digits nor Fashion-MNIST")
      ->transform(class_names())
      ->type_name("NAMES");
}

void add_split_options(CLI::App& app, Settings& s) {
  app.option_defaults()->group("Data");
  app.add_option("--validation", s.validation, "Share of the training images held out")
      ->transform(in_range(0.0, 1.0, ')'));
}

void add_model_options(CLI::App& app, Settings& s) {
  app.option_defaults()->group("Model");
  app.add_option("--model", s.architecture.model, "linear; mlp, with a hidden layer; or cnn, with three convolutions")
      ->transform(one_of({model_names.begin(), model_names.end()}))
      ->type_name("MODEL");
  app.add_option("--hidden", s.architecture.hidden, "Width of the mlp's hidden layer")
      ->transform(whole_number_in(1, largest_hidden));
  app.add_option("--dropout", s.architecture.dropout, "Share of the last layer's inputs to drop in training")
      ->transform(share());
  app.add_option("--load", s.load, "Safetensors file of weights to begin with, or a run, for those of its best epoch")
      ->transform(file_name())
      ->type_name("FILE");
}

void add_optimizer_options(CLI::App& app, Settings& s) {
  app.option_defaults()->group("Optimizer");
  app.add_option("--optimizer", s.optimizer, "sgd, adam or adamw")
      ->transform(one_of({"sgd", "adam", "adamw"}))
      ->type_name("NAME");
  app.add_option("--lr", s.lr, "Learning rate")->transform(not_negative());
  app.add_option("--batch-size", s.batch_size, "Images per step")->transform(whole_number_in(1, 1 << 20));
  app.add_option("--momentum", s.momentum, "Momentum of sgd")->transform(not_negative());
  app.add_flag("--nesterov", s.nesterov, "Nesterov momentum, with sgd");
  app.add_option("--weight-decay", s.weight_decay, "L2 penalty; with adamw, decoupled decay")
      ->transform(not_negative());
  app.add_option("--label-smoothing", s.label_smoothing, "Share of the target spread over all classes")
      ->transform(share());
}

void add_machine_options(CLI::App& app, Settings& s) {
  app.option_defaults()->group("Machine");
  app.add_option("--seed", s.seed, "Seed of weights, dropout, split and shuffling")->transform(any_seed());
  add_threads_option(app, s);
}

void add_threads_option(CLI::App& app, Settings& s) {
  app.add_option("--threads", s.threads, "Threads that share the work of large ops")
      ->transform(whole_number_in(1, 1024));
}

void add_model_argument(CLI::App& app, std::string& file) {
  app.add_option("MODEL", file, "File of a model, or directory of a run, whose best weights are used")
      ->required()
      ->type_name(" ");
}

bool Dependency::holds_for(const std::string& value) const {
  return std::find(values.begin(), values.end(), value) != values.end();
}

const Dependency* dependency_of(const std::string& option) {
  for (const Dependency& d : dependencies) {
    if (option == d.option) return &d;
  }
  return nullptr;
}

void check_settings(const CLI::App& app, const Settings& s) {
  const auto given = [&app](const char* option) {
    const CLI::Option* o = app.get_option_no_throw(option);
    return o && o->count() > 0;
  };
  for (const Dependency& d : dependencies) {
    const CLI::Option* decider = app.get_option_no_throw(d.decider);
    if (!given(d.option) || !decider) continue;
    if (d.holds_for(value_of(*decider))) continue;
    const bool is_flag = decider->get_items_expected_max() == 0;
    throw ValueError(d.option, is_flag ? fmt::format("needs {}", d.decider)
                                       : fmt::format("needs {} {}", d.decider, fmt::join(d.values, " or ")));
  }
  std::error_code error;
  if (s.data != "digits" && std::filesystem::status(s.data, error).type() == std::filesystem::file_type::not_found) {
    throw FileError("--data", fmt::format("there is no \"{}\"; pass a directory of IDX files, or digits for the images "
                                          "that the program draws itself",
                                          s.data));
  }
  if (s.data == "digits" && !s.classes.empty() && names_in(s.classes).size() != 10) {
    throw ValueError("--classes", fmt::format("there are 10 digits, got {} names", names_in(s.classes).size()));
  }
}

Images load_images(const Settings& s) {
  std::vector<std::string> classes;
  if (!s.classes.empty()) classes = names_in(s.classes);
  if (s.data == "digits") {
    const data::ImageDataset train = data::digits(8000, 0), test = data::digits(2000, 1);
    if (classes.empty()) return {train, test, "built-in digits"};
    return {with_classes(train, classes), with_classes(test, classes), "built-in digits"};
  }
  const data::ImageDataset train = data::mnist(s.data, data::Split::train, {.classes = classes});
  const data::ImageDataset test = data::mnist(s.data, data::Split::test, {.classes = classes});
  for (const auto& [part, size] : {std::pair{"training", train.size()}, {"test", test.size()}}) {
    if (size == 0) throw FileError("--data", fmt::format("\"{}\" holds no {} images", s.data, part));
  }
  if (classes.empty() && Hash().add(test.labels()).value() == fashion_mnist_labels) {
    const std::vector<std::string> clothes = data::fashion_mnist(s.data, data::Split::test).classes();
    return {with_classes(train, clothes), with_classes(test, clothes), s.data};
  }
  return {train, test, s.data};
}

std::string hash_of(const Images& images) {
  Hash hash;
  for (const data::ImageDataset& part : {images.train, images.test}) hash.add(part.images()).add(part.labels());
  for (const std::string& name : images.classes()) hash.add(name).add(",");
  return fmt::format("{:016x}", hash.value());
}

Parts split(const Images& images, const Settings& s) {
  auto [training, held_out] = data::random_split(images.train, std::array{1 - s.validation, s.validation}, s.seed);
  return {training, held_out};
}

nn::Sequential initial_model(const Settings& s, std::int64_t classes) {
  nn::Sequential model = make_model(s.architecture, image_shape, classes);
  if (!s.load.empty()) model.load_state_dict(weights_in(s.load));
  return model;
}

std::unique_ptr<optim::Optimizer> make_optimizer(const Settings& s, const nn::Module& model) {
  if (s.optimizer == "sgd") {
    return std::make_unique<optim::SGD>(
        model.parameters(),
        optim::SGDOptions{.lr = s.lr, .momentum = s.momentum, .weight_decay = s.weight_decay, .nesterov = s.nesterov});
  }
  if (s.optimizer == "adamw") {
    return std::make_unique<optim::AdamW>(model.parameters(),
                                          optim::AdamWOptions{.lr = s.lr, .weight_decay = s.weight_decay});
  }
  return std::make_unique<optim::Adam>(model.parameters(),
                                       optim::AdamOptions{.lr = s.lr, .weight_decay = s.weight_decay});
}

nn::CrossEntropyLoss make_loss(const Settings& s) {
  return nn::CrossEntropyLoss({.label_smoothing = s.label_smoothing});
}
