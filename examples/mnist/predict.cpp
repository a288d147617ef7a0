// xtape-mnist predict: the classes of pictures, by a model's file alone.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "model_file.hpp"
#include "picture.hpp"
#include "settings.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

constexpr char predict_examples[] = R"(Each picture gets a line with its classes, the most probable first:
  shoe.png: Sneaker 0.9312, Sandal 0.0521, Ankle boot 0.0163

Examples:
  xtape-mnist predict runs/1 shoe.png
  xtape-mnist predict model.safetensors --invert --top 1 scans/*.pgm
  xtape-mnist predict runs/1 --json t10k-images-idx3-ubyte.gz | head

A PNG or JPEG is made grey and resized to the pictures that the model has
learned; other files must have their size. MNIST and Fashion-MNIST show light
on dark: a scan of dark ink on light paper needs --invert.)";

struct PredictSettings {
  std::string model;
  std::vector<std::string> files;
  std::int64_t top = 3;
  bool json = false, invert = false;
};

struct Answer {
  std::int64_t label = 0;
  double probability = 0;
};

/// The most probable classes, of equals the first.
std::vector<Answer> best_of(const Tensor& probabilities, std::int64_t count) {
  std::vector<Answer> answers;
  for (const float p : probabilities.to_vector<float>()) {
    answers.push_back({static_cast<std::int64_t>(answers.size()), p});
  }
  const auto end = answers.begin() + std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(answers.size()));
  std::partial_sort(answers.begin(), end, answers.end(), [](const Answer& a, const Answer& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.label < b.label;
  });
  answers.erase(end, answers.end());
  return answers;
}

std::string as_text(const std::string& file, std::int64_t index, const std::vector<Answer>& answers,
                    const std::vector<std::string>& classes) {
  std::string line = io::printable(file) + (index < 0 ? "" : fmt::format("[{}]", index));
  const char* separator = ": ";
  for (const Answer& a : answers) {
    line += fmt::format("{}{} {:.4f}", std::exchange(separator, ", "), classes[static_cast<std::size_t>(a.label)],
                        a.probability);
  }
  return line;
}

std::string as_json(const std::string& file, std::int64_t index, const std::vector<Answer>& answers,
                    const std::vector<std::string>& classes) {
  nlohmann::ordered_json line = {{"file", file}}, top = nlohmann::ordered_json::array();
  if (index >= 0) line["index"] = index;
  for (const Answer& a : answers) {
    top.push_back(
        {{"class", classes[static_cast<std::size_t>(a.label)]}, {"label", a.label}, {"probability", a.probability}});
  }
  line.update(top[0]);
  line["top"] = top;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);  // names of files need not be UTF-8
}

void note_if_dark_on_light(const std::string& file, const Pictures& pictures) {
  if (pictures.is_list || !looks_dark_on_light(pictures.images[0])) return;
  print_message(
      fmt::format("note: \"{}\" is light at its corners, as ink on paper; MNIST's images are light on "
                  "dark: --invert makes them alike",
                  file));
}

void note_if_resized(const std::string& file, const Pictures& pictures, const Shape& input) {
  if (pictures.height == 0 || (pictures.height == input[1] && pictures.width == input[2])) return;
  print_message(fmt::format("note: \"{}\" is {} x {}, resized to {} x {}", file, pictures.width, pictures.height,
                            input[2], input[1]));
}

void predict_file(const Model& model, const std::string& file, const PredictSettings& s) {
  const Shape& input = model.description.input;
  Pictures pictures = read_pictures(file, input[1], input[2]);
  note_if_resized(file, pictures, input);
  if (s.invert) {
    pictures.images = inverted(pictures.images);
  } else {
    note_if_dark_on_light(file, pictures);
  }
  const Tensor probabilities = model.probabilities(pictures.images);
  for (std::int64_t i = 0; i < probabilities.size(0); ++i) {
    const std::vector<Answer> answers = best_of(probabilities[i], s.top);
    fmt::print("{}\n",
               (s.json ? as_json : as_text)(file, pictures.is_list ? i : -1, answers, model.description.classes));
    if (std::ferror(stdout) != 0) break;
  }
  flush(stdout);
}

/// A model that stands behind the pictures is a slip.
void check_order(const PredictSettings& s) {
  const auto is_model = [](const std::string& path) {
    std::error_code error;
    return path.ends_with(".safetensors") || std::filesystem::is_directory(path, error);
  };
  if (is_model(s.model)) return;
  const auto model = std::find_if(s.files.begin(), s.files.end(), is_model);
  if (model == s.files.end()) return;
  throw ValueError("MODEL", fmt::format("\"{}\" stands in its place; the model comes first: xtape-mnist predict {} {}",
                                        s.model, *model, s.model));
}

/// The exit code: 1 if a file could not be read. The others are classified all the same.
int predict(const PredictSettings& s) {
  check_order(s);
  const Model model = load_model(s.model);
  const Shape& input = model.description.input;
  if (input[0] != 1) {
    throw FileError(
        "MODEL", fmt::format("\"{}\" takes pictures of {} channels; pictures are read as grey", model.path, input[0]));
  }
  int code = 0;
  for (const std::string& file : s.files) {
    try {
      predict_file(model, file, s);
    } catch (const Error& e) {
      if (e.op() == "stdout") throw;
      print_message(e.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace

Run add_predict(CLI::App& app) {
  auto s = std::make_shared<PredictSettings>();
  add_model_argument(app, s->model);
  app.add_option("FILE", s->files,
                 "Pictures (PNG, JPEG, PGM), or IDX files with any number of them; - reads a picture from stdin")
      ->required()
      ->type_name(" ")
      ->default_str("");
  app.option_defaults()->group("Options");
  app.add_option("--top", s->top, "How many classes to name")->transform(whole_number_in(1, 1 << 16));
  app.add_flag("--json", s->json, "Print an object a line, with file, index, class, label, probability and top");
  app.add_flag("--invert", s->invert, "Make light of dark: for dark on light, as ink on paper");
  app.footer(predict_examples);
  return [s] { return predict(*s); };
}
