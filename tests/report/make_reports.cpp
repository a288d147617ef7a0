// Writes pages for browser_test.py, and beside each the numbers of its run: make_reports FOLDER.
#include <cstdio>
#include <fstream>

#include "report/sample_runs.hpp"

namespace {

using namespace xtape;

class Reports {
 public:
  explicit Reports(std::string folder) : folder_(std::move(folder)) {}
  void write(const std::string& name, const train::HistoryData& data, const train::Evaluation& evaluation = {},
             const train::ReportOptions& options = {}) const {
    const train::History history(data);
    train::save_report(folder_ + "/" + name + ".html", history, evaluation, options);
    std::ofstream(folder_ + "/" + name + ".csv") << history.to_csv();
  }

 private:
  std::string folder_;
};

/// Names that would be markup, and some that are long.
std::vector<std::string> awkward_names(std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back("class " + std::to_string(c));
  names[0] = "<b>bold</b> & \"quoted\" 'too'";
  names[1] = "<script>document.title = 'changed'</script>";
  names[2] = std::string(300, 'x');
  names[3] = "Größe 猫 \xFF";
  names[4] = "";
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "make_reports FOLDER\n");
    return 2;
  }
  const Reports reports(argv[1]);
  const nn::Sequential model{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)};
  const train::ReportOptions options{.title = "Clothes & <more>",
                                     .evaluated_on = "test data",
                                     .summary = nn::summary(model, {64, 784}).to_string(),
                                     .configuration = {{"lr", "0.001"}, {"out", "runs/" + std::string(200, 'x')}},
                                     .environment = {{"Command", "xtape-mnist train --epochs 100"}}};
  reports.write("full", testing::classification_run(100), testing::evaluation_of(5000, {1, 28, 28}, testing::clothes()),
                options);
  reports.write("awkward", testing::classification_run(12),
                testing::evaluation_of(5000, {3, 32, 32}, awkward_names(40)), options);
  reports.write("diverged", testing::diverged_run());
  reports.write("regression", testing::regression_run(1));
}
