// xtape-mnist summary: the layers of a model, of a file or as the options would make it.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "commands.hpp"
#include "files.hpp"
#include "model_file.hpp"
#include "settings.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

constexpr char summary_examples[] = R"(Examples:
  xtape-mnist summary runs/1
  xtape-mnist summary --model mlp --hidden 1024)";

constexpr std::int64_t usual_classes = 10;

void print_description(const Model& model) {
  const Description& d = model.description;
  const Normalization& n = d.normalization;
  fmt::print("model    {} ({})\n", io::printable(model.path), to_string(d));
  fmt::print("input    {} x {} pixels", d.input[2], d.input[1]);
  if (d.input[0] != 1) fmt::print(", {} channels", d.input[0]);
  fmt::print(", (byte / 255 - {}) / {}\n", fmt::join(n.mean, ", "), fmt::join(n.std, ", "));
  fmt::print("classes  {}\n\n", fmt::join(d.classes, ", "));
}

int summarize(const CLI::App& app, const std::string& file, const Settings& s) {
  if (file.empty()) {
    check_settings(app, s);
    fmt::print("{}", summary_of(initial_model(s, usual_classes), image_shape).to_string());
  } else {
    for (const char* option : {"--model", "--hidden", "--dropout", "--load"}) {
      if (app.count(option) > 0) throw ValueError(option, "cannot be combined with a MODEL, which has its own");
    }
    const Model model = load_model(file);
    print_description(model);
    fmt::print("{}", summary_of(model.net, model.description.input).to_string());
  }
  flush(stdout);
  return 0;
}

}  // namespace

Run add_summary(CLI::App& app) {
  auto s = std::make_shared<Settings>();
  auto file = std::make_shared<std::string>();
  app.add_option("MODEL", *file, "File of a model, or directory of a run; without it, the options below decide")
      ->type_name(" ");
  add_model_options(app, *s);
  app.footer(summary_examples);
  return [&app, file, s] { return summarize(app, *file, *s); };
}
