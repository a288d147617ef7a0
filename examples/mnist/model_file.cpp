#include "model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "layout.hpp"
#include "run_directory.hpp"
#include "untrusted.hpp"

using namespace xtape;
using nlohmann::json;

namespace {

constexpr char format_version[] = "1";
constexpr std::int64_t largest_extent = 4096, most_classes = 1 << 16;

/// What is wrong with a description. (Its reader and its writer make different errors of it.)
struct Refused {
  std::string what;
};

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Refused{fmt::format(format, std::forward<Args>(args)...)};
}

/// A text of the file for an error: in quotes, on one line, and cut off where it is long.
std::string shown(const std::string& text) {
  return json(text.substr(0, 80)).dump(-1, ' ', false, json::error_handler_t::replace);
}

// ---- a description and its texts ---------------------------------------------------------------------------------

const std::string& text_of(const io::Metadata& metadata, const char* name) {
  if (!metadata.contains(name)) refuse("its metadata has no \"{}\"", name);
  return metadata.at(name);
}

json json_of(const io::Metadata& metadata, const char* name) {
  constexpr int depth = 8;
  const std::string& text = text_of(metadata, name);
  const json value =
      nests_deeper_than(text, depth) ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
  if (value.is_discarded()) refuse("the metadata \"{}\" is not JSON", name);
  return value;
}

std::vector<std::string> classes_of(const json& value) {
  const bool is_list =
      value.is_array() && std::all_of(value.begin(), value.end(), [](const json& name) { return name.is_string(); });
  if (!is_list) refuse("the metadata \"classes\" is not a list of names");
  return value.get<std::vector<std::string>>();
}

std::int64_t whole_number(const json& value) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    refuse("its metadata has {}, which is too large", value.get<std::uint64_t>());
  }
  return value.get<std::int64_t>();
}

Shape input_of(const json& value) {
  const bool is_list = value.is_array() && std::all_of(value.begin(), value.end(),
                                                       [](const json& extent) { return extent.is_number_integer(); });
  if (!is_list || value.size() > static_cast<std::size_t>(Shape::max_dim)) {
    refuse("the metadata \"input_shape\" is not a list of three extents");
  }
  Shape shape;
  for (const json& extent : value) shape.push_back(whole_number(extent));
  return shape;
}

std::vector<double> numbers_of(const json& object, const char* name) {
  const json list = object.is_object() ? object.value(name, json()) : json();
  const bool is_list =
      list.is_array() && std::all_of(list.begin(), list.end(), [](const json& number) { return number.is_number(); });
  if (!is_list) refuse("the metadata \"normalization\" has no list of numbers \"{}\"", name);
  return list.get<std::vector<double>>();
}

Architecture architecture_of(const json& value) {
  const auto field = [&value](const char* name) -> const json& {
    if (!value.is_object() || !value.contains(name)) refuse("the metadata \"architecture\" has no \"{}\"", name);
    return value.at(name);
  };
  Architecture a;
  if (!field("model").is_string()) refuse("the metadata \"architecture\" has a \"model\" that is not a string");
  a.model = field("model").get<std::string>();
  if (std::find(model_names.begin(), model_names.end(), a.model) == model_names.end()) {
    refuse("its model is {}, expected {}", shown(a.model), listed({model_names.begin(), model_names.end()}));
  }
  if (a.has_hidden()) {
    if (!field("hidden").is_number_integer()) {
      refuse("the metadata \"architecture\" has a \"hidden\" that is not a whole number");
    }
    a.hidden = whole_number(field("hidden"));
  }
  if (a.has_dropout()) {
    if (!field("dropout").is_number()) refuse("the metadata \"architecture\" has a \"dropout\" that is not a number");
    a.dropout = field("dropout").get<double>();
  }
  return a;
}

void check_classes(const std::vector<std::string>& classes) {
  if (classes.empty()) refuse("it names no classes");
  if (classes.size() > static_cast<std::size_t>(most_classes)) {
    refuse("it names {} classes, at most {} are possible", classes.size(), most_classes);
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string fault = fault_of_name(classes[i]);
    if (!fault.empty()) refuse("the name of class {} {}", i, fault);
  }
}

void check_input(const Shape& input) {
  const bool possible = input.size() == 3 && std::all_of(input.begin(), input.end(), [](std::int64_t extent) {
                          return extent >= 1 && extent <= largest_extent;
                        });
  if (!possible) {
    refuse("its pictures have shape {}, expected channels, height and width, each in [1, {}]", input.to_string(),
           largest_extent);
  }
}

