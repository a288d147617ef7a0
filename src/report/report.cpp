// save_report: the page is its head and the sections, written as one file.
#include "xtape/train/report.hpp"

#include <fmt/chrono.h>

#include <ctime>

#include "core/fail.hpp"
#include "core/grouped.hpp"
#include "io/file.hpp"
#include "report/sections.hpp"
#include "report/style.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "xtape/parallel.hpp"
#include "xtape/version.hpp"

namespace xtape::report {

namespace {

/// In UTC.
std::string time_now() { return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))); }

Html settings_table(const char* caption, const NamedValues& settings) {
  Html rows;
  for (const auto& [name, value] : settings) {
    rows += element("tr", element("th", {{"scope", "row"}}, Html(name)) + element("td", value));
  }
  return element("div", scroll_box(caption, element("table", {{"class", "settings"}},
                                                    caption_of(caption) + element("tbody", rows))));
}

Html head(const train::ReportOptions& options) {
  const auto meta = [](const char* kind, const char* name, const std::string& content) {
    return void_element("meta", {{kind, name}, {"content", content}});
  };
  Html out = void_element("meta", {{"charset", "utf-8"}}) +
             meta("http-equiv", "Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'") +
             meta("name", "viewport", "width=device-width, initial-scale=1") +
             meta("name", "color-scheme", "light dark") + meta("name", "generator", std::string("xtape ") + version());
  if (options.refresh_seconds > 0) out += meta("http-equiv", "refresh", std::to_string(options.refresh_seconds));
  // Without an icon of its own a page makes browsers ask its server for one.
  out += void_element("link", {{"rel", "icon"}, {"href", "data:,"}});
  return out + element("title", options.title) + element("style", Html::trusted(style_sheet));
}

struct Section {
  const char *id, *heading;
  Html content;
};

Html to_html(const Section& s) {
  const std::string heading_id = std::string(s.id) + "-heading";
  return element("section", {{"id", s.id}, {"aria-labelledby", heading_id}},
                 element("h2", {{"id", heading_id}}, Html(s.heading)) + s.content);
}

Html navigation(const std::vector<Section>& sections) {
  Html items;
  for (const Section& s : sections)
    items += element("li", element("a", {{"href", std::string("#") + s.id}}, Html(s.heading)));
  return element("nav", {{"aria-label", "Sections"}}, element("ul", items));
}

std::string page(const train::History& history, const train::Evaluation& evaluation,
                 const train::ReportOptions& options) {
  std::vector<Section> sections = {
      {"curves", "Curves", curves_section(history)},
      {"predictions", "Predicted and true values", predictions_section(evaluation, options)},
      {"classes", "Classes", classes_section(evaluation, options)},
      {"mistakes", "Worst mistakes", mistakes_section(evaluation, options)},
      {"calibration", "Calibration", calibration_section(evaluation, options)},
      {"epochs", "Epochs", epochs_section(history)},
      {"model", "Model", model_section(options)},
      {"settings", "Configuration and environment", settings_section(options)},
  };
  std::erase_if(sections, [](const Section& s) { return s.content.empty(); });
  Html content;
  for (const Section& s : sections) content += to_html(s);
  const Html body = element("header", summary_section(history, evaluation, options) + navigation(sections)) +
                    element("main", content) +
                    element("footer", fmt::format("Written by xtape {} on {}.", version(), time_now()));
  return "<!DOCTYPE html>\n" +
         element("html", {{"lang", "en"}}, element("head", head(options)) + element("body", body)).markup() + "\n";
}

}  // namespace

std::string data_name(const train::Evaluation& evaluation, const train::ReportOptions& options) {
  if (!options.evaluated_on.empty()) return shortened(options.evaluated_on, 120);
  return fmt::format("{} sample{}", grouped(evaluation.samples), evaluation.samples == 1 ? "" : "s");
}

Html model_section(const train::ReportOptions& options) {
  if (options.summary.empty()) return {};
  return scroll_box("Summary of the model", element("pre", options.summary));
}

Html settings_section(const train::ReportOptions& options) {
  NamedValues environment = {{"Build", build_info()}};
  if (std::string cpu = cpu_name(); !cpu.empty()) environment.emplace_back("CPU", std::move(cpu));
  environment.emplace_back("Threads", std::to_string(num_threads()));
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  Html tables;
  if (!options.configuration.empty()) tables += settings_table("Configuration", options.configuration);
  tables += settings_table("Environment", environment);
  return element("div", {{"class", "pair"}}, tables);
}

}  // namespace xtape::report

namespace xtape::train {

void save_report(const std::string& path, const History& history, const Evaluation& evaluation,
                 const ReportOptions& options) {
  if (options.refresh_seconds < 0) {
    fail<ValueError>("save_report",
                     "refresh_seconds = {} must be at least 0; 0 means that the page is not loaded again",
                     options.refresh_seconds);
  }
  ReportOptions titled = options;
  if (titled.title.empty()) titled.title = ReportOptions().title;
  const std::string text = report::page(history, evaluation, titled);
  io::AtomicFile file("save_report", path);
  file.write(text.data(), static_cast<std::int64_t>(text.size()));
  file.commit();
}

}  // namespace xtape::train
