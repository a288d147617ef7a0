// save_report: the page is its head and the sections, written as one file.
#include "xtape/train/report.hpp"

#include <ctime>

#include "core/fail.hpp"
#include "io/file.hpp"
#include "report/figures.hpp"
#include "report/sections.hpp"
#include "report/style.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "xtape/parallel.hpp"
#include "xtape/version.hpp"

namespace xtape::report {

namespace {

/// In UTC.
std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  return text_of("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                 parts.tm_hour, parts.tm_min);
}

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
  return out + element("title", options.title.empty() ? "Training report" : options.title) +
         element("style", Html::trusted(style_sheet));
}

struct Entry {
  const char *id, *name;
  Html content;
};

Html navigation(const std::vector<Entry>& entries) {
  Html items;
  for (const Entry& e : entries) {
    if (!e.content.empty()) items += element("li", element("a", {{"href", std::string("#") + e.id}}, Html(e.name)));
  }
  return element("nav", {{"aria-label", "Sections"}}, element("ul", items));
}

std::string page(const train::History& history, const train::Evaluation& evaluation,
                 const train::ReportOptions& options) {
  const std::vector<Entry> entries = {
      {"curves", "Curves", curves_section(history)},
      {"classes", "Classes", classes_section(evaluation, options)},
      {"mistakes", "Worst mistakes", mistakes_section(evaluation, options)},
      {"calibration", "Calibration", calibration_section(evaluation, options)},
      {"epochs", "Epochs", epochs_section(history)},
      {"model", "Model", model_section(options)},
      {"settings", "Configuration and environment", settings_section(options)},
  };
  Html content;
  for (const Entry& e : entries) content += e.content;
  const Html body = element("header", summary_section(history, evaluation, options) + navigation(entries)) +
                    element("main", content) +
                    element("footer", text_of("Written by xtape {} on {}.", version(), time_now()));
  return "<!DOCTYPE html>\n" +
         element("html", {{"lang", "en"}}, element("head", head(options)) + element("body", body)).markup() + "\n";
}

}  // namespace

Html section(std::string_view id, std::string_view heading, const Html& content) {
  const std::string heading_id = text_of("{}-heading", id);
  return element("section", {{"id", std::string(id)}, {"aria-labelledby", heading_id}},
                 element("h2", {{"id", heading_id}}, Html(heading)) + content);
}

std::string data_name(const train::Evaluation& evaluation, const train::ReportOptions& options) {
  if (!options.evaluated_on.empty()) return shortened(options.evaluated_on, 120);
  return text_of("{} sample{}", grouped(evaluation.samples), evaluation.samples == 1 ? "" : "s");
}

Html model_section(const train::ReportOptions& options) {
  if (options.summary.empty()) return {};
  return section("model", "Model", scroll_box("Summary of the model", element("pre", options.summary)));
}

Html settings_section(const train::ReportOptions& options) {
  NamedValues environment = {{"Build", build_info()}};
  if (std::string cpu = cpu_name(); !cpu.empty()) environment.emplace_back("CPU", std::move(cpu));
  environment.emplace_back("Threads", std::to_string(num_threads()));
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  Html tables;
  if (!options.configuration.empty()) tables += settings_table("Configuration", options.configuration);
  tables += settings_table("Environment", environment);
  return section("settings", "Configuration and environment", element("div", {{"class", "pair"}}, tables));
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
  const std::string text = report::page(history, evaluation, options);
  io::AtomicFile file("save_report", path);
  file.write(text.data(), static_cast<std::int64_t>(text.size()));
  file.commit();
}

}  // namespace xtape::train
