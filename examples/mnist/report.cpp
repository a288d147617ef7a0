// xtape-mnist report: of one run the page again, of several a comparison.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "checks.hpp"
#include "commands.hpp"
#include "comparison.hpp"
#include "files.hpp"
#include "layout.hpp"
#include "model_file.hpp"
#include "recorded.hpp"
#include "run_directory.hpp"
#include "untrusted.hpp"

using namespace xtape;

namespace {

constexpr char report_examples[] = R"(Of one run, report.html is made again from its files; of several, a table is
printed.

Examples:
  xtape-mnist report runs/1
  xtape-mnist report runs/1 --out for-a-colleague.html
  xtape-mnist report runs/1 runs/2)";

struct ReportSettings {
  std::vector<std::string> runs;
  std::string out;  // a file; "" for report.html of the run
};

/// The model on the images that the run held out, if they are there.
train::Evaluation evaluation_of(const RecordedRun& run, const Model& model) {
  const TrainSettings& s = run.options.settings;
  if (!s.wants_validation()) return {};
  const Images images = load_images(s);
  if (hash_of(images) != text_in(run.record, "hash", "data")) {
    throw FileError("--data", fmt::format("\"{}\" is not what the run was trained on", s.data));
  }
  const data::Dataset held_out = split(images, s).held_out;
  if (held_out.size() == 0) return {};
  return train::evaluate(model.net, make_loss(s), model.input(held_out),
                         {.batch_size = evaluation_batch, .classes = model.description.classes});
}

/// What needs weights or data is left out if they are not there; a note says so.
void make_page(const RecordedRun& run, const std::string& out) {
  train::ReportOptions page = page_of_run(run.path, run.options.list, run.record);
  page.evaluated_on = "validation data (weights of the best epoch)";
  page.test = test_result_in(run.record);
  train::Evaluation evaluation;
  try {
    const Model model = load_model(run.path, "RUN");
    page.summary = summary_of(model.net, model.description.input).to_string();
    evaluation = evaluation_of(run, model);
  } catch (const Error& e) {
    print_message(fmt::format("note: the page has no evaluation: {}", e.what()));
  }
  train::save_report(out, run.history, evaluation, page);
}

int report(const ReportSettings& s) {
  std::vector<RecordedRun> runs;
  for (const std::string& path : s.runs) runs.push_back(load_run(path, s.runs.size() > 1));
  if (runs.size() > 1) {
    if (!s.out.empty()) throw ValueError("--out", "needs a single RUN");
    fmt::print("{}", comparison_of(runs));
  } else {
    const std::string out = s.out.empty() ? runs[0].path + '/' + run_file::report : s.out;
    make_page(runs[0], out);
    const std::string state = state_of(runs[0]);
    if (state == "interrupted")
      fmt::print("state   interrupted; train --resume {} goes on\n", io::printable(runs[0].path));
    if (state == "running") fmt::print("state   running\n");
    fmt::print("{}", paragraph("verdict", runs[0].history.verdict(verdict_words())));
    fmt::print("report  {}\n", io::printable(out));
  }
  flush(stdout);
  return 0;
}

}  // namespace

Run add_report(CLI::App& app) {
  auto s = std::make_shared<ReportSettings>();
  app.add_option("RUN", s->runs, "Directories of runs")->required()->type_name(" ")->default_str("");
  app.option_defaults()->group("Options");
  app.add_option("--out", s->out, "The page's file, in place of report.html in RUN")
      ->transform(writable_file())
      ->type_name("FILE");
  app.footer(report_examples);
  return [s] { return report(*s); };
}
