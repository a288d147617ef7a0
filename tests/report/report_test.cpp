// save_report: what the page holds, and what it leaves out.
#include "xtape/train/report.hpp"

#include <sys/stat.h>

#include "report/markup.hpp"
#include "report/sample_runs.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape::train {
namespace {

using testing::classification_run;
using testing::clothes;
using testing::diverged_run;
using testing::Element;
using testing::evaluation_of;
using testing::expect_errors;
using testing::FullDisk;
using testing::Markup;
using testing::names_in;
using testing::read_file;
using testing::regression_run;
using testing::TempDir;

std::string page_of(const History& history, const Evaluation& evaluation = {}, const ReportOptions& options = {}) {
  TempDir dir;
  save_report(dir / "report.html", history, evaluation, options);
  return read_file(dir / "report.html");
}

bool contains(const std::string& page, const std::string& part) { return page.find(part) != page.npos; }

/// Ids of the sections, in their order.
std::vector<std::string> sections_of(const Markup& markup) {
  std::vector<std::string> ids;
  for (const Element& e : markup.all("section")) ids.push_back(e.attributes.at("id"));
  return ids;
}

std::vector<std::string> headers_of(const Markup& markup, const std::string& scope) {
  std::vector<std::string> texts;
  for (const Element& e : markup.all("th")) {
    if (e.attributes.at("scope") == scope) texts.push_back(e.text);
  }
  return texts;
}

/// What must hold for every page.
void expect_sound(const std::string& page) {
  const Markup markup(page);
  EXPECT_EQ(markup.error, "");
  std::set<std::string> ids;
  for (const Element& e : markup.elements) {
    EXPECT_NE(e.tag, "script");
    for (const auto& [name, value] : e.attributes) {
      EXPECT_FALSE(name.starts_with("on")) << name;
      if (name == "id") {
        EXPECT_TRUE(ids.insert(value).second) << "two elements have the id " << value;
      }
      if (name == "src" || name == "href") {
        EXPECT_TRUE(value.starts_with("data:") || value.starts_with("#")) << value;
      }
    }
  }
  for (const Element& e : markup.elements) {
    if (e.tag != "style" && e.tag != "pre") {
      EXPECT_FALSE(contains(" " + e.text, " nan")) << e.text;
    }
    const auto d = e.attributes.find("d"), label = e.attributes.find("aria-labelledby"),
               link = e.attributes.find("href");
    if (d != e.attributes.end()) {
      EXPECT_FALSE(contains(d->second, "n")) << d->second;
    }
    if (label != e.attributes.end()) {
      EXPECT_TRUE(ids.count(label->second.substr(0, label->second.find(' ')))) << label->second;
    }
    if (link != e.attributes.end() && link->second.starts_with("#")) {
      EXPECT_TRUE(ids.count(link->second.substr(1))) << link->second;
    }
  }
  for (const char* outside : {"http:", "https:", "url(", "@import"}) {
    EXPECT_FALSE(contains(page, outside)) << outside;
  }
}

TEST(Report, HasEverySectionOfAClassifier) {
  const std::string page = page_of(History(classification_run(20)), evaluation_of(500, {1, 8, 8}, clothes()),
                                   {.summary = "layers", .configuration = {{"lr", "0.1"}}});
  expect_sound(page);
  EXPECT_EQ(sections_of(Markup(page)),
            (std::vector<std::string>{"curves", "classes", "mistakes", "calibration", "epochs", "model", "settings"}));
}

TEST(Report, LeavesOutWhatThereIsNoDataFor) {
  const std::string page = page_of(History(regression_run(5)));
  expect_sound(page);
  const Markup markup(page);
  EXPECT_EQ(sections_of(markup), (std::vector<std::string>{"curves", "epochs", "settings"}));
  EXPECT_TRUE(markup.has("id", "chart-loss"));
  EXPECT_FALSE(markup.has("id", "chart-lr"));
  EXPECT_FALSE(markup.has("id", "chart-accuracy"));
  EXPECT_FALSE(markup.has("class", "curve validation"));
  EXPECT_FALSE(markup.has("class", "gap"));
  EXPECT_EQ(headers_of(markup, "col"),
            (std::vector<std::string>{"Epoch", "Loss while learning", "Learning rate", "Time", "Steps"}));
}

TEST(Report, OfARunWithoutEpochsSaysSo) {
  const std::string page = page_of(History());
  expect_sound(page);
  EXPECT_TRUE(contains(page, "No epoch has been completed."));
  EXPECT_EQ(sections_of(Markup(page)), std::vector<std::string>{"settings"});
}

TEST(Report, OfAnEvaluationAloneHasItsNumbers) {
  const Evaluation e = evaluation_of(500, {1, 8, 8}, clothes());
  const std::string page = page_of(History(), e, {.evaluated_on = "test data"});
  expect_sound(page);
  EXPECT_TRUE(contains(page, "Accuracy and loss are of test data."));
  EXPECT_EQ(sections_of(Markup(page)), (std::vector<std::string>{"classes", "mistakes", "calibration", "settings"}));
  EXPECT_FALSE(contains(page, "No epoch"));
  EXPECT_FALSE(contains(page, "class=\"verdict"));
}

TEST(Report, OfARunThatEndedBeforeItsFirstEpochSaysWhy) {
  HistoryData run;
  run.stop_reason = "stop() was called before the first epoch";
  const std::string page = page_of(History(run), evaluation_of(500, {1, 8, 8}, clothes()));
  EXPECT_TRUE(contains(page, "No epoch has been completed."));
  EXPECT_TRUE(contains(page, "Training ended: stop() was called before the first epoch"));
}

TEST(Report, HasTheResultOfTheTest) {
  ReportOptions options;
  options.test = evaluation_of(2000, {1, 8, 8}, clothes());
  const Interval i = options.test.accuracy_interval();
  char tile[200];
  std::snprintf(
      tile, sizeof tile,
      "<dt>Test accuracy</dt><dd class=\"figure\">%.2f%%</dd><dd class=\"more\">95%% CI %.2f to %.2f%%, 2,000 "
      "samples</dd>",
      100 * options.test.accuracy, 100 * i.low, 100 * i.high);
  const std::string page = page_of(History(classification_run(3)), {}, options);
  EXPECT_TRUE(contains(page, tile)) << tile;
  EXPECT_TRUE(contains(page, "The test data was measured once, at the end."));
  EXPECT_FALSE(Markup(page).has("id", "classes"));
}

TEST(Report, AConstantLearningRateIsASentenceAndNoChart) {
  HistoryData run = regression_run(3);
  EXPECT_TRUE(contains(page_of(History(run)), "The learning rate is 0.1 in every epoch."));
  run.epochs[1].lr = 0.05;
  const std::string page = page_of(History(run));
  EXPECT_FALSE(contains(page, "in every epoch."));
  EXPECT_TRUE(Markup(page).has("id", "chart-lr"));
}

TEST(Report, OfARegressionHasItsR2) {
  HistoryData run = regression_run(3);
  run.validation_r2 = 0.8125;
  run.train_eval_r2 = -0.5;
  EXPECT_TRUE(contains(page_of(History(run)),
                       "<dt>Validation R²</dt><dd class=\"figure\">0.812</dd><dd "
                       "class=\"more\">last epoch; training −0.500</dd>"));
}

TEST(Report, LossesOfTheTableHaveTheSameDecimals) {
  HistoryData run = regression_run(3);
  run.epochs[0].train_loss = 12.5;
  run.epochs[1].train_loss = 0.00001;
  const std::string page = page_of(History(run));
  EXPECT_TRUE(contains(page, "<td>12.5000</td>"));
  EXPECT_TRUE(contains(page, "<td>1e-05</td>"));  // not 0.0000
  EXPECT_TRUE(contains(page, "<td>1.3333</td>"));
}

TEST(Report, OpensWithVerdictReasonAndKeyNumbers) {
  const History history(classification_run(20));
  const std::string page = page_of(history);
  const Markup markup(page);
  const std::string verdict = history.verdict(), bold = verdict.substr(0, verdict.find(':') + 1);
  EXPECT_EQ(markup.all("strong").at(0).text, "O" + bold.substr(1));
  EXPECT_EQ(markup.with("class", "verdict warn").text, verdict.substr(bold.size()));
  EXPECT_EQ(markup.with("class", "stop").text, "Training ended: all epochs are done");
  EXPECT_TRUE(
      contains(page, "<dt>Best epoch</dt><dd class=\"figure\">" + std::to_string(history.best_epoch()) + " of 20"));
  EXPECT_TRUE(contains(page, "<dt>Total time</dt><dd class=\"figure\">1 min 04 s</dd>"));
  EXPECT_TRUE(contains(page, "<dt>Validation accuracy</dt>"));
}

TEST(Report, ShowsTheIntervalOfTheEvaluationsAccuracy) {
  const Evaluation e = evaluation_of(500, {1, 8, 8}, clothes());
  const Interval i = e.accuracy_interval();
  char text[64];
  std::snprintf(text, sizeof text, "95%% CI %.1f to %.1f%%", 100 * i.low, 100 * i.high);
  EXPECT_TRUE(contains(page_of(History(classification_run(3)), e), text)) << text;
}

TEST(Report, TheGapIsOfValuesInEvaluationModeWhereTheyWereMeasured) {
  HistoryData run = classification_run(10);
  const auto lines = [](const HistoryData& data) {
    const Markup markup(page_of(History(data)));
    std::string styles;
    for (const Element& e : markup.all("path")) {
      if (e.attributes.at("class").starts_with("curve")) styles += e.attributes.at("class").substr(6) + " ";
    }
    return styles;
  };
  EXPECT_EQ(lines(run), "train validation learning train validation learning rate ");
  for (EpochRecord& r : run.epochs) r.train_eval_loss = r.train_eval_accuracy = r.gap = std::nan("");
  EXPECT_EQ(lines(run), "train validation train validation rate ");
}

TEST(Report, TheTrainingCurveHoldsTheValuesInEvaluationMode) {
  HistoryData run = classification_run(2);
  run.epochs[0].train_loss = 0.75;
  run.epochs[0].train_eval_loss = 0.5;
  run.epochs[0].validation_loss = 0.625;
  EXPECT_TRUE(contains(page_of(History(run)), "\nTraining: 0.5\nValidation: 0.625\nWhile learning: 0.75</title>"));
}

TEST(Report, HoversHaveTheGapWithItsInterval) {
  HistoryData run = classification_run(3);
  run.epochs[1].gap = 0.0712;
  run.epochs[1].gap_low = 0.05;
  run.epochs[1].gap_high = 0.0911;
  EXPECT_TRUE(contains(page_of(History(run)), "\nGap: 7.12 points (95% CI 5.00 to 9.11)</title>"));
}

TEST(Report, TheTableHasEveryEpoch) {
  const Markup markup(page_of(History(classification_run(100))));
  const History history(classification_run(100));
  const std::vector<std::string> rows = headers_of(markup, "row");
  for (std::size_t i = 0; i < 100; ++i) {
    const bool best = static_cast<std::int64_t>(i) + 1 == history.best_epoch();
    EXPECT_EQ(rows.at(i), (best ? "best: " : "") + std::to_string(i + 1));
  }
  EXPECT_EQ(markup.all("details").size(), 1u);
  EXPECT_TRUE(markup.has("class", "marked"));
}

TEST(Report, OfADivergedRunHasGapsAndNoNaN) {
  const std::string page = page_of(History(diverged_run()));
  expect_sound(page);
  EXPECT_TRUE(contains(page, "log scale"));
  EXPECT_TRUE(contains(page, "class=\"verdict bad\""));
  EXPECT_TRUE(contains(page, "Validation: –"));
  EXPECT_TRUE(contains(page, "Validation: inf"));
}

TEST(Report, OfARunWhoseLossWasNeverFiniteSaysSo) {
  HistoryData run = regression_run(2);
  for (EpochRecord& r : run.epochs) r.train_loss = std::nan("");
  const std::string page = page_of(History(run));
  expect_sound(page);
  EXPECT_TRUE(contains(page, "No epoch has a finite loss."));
}

TEST(Report, OfOneEpochHasDots) {
  const std::string page = page_of(History(classification_run(1)));
  expect_sound(page);
  EXPECT_TRUE(Markup(page).has("class", "dot validation"));
}

TEST(Report, OfALongRunDrawsAThousandEpochsAtMostAndTheBestOfAll) {
  const History history(classification_run(2500));
  const std::string page = page_of(history);
  const Markup markup(page);
  EXPECT_EQ(markup.error, "");
  EXPECT_TRUE(contains(page, "epochs are drawn."));
  EXPECT_TRUE(contains(page, "Epoch " + std::to_string(history.best_epoch()) + " (best)"));
  EXPECT_TRUE(contains(page, "Epoch 2500\n"));
  EXPECT_LE(markup.all("tr").size(), 1003u);
}

TEST(Report, EveryTextIsText) {
  const std::string bad = "<b>&\"'</b><script>alert(1)</script>\xFF";
  std::vector<std::string> names = clothes();
  names[2] = bad;
  HistoryData run = classification_run(3);
  run.stop_reason = bad;
  const std::string page = page_of(
      History(run), evaluation_of(500, {1, 8, 8}, names),
      {.title = bad, .evaluated_on = bad, .summary = bad, .configuration = {{bad, bad}}, .environment = {{bad, bad}}});
  expect_sound(page);
  const std::string shown = "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;\uFFFD";
  const Markup markup(page);
  EXPECT_EQ(markup.all("h1").at(0).text, shown);
  EXPECT_EQ(markup.all("pre").at(0).text, shown);
  EXPECT_EQ(markup.all("b").size(), 48u);  // two in each of the mistakes: ours
  EXPECT_FALSE(contains(page, "\xFF"));
}

TEST(Report, EmptyTextsHaveAStandIn) {
  std::vector<std::string> names = clothes();
  names[4] = "";
  const std::string page =
      page_of(History(classification_run(3)), evaluation_of(500, {1, 8, 8}, names), {.title = "", .evaluated_on = ""});
  expect_sound(page);
  EXPECT_EQ(Markup(page).all("h1").at(0).text, "Training report");
  EXPECT_TRUE(contains(page, "(class 4, no name)"));
  EXPECT_TRUE(contains(page, "Confusion on 500 samples"));
}

TEST(Report, VeryLongNamesAreCutOff) {
  std::vector<std::string> names = clothes();
  names[1] = std::string(100000, 'x');
  EXPECT_LT(page_of(History(), evaluation_of(500, {1, 8, 8}, names)).size(), 200000u);
}

TEST(Report, ManyClassesHaveTablesInsteadOfAMatrix) {
  for (const std::int64_t classes : {2, 16, 17, 40}) {
    const std::string page = page_of(
        History(), evaluation_of(2000, {1, 8, 8}, std::vector<std::string>(static_cast<std::size_t>(classes), "n")));
    expect_sound(page);
    EXPECT_TRUE(contains(page, classes > 16 ? "class=\"heat dense\"" : "class=\"heat\"")) << classes;
  }
  for (const std::int64_t classes : {41, 200, 300}) {
    const std::string page = page_of(
        History(), evaluation_of(2000, {1, 20, 20}, std::vector<std::string>(static_cast<std::size_t>(classes), "n")));
    expect_sound(page);
    EXPECT_FALSE(contains(page, "class=\"heat")) << classes;
    EXPECT_TRUE(
        contains(page, "A confusion matrix of " + std::to_string(classes) + " classes would be too large to read"));
    EXPECT_EQ(contains(page, "The 200 classes of the lowest F1, out of 300"), classes == 300);
    EXPECT_LT(page.size(), 1000000u);
  }
}

TEST(Report, ThePairsAreThoseThatAreConfusedMost) {
  // Class 0 is taken for class 2 twice, class 1 for class 0 once.
  const Tensor predicted = tensor({0, 2, 2, 0, 1, 2}), targets = tensor({0, 0, 0, 1, 1, 2});
  const Evaluation e =
      evaluate(nn::Identity(), nn::CrossEntropyLoss(), data::TensorDataset(one_hot(predicted, 3).to(float32), targets),
               {.classes = {"a", "b", "c"}});
  const std::string page = page_of(History(), e);
  const std::size_t first = page.find("<td class=\"word\">c</td><td>2</td><td>66.7%</td>"),
                    second = page.find("<td class=\"word\">a</td><td>1</td><td>50.0%</td>");
  EXPECT_LT(first, second);
  EXPECT_NE(second, page.npos);
}

TEST(Report, APerfectModelHasNoMistakes) {
  const Tensor targets = tensor({0, 1, 2, 1});
  const std::string page =
      page_of(History(), evaluate(nn::Identity(), nn::CrossEntropyLoss(),
                                  data::TensorDataset(9 * one_hot(targets, 3).to(float32), targets)));
  expect_sound(page);
  EXPECT_TRUE(contains(page, "No sample was taken for another class."));
  EXPECT_FALSE(Markup(page).has("id", "mistakes"));
}

TEST(Report, MistakesHavePicturesWhereInputsAreSome) {
  const auto images = [](const Shape& shape) {
    const std::string page = page_of(History(), evaluation_of(200, shape, clothes()));
    expect_sound(page);
    EXPECT_EQ(Markup(page).all("li").size(), 24u + 7) << shape.to_string();  // and of navigation and a legend
    return Markup(page).all("img").size();
  };
  EXPECT_EQ(images({1, 8, 8}), 24u);
  EXPECT_EQ(images({3, 8, 8}), 24u);
  EXPECT_EQ(images({784}), 24u);
  EXPECT_EQ(images({13}), 0u);
}

TEST(Report, OfARegressionsEvaluationHasItsLoss) {
  const Evaluation e = evaluate(nn::Identity(), nn::MSELoss(), data::TensorDataset(ones({4, 1}), zeros({4, 1})));
  const std::string page = page_of(History(regression_run(2)), e);
  expect_sound(page);
  EXPECT_TRUE(
      contains(page, "<dt>Loss</dt><dd class=\"figure\">1</dd><dd class=\"more\">4 samples, evaluated model</dd>"));
}

TEST(Report, AHundredEpochsOfTenClassesAreBelowAMegabyte) {
  EXPECT_LT(page_of(History(classification_run(100)), evaluation_of(1000, {3, 64, 64}, clothes())).size(), 1000000u);
}

TEST(Report, LoadsItselfAgainOnlyWhileTrainingGoesOn) {
  EXPECT_FALSE(contains(page_of(History(classification_run(2))), "refresh"));
  const Markup markup(page_of(History(classification_run(2)), {}, {.refresh_seconds = 7}));
  EXPECT_EQ(markup.with("http-equiv", "refresh").attributes["content"], "7");
}

TEST(Report, ForbidsWhateverLiesOutside) {
  const Markup markup(page_of(History()));
  const std::string policy = markup.with("http-equiv", "Content-Security-Policy").attributes["content"];
  EXPECT_TRUE(policy.starts_with("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:;"))
      << policy;
}

TEST(Report, TellsTheEnvironment) {
  const std::string page = page_of(History(), {}, {.environment = {{"Host", "here"}}});
  EXPECT_TRUE(contains(page, "<td>" + build_info() + "</td>"));
  EXPECT_TRUE(contains(page, "<th scope=\"row\">Threads</th><td>" + std::to_string(num_threads()) + "</td>"));
  EXPECT_TRUE(contains(page, "<th scope=\"row\">Host</th><td>here</td>"));
}

TEST(Report, ReplacesAFileAsAWholeOrNotAtAll) {
  TempDir dir;
  const std::string path = dir / "report.html";
  save_report(path, History(regression_run(2)), {});
  const std::string before = read_file(path);
  {
    const FullDisk full(4096);
    testing::expect_error<FileError>([&path] { save_report(path, History(classification_run(20)), {}); }, "save_report",
                                     path);
  }
  EXPECT_EQ(read_file(path), before);
  EXPECT_EQ(names_in(dir.string()), std::vector<std::string>{"report.html"});
  save_report(path, History(classification_run(20)), {});
  EXPECT_NE(read_file(path), before);
}

TEST(Report, ErrorsNameTheFile) {
  TempDir dir;
  const std::string path = dir / "no/report.html", directory = dir.string();
  expect_errors({
      {("FileError: save_report: \"" + path + "\": the directory \"" + (dir / "no") + "\" does not exist").c_str(),
       [&path] { save_report(path, History(), {}); }},
      {("FileError: save_report: \"" + directory + "\" is a directory, not a file").c_str(),
       [&directory] { save_report(directory, History(), {}); }},
      {"FileError: save_report: \"\" names no file", [] { save_report("", History(), {}); }},
      {"ValueError: save_report: refresh_seconds = -1 must be at least 0; 0 means that the page is not loaded again",
       [&path] { save_report(path, History(), {}, {.refresh_seconds = -1}); }},
  });
}

}  // namespace
}  // namespace xtape::train
