// save_report: what the page shows of a regression, of texts, and in the words of a program.
#include <limits>

#include "report/markup.hpp"
#include "report/sample_runs.hpp"
#include "support/files.hpp"
#include "xtape/train/report.hpp"

namespace xtape::train {
namespace {

using testing::classification_run;
using testing::Element;
using testing::Markup;
using testing::read_file;
using testing::TempDir;

std::string written(const Evaluation& evaluation, const ReportOptions& options = {},
                    const HistoryData& run = classification_run(3)) {
  const TempDir dir;
  save_report(dir / "page.html", History(run), evaluation, options);
  return read_file(dir / "page.html");
}
bool has(const std::string& page, const std::string& part) { return page.find(part) != page.npos; }

struct SameAsInput : nn::Module {
  Tensor forward(const Tensor& x) const { return x; }
};

Evaluation regression(const std::vector<float>& predicted, const std::vector<float>& targets) {
  const auto n = static_cast<std::int64_t>(targets.size());
  return evaluate(SameAsInput(), nn::MSELoss(),
                  data::TensorDataset(tensor(predicted, {n, 1}), tensor(targets, {n, 1})));
}

TEST(ReportScatter, HasAPointForEachPrediction) {
  const std::string page = written(regression({0, 10, 5}, {0, 10, 10}));
  const Markup markup(page);
  std::vector<Element> points;
  for (const Element& e : markup.all("circle")) {
    if (e.attributes.at("class") == "point") points.push_back(e);
  }
  ASSERT_EQ(points.size(), 3u);
  // The axes of both begin at 0 and end at 10; y grows downwards. At the right, half of a wide label fits in 520.
  EXPECT_EQ(points[0].attributes.at("cx"), "68");
  EXPECT_EQ(points[0].attributes.at("cy"), "440");
  EXPECT_EQ(points[1].attributes.at("cx"), "492");
  EXPECT_EQ(points[1].attributes.at("cy"), "16");
  EXPECT_EQ(points[2].attributes.at("cx"), "492");
  EXPECT_EQ(points[2].attributes.at("cy"), "228");
  EXPECT_TRUE(has(page, "True: 10\nPredicted: 5"));
}

TEST(ReportScatter, LeavesOutWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(has(written(regression({0, nan}, {0, 1})), "Those that are not finite are not drawn."));
  EXPECT_FALSE(has(written(regression({nan}, {1})), "chart-predictions"));
}

TEST(ReportScatter, IsNotOnThePageOfAClassification) {
  EXPECT_FALSE(Markup(written(testing::evaluation_of(50, {1, 8, 8}, testing::clothes()))).has("id", "predictions"));
}

// ---- mistakes ------------------------------------------------------------------------------------------------------

struct NamesClassOne : nn::Module {
  Tensor forward(const Tensor& x) const { return cat({zeros({x.size(0), 1}), ones({x.size(0), 1})}, 1); }
};

Evaluation of_tokens() {
  return evaluate(NamesClassOne(), nn::CrossEntropyLoss(),
                  data::TensorDataset(arange(128).reshape({2, 64}), zeros({2}, {.dtype = int64})));
}

TEST(ReportMistakes, OfTextsAreReadAsText) {
  ReportOptions options;
  options.text_of = [](const Tensor& ids) { return "<words> of " + std::to_string(ids[1].item<int>()); };
  const std::string page = written(of_tokens(), options);
  EXPECT_TRUE(has(page, "<p class=\"input\">&lt;words&gt; of 1</p>"));
  EXPECT_TRUE(has(page, "<p class=\"input\">&lt;words&gt; of 65</p>"));
}

TEST(ReportMistakes, OfTokenIdsAreNoPictures) { EXPECT_FALSE(has(written(of_tokens()), "<img")); }

TEST(ReportMistakes, OfThreeChannelsAreInColor) {
  const std::string page = written(testing::evaluation_of(200, {3, 16, 16}, testing::clothes()));
  // IHDR of 16 x 16 pixels with 8 bits a sample, color type 2: "AAAAEAAAABAIAg" in base64.
  EXPECT_TRUE(has(page, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIA"));
}

TEST(ReportMistakes, HaveTheirIndexInTheWholeDataset) {
  const data::Dataset whole = data::TensorDataset(zeros({40, 4}), zeros({40}, {.dtype = int64}));
  const std::string page =
      written(evaluate(NamesClassOne(), nn::CrossEntropyLoss(), data::Subset(whole, {37, 12}), {.max_mistakes = 2}));
  EXPECT_TRUE(has(page, "Sample 37<"));
  EXPECT_TRUE(has(page, "Sample 12<"));
  EXPECT_TRUE(has(page, "A sample’s number is its index in the whole dataset, from 0."));
}

// ---- words and numbers of a program --------------------------------------------------------------------------------

TEST(Report, HasTheTestOfNumbersThatWereKept) {
  ReportOptions options;
  options.test.loss = 0.25;
  options.test.accuracy = 0.5;
  options.test.samples = 2000;
  EXPECT_TRUE(has(written({}, options),
                  "<dt>Test accuracy</dt><dd class=\"figure\">50.00%</dd><dd class=\"more\">95% CI 47.81 to 52.19%, "
                  "2,000 samples</dd>"));
}

TEST(Report, AdvisesInTheWordsOfTheProgram) {
  ReportOptions options;
  options.words.tame = "use --calm";
  EXPECT_TRUE(has(written({}, options, testing::diverged_run()), "use --calm"));
}

}  // namespace
}  // namespace xtape::train