void check_normalization(const Normalization& n, std::int64_t channels) {
  for (const auto& [name, numbers] : {std::pair{"mean", &n.mean}, {"std", &n.std}}) {
    if (static_cast<std::int64_t>(numbers->size()) != channels) {
      refuse("its normalization has a {} of {} numbers for {} channels", name, numbers->size(), channels);
    }
  }
  // Beyond these the net's sums overflow in float32.
  constexpr double largest = 1e6, smallest = 1e-6;
  for (const double mean : n.mean) {
    if (!std::isfinite(mean)) refuse("its normalization has a mean of {}, expected a finite number", mean);
    if (std::abs(mean) > largest) refuse("its normalization has a mean of {}, expected at most {:.0f}", mean, largest);
  }
  for (const double std : n.std) {
    if (!(std > 0 && std::isfinite(std))) {
      refuse("its normalization has a std of {}, expected a finite number above 0", std);
    }
    if (std < smallest || std > largest) {
      refuse("its normalization has a std of {}, expected {} to {:.0f}", std, smallest, largest);
    }
  }
}

void check_architecture(const Architecture& a, const Shape& input) {
  if (a.has_hidden() && (a.hidden < 1 || a.hidden > largest_hidden)) {
    refuse("its hidden layer has {} units, expected 1 to {}", a.hidden, largest_hidden);
  }
  if (a.has_dropout() && !(a.dropout >= 0 && a.dropout <= 1)) {
    refuse("its dropout is {}, expected a number in [0, 1]", a.dropout);
  }
  if (const std::int64_t least = smallest_extent(a); input[1] < least || input[2] < least) {
    refuse("its pictures are {} x {}, a {} needs at least {} x {}", input[1], input[2], a.model, least, least);
  }
}

void check(const Description& d) {
  check_classes(d.classes);
  check_input(d.input);
  check_normalization(d.normalization, d.input[0]);
  check_architecture(d.architecture, d.input);
}

Description description_of(const io::Metadata& metadata) {
  const std::string& version = text_of(metadata, "xtape-mnist");
  if (version != format_version) {
    refuse("its format is version {}, this program reads version {}", shown(version), format_version);
  }
  const json normalization = json_of(metadata, "normalization");
  Description d;
  d.classes = classes_of(json_of(metadata, "classes"));
  d.input = input_of(json_of(metadata, "input_shape"));
  d.normalization = {numbers_of(normalization, "mean"), numbers_of(normalization, "std")};
  d.architecture = architecture_of(json_of(metadata, "architecture"));
  d.configuration = text_of(metadata, "configuration");
  check(d);
  return d;
}

// ---- the weights -------------------------------------------------------------------------------------------------

std::vector<StateShape> expected_state(const Description& d) {
  return state_shapes(d.architecture, d.input, static_cast<std::int64_t>(d.classes.size()));
}

/// A file may claim tensors as large as itself, and be sparse.
void check_size(const std::string& path, const Description& d) {
  constexpr double header = 1e8;  // at most, by the format
  double bytes = header;
  for (const StateShape& entry : expected_state(d)) bytes += 8 * static_cast<double>(entry.shape.numel());
  std::error_code error;
  const auto size = static_cast<double>(std::filesystem::file_size(path, error));
  if (!error && size > bytes) refuse("it has {:.0f} bytes, more than the model that it describes", size);
}

void check_fit(const StateDict& weights, const Description& d) {
  const std::vector<StateShape> expected = expected_state(d);
  const auto classes = static_cast<std::int64_t>(d.classes.size());
  const std::string& last = expected[expected.size() - 2].name;
  if (weights.contains(last) && weights[last].dim() == 2 && weights[last].size(0) != classes) {
    refuse("it names {} classes, but its last layer has {} outputs", classes, weights[last].size(0));
  }
  for (const auto& [name, shape, is_count] : expected) {
    if (!weights.contains(name)) refuse("it has no tensor \"{}\"", name);
    const Tensor& w = weights[name];
    if (w.shape() != shape) {
      refuse("\"{}\" has shape {}, the model that it describes {}", name, w.shape().to_string(), shape.to_string());
    }
    if (is_count ? w.dtype() != int64 : !is_floating(w.dtype())) {
      refuse("\"{}\" is {}, expected {}", name, to_string(w.dtype()), is_count ? "int64" : "float32");
    }
    if (!isfinite(w.to(float32)).all().item<bool>()) refuse("\"{}\" has a value that is NaN or infinite", name);
  }
  for (const NamedTensor& entry : weights) {
    const bool is_known = std::any_of(expected.begin(), expected.end(),
                                      [&entry](const StateShape& known) { return entry.name == known.name; });
    if (!is_known) refuse("it has a tensor {} that is not the model's", shown(entry.name));
  }
}

}  // namespace

std::string to_string(const Description& d) {
  return to_string(d.architecture, d.input, static_cast<std::int64_t>(d.classes.size()));
}

io::Metadata metadata_of(const Description& d) {
  try {
    check(d);
  } catch (const Refused& refused) {
    throw ValueError("model", "cannot be described in its file: " + refused.what);
  }
  json architecture = {{"model", d.architecture.model}};
  if (d.architecture.has_hidden()) architecture["hidden"] = d.architecture.hidden;
  if (d.architecture.has_dropout()) architecture["dropout"] = d.architecture.dropout;
  return {{"xtape-mnist", format_version},
          {"classes", json(d.classes).dump()},
          {"input_shape", json(std::vector<std::int64_t>(d.input.begin(), d.input.end())).dump()},
          {"normalization", json{{"mean", d.normalization.mean}, {"std", d.normalization.std}}.dump()},
          {"architecture", architecture.dump()},
          {"configuration", d.configuration}};
}

Tensor Model::probabilities(const Tensor& images) const {
  NoGradGuard no_grad;
  const Tensor no_labels = zeros({images.size(0)}, {.dtype = int64});
  const data::ImageDataset pictures(images, no_labels, description.classes);
  std::vector<Tensor> parts{zeros({0, static_cast<std::int64_t>(description.classes.size())})};
  for (auto [x, y] : data::DataLoader(input(pictures), {.batch_size = evaluation_batch})) {
    parts.push_back(net(x).softmax(1));
  }
  return cat(parts, 0);
}

data::Dataset Model::input(const data::Dataset& images) const {
  const Normalization& n = description.normalization;
  const auto is = [](const std::vector<double>& numbers, double value) {
    return std::all_of(numbers.begin(), numbers.end(), [value](double number) { return number == value; });
  };
  if (is(n.mean, 0) && is(n.std, 1)) return images;
  return data::TransformedDataset(images, data::Normalize(n.mean, n.std));
}

std::string model_file(const char* op, const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw FileError(op, fmt::format("there is no \"{}\"; pass a file of weights or the directory of a run", path));
  }
  if (!std::filesystem::is_directory(status)) return path;
  std::string file = (std::filesystem::path(path) / run_file::best).string();
  if (std::filesystem::exists(file, error)) return file;
  throw FileError(op, fmt::format("the directory \"{}\" has no {}, which a run writes when its first epoch ends", path,
                                  run_file::best));
}

void refuse_checkpoint(const char* op, const std::string& file) {
  if (!io::safetensors_metadata(file).contains("xtape_checkpoint")) return;
  const std::filesystem::path run = std::filesystem::path(file).parent_path(), best = run / run_file::best;
  std::error_code error;
  const std::string instead = !std::filesystem::exists(best, error)
                                  ? fmt::format("the {} beside it, once there is one", run_file::best)
                                  : fmt::format("\"{}\" or \"{}\"", run.empty() ? "." : run.string(), best.string());
  throw FileError(op, fmt::format("\"{}\" is what train --resume continues, no model; use {}", file, instead));
}

Model load_model(const std::string& path, const char* op) {
  const std::string file = model_file(op, path);
  const io::Metadata metadata = io::safetensors_metadata(file);
  refuse_checkpoint(op, file);
  if (!metadata.contains("xtape-mnist")) {
    throw FileError(op,
                    fmt::format("\"{}\" has weights, but its metadata has no \"xtape-mnist\", which describes their "
                                "model; to add it: xtape-mnist train --load \"{}\" --epochs 0 --save NEW, with the "
                                "--data, --model and --hidden of its training",
                                file, file));
  }
  try {
    Description d = description_of(metadata);
    check_size(file, d);
    const StateDict weights = io::load_safetensors(file);
    check_fit(weights, d);
    nn::Sequential net = make_model(d.architecture, d.input, static_cast<std::int64_t>(d.classes.size()));
    net.load_state_dict(weights);
    net.eval();
    return {file, std::move(d), net};
  } catch (const Refused& refused) {
    throw FileError(op, fmt::format("\"{}\": {}", file, refused.what));
  }
}
