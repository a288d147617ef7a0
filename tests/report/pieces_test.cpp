// The pieces of the page: each is a function from data to text.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "report/axis.hpp"
#include "report/heat_map.hpp"
#include "report/html.hpp"
#include "report/markup.hpp"
#include "report/pictures.hpp"
#include "report/png.hpp"
#include "report/svg_chart.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "xtape/xtape.hpp"

namespace xtape::report {
namespace {

using testing::Element;
using testing::Markup;
constexpr double gap_in_line = std::numeric_limits<double>::quiet_NaN();

// ---- text ----------------------------------------------------------------------------------------------------------

TEST(ReportHtml, EscapesWhatIsMarkup) {
  EXPECT_EQ(escaped("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(element("p", {{"title", "\"<&>"}}, Html("</p>")).markup(),
            "<p title=\"&quot;&lt;&amp;&gt;\">&lt;/p&gt;</p>");
}

TEST(ReportHtml, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(escaped("Größe 猫 🙂"), "Größe 猫 🙂");
  const std::string replacement = "\uFFFD";
  for (const char* bytes : {"\xFF", "\xC0", "\x80", "\xE2\x28", "\xF5", "\xC3"}) {
    EXPECT_TRUE(escaped(std::string("a") + bytes).starts_with("a" + replacement)) << bytes;
  }
  EXPECT_EQ(escaped("\xED\xA0\x80"), replacement + replacement + replacement);  // a surrogate
  EXPECT_EQ(escaped("\xC1\xBF"), replacement + replacement);                    // overlong
  EXPECT_EQ(escaped("\xE0\x9F\xBF"), replacement + replacement + replacement);  // overlong
  EXPECT_EQ(escaped("\xF4\x90\x80\x80").size(), 4 * replacement.size());        // beyond U+10FFFF
  EXPECT_EQ(escaped("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(escaped("\xE2\x82"), replacement + replacement);  // cut off
}

TEST(ReportHtml, ReplacesControlCharacters) {
  EXPECT_EQ(escaped(std::string("a\0b\tc\nd\x1B[0m\x7F", 12)), "a\uFFFDb\tc\nd\uFFFD[0m\uFFFD");
  EXPECT_EQ(escaped("\xC2\x9B"), "\uFFFD");
}

TEST(ReportHtml, ShortensBetweenCharacters) {
  EXPECT_EQ(shortened("Größe", 5), "Größe");
  EXPECT_EQ(shortened("Größe", 3), "Grö…");
  EXPECT_EQ(shortened("\xFF\xFF\xFF", 2), "\xFF\xFF…");
  EXPECT_EQ(shortened("", 3), "");
}

TEST(ReportFigures, ReadAsPeopleWriteThem) {
  EXPECT_EQ(number(0.32139), "0.3214");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(number(gap_in_line), "–");
  EXPECT_EQ(percent(0.8943), "89.43%");
  EXPECT_EQ(points(-0.0123), "−1.23 points");
}

TEST(ReportFigures, SharesOfFewSamplesHaveOneDecimal) {
  EXPECT_EQ(percent(0.73913, 999), "73.9%");
  EXPECT_EQ(percent(0.73913, 1000), "73.91%");
}

TEST(ReportFigures, OnlyACertainProbabilityIs0Or100Percent) {
  EXPECT_EQ(probability(0.00004), "<0.01%");
  EXPECT_EQ(probability(0.00005), "0.01%");
  EXPECT_EQ(probability(0), "0.00%");
  EXPECT_EQ(probability(0.99994), "99.99%");
  EXPECT_EQ(probability(0.99996), ">99.99%");
  EXPECT_EQ(probability(1), "100.00%");
}

TEST(ReportFigures, DurationsCarryOver) {
  for (const auto& [seconds, text] : std::vector<std::pair<double, const char*>>{{0.0004, "0 ms"},
                                                                                 {0.34, "340 ms"},
                                                                                 {0.9999, "1.0 s"},
                                                                                 {12.34, "12.3 s"},
                                                                                 {59.96, "1 min 00 s"},
                                                                                 {119.6, "2 min 00 s"},
                                                                                 {185, "3 min 05 s"},
                                                                                 {3599.7, "1 h 00 min"},
                                                                                 {7500, "2 h 05 min"}}) {
    EXPECT_EQ(duration(seconds), text) << seconds;
  }
}

// ---- axes ----------------------------------------------------------------------------------------------------------

std::string labels(const Axis& axis) {
  std::string text;
  for (const Tick& tick : axis.ticks()) text += (text.empty() ? "" : " ") + tick.label;
  return text;
}

TEST(ReportAxis, StepsBy1Or2Or5) {
  EXPECT_EQ(labels(Axis::linear(0.11, 1.43, 5)), "0 0.5 1.0 1.5");
  EXPECT_EQ(labels(Axis::linear(0.02, 0.93, 5)), "0 0.2 0.4 0.6 0.8 1.0");
  EXPECT_EQ(labels(Axis::linear(0, 4, 4)), "0 1 2 3 4");
  EXPECT_EQ(labels(Axis::linear(-3, 12, 4)), "−5 0 5 10 15");
  EXPECT_EQ(labels(Axis::linear(1e-5, 5e-5, 5)), "1e-5 2e-5 3e-5 4e-5 5e-5");
  EXPECT_EQ(labels(Axis::linear(1e6, 5e6, 4)), "1e6 2e6 3e6 4e6 5e6");
}

TEST(ReportAxis, SharesStayWithin0And1) {
  EXPECT_EQ(labels(Axis::linear(0.962, 1, 4, Unit::share)), "96% 97% 98% 99% 100%");
  EXPECT_EQ(labels(Axis::linear(1, 1, 5, Unit::share)), "50% 60% 70% 80% 90% 100%");
  EXPECT_EQ(labels(Axis::linear(0.9971, 0.9989, 4, Unit::share)), "99.70% 99.75% 99.80% 99.85% 99.90%");
}

TEST(ReportAxis, OneValueLiesInTheMiddle) {
  for (const double value : {0.0, 0.001, -7.0, 1e300, 1e-300}) {
    const Axis axis = Axis::fitted({value}, Unit::plain);
    EXPECT_NEAR(axis.place(value), 0.5, 0.1) << value;
    EXPECT_LE(axis.ticks().size(), 12u);
  }
}

TEST(ReportAxis, IsLogarithmicWhereHalfOfTheValuesWouldLieOnTheGround) {
  EXPECT_FALSE(Axis::fitted({2.3, 0.5, 0.2, 0.1}, Unit::plain).is_logarithmic());
  const Axis exploded = Axis::fitted({2.3, 0.5, 0.4, 900}, Unit::plain);
  EXPECT_TRUE(exploded.is_logarithmic());
  EXPECT_EQ(labels(exploded), "0.1 1 10 100 1000");
  EXPECT_NEAR(exploded.place(10), 0.5, 1e-12);
  EXPECT_FALSE(Axis::fitted({2.3, 0, 0.4, 900}, Unit::plain).is_logarithmic());
}

TEST(ReportAxis, HasFewTicksWhateverTheRange) {
  constexpr double least = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> ranges = {
      {least},         {0, least},      {least, 1},     {least, 1e-310},  {least, 1e-307}, {-least, least},
      {1e-310, 1e300}, {-1e300, 1e300}, {1e299, 1e300}, {1e-299, 1e-298}, {0, 1e-299},     {least, least, 1}};
  for (const std::vector<double>& values : ranges) {
    for (const Unit unit : {Unit::plain, Unit::share}) {
      if (unit == Unit::share && (values.front() < 0 || values.back() > 1)) continue;
      const Axis axis = Axis::fitted(values, unit);
      EXPECT_GE(axis.ticks().size(), 2U) << values.front() << " to " << values.back();
      EXPECT_LE(axis.ticks().size(), 13U) << values.front() << " to " << values.back();
      for (const double value : values) {
        EXPECT_GE(axis.place(value), -1e-9) << value;
        EXPECT_LE(axis.place(value), 1 + 1e-9) << value;
      }
    }
  }
}

TEST(ReportAxis, LeavesOutWhatCannotBeDrawn) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Axis axis = Axis::fitted({1, gap_in_line, infinity, -infinity, 1e308, 2}, Unit::plain);
  EXPECT_EQ(labels(axis), "1.0 1.2 1.4 1.6 1.8 2.0");
}

// ---- charts --------------------------------------------------------------------------------------------------------

LineChart chart_of(const std::vector<double>& train, const std::vector<double>& validation) {
  LineChart chart{.id = "c", .title = "Loss", .description = "d"};
  for (std::size_t i = 0; i < train.size(); ++i) chart.epochs.push_back(static_cast<std::int64_t>(i) + 1);
  chart.series = {{"Training", "train", train}, {"Validation", "validation", validation}};
  chart.between = {0, 1};
  return chart;
}

std::vector<std::pair<double, double>> points_of(const std::string& path) {
  std::vector<std::pair<double, double>> found;
  for (std::size_t at = 0; at < path.size(); ++at) {
    double x = 0, y = 0;
    if ((path[at] == 'M' || path[at] == 'L') && std::sscanf(path.c_str() + at + 1, "%lf %lf", &x, &y) == 2) {
      found.emplace_back(x, y);
    }
  }
  return found;
}

/// The value at a height, by the labels of the axis: what a reader of the chart sees.
double read_off(const Markup& markup, double y) {
  std::vector<std::pair<double, double>> ticks;  // y, value
  for (const Element& e : markup.all("text")) {
    if (e.attributes.at("class") == "y") ticks.emplace_back(std::stod(e.attributes.at("y")), std::stod(e.text));
  }
  const auto [y0, v0] = ticks.front();
  const auto [y1, v1] = ticks.back();
  return v0 + (y - y0) / (y1 - y0) * (v1 - v0);
}

TEST(ReportChart, CurvesLieAtTheirValues) {
  const std::vector<double> train = {6.5, 5.8, 5.35, 5.2}, validation = {6.4, 5.9, 5.6, 5.7};
  const Markup markup(line_chart(chart_of(train, validation)).markup());
  ASSERT_EQ(markup.error, "");
  for (const auto& [style, values] : {std::pair{"curve train", train}, std::pair{"curve validation", validation}}) {
    const auto points = points_of(markup.with("class", style).attributes["d"]);
    ASSERT_EQ(points.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(read_off(markup, points[i].second), values[i], 1e-4);
    EXPECT_NEAR(points[1].first - points[0].first, points[3].first - points[2].first, 0.011);
  }
}

TEST(ReportChart, TheGapLiesBetweenItsCurves) {
  const Markup markup(line_chart(chart_of({3, 2, 1}, {3.5, 3, 4})).markup());
  const auto gap = points_of(markup.with("class", "gap").attributes["d"]);
  auto border = points_of(markup.with("class", "curve train").attributes["d"]);
  const auto upper = points_of(markup.with("class", "curve validation").attributes["d"]);
  border.insert(border.end(), upper.rbegin(), upper.rend());
  EXPECT_EQ(gap, border);
}

TEST(ReportChart, ValuesThatCannotBeDrawnAreGaps) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Markup markup(line_chart(chart_of({3, gap_in_line, 2, 1}, {3, 2, infinity, 2})).markup());
  const std::string path = markup.with("class", "curve train").attributes["d"];
  EXPECT_EQ(std::count(path.begin(), path.end(), 'M'), 2);
  EXPECT_EQ(std::count(path.begin(), path.end(), 'L'), 1);
  EXPECT_TRUE(markup.has("class", "dot train"));  // the first value has no neighbour
  EXPECT_EQ(path.find("nan"), path.npos);
}

TEST(ReportChart, TheMouseFindsEveryEpochsValues) {
  LineChart chart = chart_of({3, 2.125, 1}, {3.5, gap_in_line, 4});
  chart.notes = {"", "a note", ""};
  chart.best = 2;
  const Markup markup(line_chart(chart).markup());
  std::vector<std::string> titles;
  for (const Element& e : markup.all("title")) titles.push_back(e.text);
  EXPECT_EQ(titles, (std::vector<std::string>{"Loss", "Epoch 1\nTraining: 3\nValidation: 3.5",
                                              "Epoch 2\nTraining: 2.125\nValidation: –\na note",
                                              "Epoch 3 (best)\nTraining: 1\nValidation: 4"}));
  double right = 68;  // the bands leave no room between them
  for (const Element& e : markup.all("rect")) {
    EXPECT_NEAR(std::stod(e.attributes.at("x")), right, 0.011);
    right = std::stod(e.attributes.at("x")) + std::stod(e.attributes.at("width"));
  }
  EXPECT_NEAR(right, 498, 0.011);
}

TEST(ReportChart, TheBestEpochIsMarkedOnItsCurve) {
  LineChart chart = chart_of({3, 2, 1}, {3.5, 3, 4});
  chart.best = 1;
  chart.best_of = 1;
  const Markup markup(line_chart(chart).markup());
  const auto points = points_of(markup.with("class", "curve validation").attributes["d"]);
  const Element ring = markup.with("class", "ring validation");
  EXPECT_EQ(std::stod(ring.attributes.at("cx")), points[1].first);
  EXPECT_EQ(std::stod(ring.attributes.at("cy")), points[1].second);
  EXPECT_EQ(markup.with("class", "best").tag, "path");
}

TEST(ReportChart, EpochsHaveWholeNumbers) {
  for (const std::size_t n : {1, 2, 3, 7, 40}) {
    const Markup markup(line_chart(chart_of(std::vector<double>(n, 1), std::vector<double>(n, 2))).markup());
    int ticks = 0;
    for (const Element& e : markup.all("text")) {
      if (e.attributes.at("class") != "x") continue;
      ++ticks;
      EXPECT_GE(std::stod(e.text), 1);
      EXPECT_LE(std::stod(e.text), n);
      EXPECT_EQ(e.text.find('.'), e.text.npos);
    }
    EXPECT_GE(ticks, 1) << n;
    EXPECT_LE(ticks, 8) << n;
  }
}

TEST(ReportChart, ReliabilityBarsAreAsHighAsTheAccuracy) {
  const std::vector<train::CalibrationBin> bins = {{0, 0.5, 0, gap_in_line, gap_in_line}, {0.5, 1, 30, 0.75, 0.6}};
  const Markup markup(reliability_diagram("r", "d", bins).markup());
  ASSERT_EQ(markup.error, "");
  EXPECT_NEAR(std::stod(markup.with("class", "bar").attributes.at("height")), 0.6 * 278, 0.011);
  const auto mark = points_of(markup.with("class", "confidence").attributes["d"]);
  EXPECT_NEAR(mark.at(0).second, 16 + 0.25 * 278, 0.011);
  EXPECT_EQ(markup.all("title").back().text,
            "Confidence 50% to 100%: 30 samples\nAccuracy: 60.0%\nMean confidence: 75.0%");
}

// ---- tables --------------------------------------------------------------------------------------------------------

TEST(ReportTable, HasHeadersForItsRowsAndColumns) {
  const Table table{.caption = "C", .columns = {"a", "b"}, .rows = {{Html("<x>"), Html("1")}}, .marked = 0};
  const Markup markup(to_html(table).markup());
  ASSERT_EQ(markup.error, "");
  const std::vector<Element> headers = markup.all("th");
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[1].attributes.at("scope"), "col");
  EXPECT_EQ(headers[2].attributes.at("scope"), "row");
  EXPECT_EQ(headers[2].text, "&lt;x&gt;");
  EXPECT_EQ(markup.all("span").at(0).text, "C");
  EXPECT_TRUE(markup.has("class", "marked"));
  EXPECT_EQ(markup.with("class", "scroll").attributes.at("tabindex"), "0");
}

TEST(ReportHeatMap, CellsHaveCountsAndSharesOfTheirRows) {
  const Markup markup(heat_map("C", {"cat", "dog"}, {30, 10, 0, 1234}).markup());
  ASSERT_EQ(markup.error, "");
  const Element wrong = markup.with("title", "cat taken for dog: 10 of 40, 25.00%");
  EXPECT_EQ(wrong.text, "10");
  EXPECT_EQ(wrong.attributes.at("class"), "w4");
  EXPECT_EQ(markup.with("title", "cat taken for cat: 30 of 40, 75.00%").attributes.at("class"), "r7");
  EXPECT_EQ(markup.with("title", "dog taken for cat: 0 of 1,234, 0.00%").attributes.at("class"), "w0");
  EXPECT_EQ(markup.all("small").at(1).text, "25.0%");
}

TEST(ReportHeatMap, ARowWithoutSamplesIsNoDivisionByZero) {
  const Markup markup(heat_map("C", {"cat", "dog"}, {0, 0, 1, 1}).markup());
  EXPECT_EQ(markup.with("title", "cat taken for dog: 0 of 0, 0.00%").text, "0");
}

TEST(ReportHeatMap, ManyClassesHaveRoomForPercentOnly) {
  const std::size_t n = 20;
  std::vector<std::int64_t> counts(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) counts[i * n + i] = 999;
  counts[1] = 1;
  const Markup markup(heat_map("C", std::vector<std::string>(n, "x"), counts).markup());
  EXPECT_EQ(markup.all("small").size(), 0u);
  const std::vector<Element> cells = markup.all("td");
  EXPECT_EQ(cells.at(1).text, "&gt;99");
  EXPECT_EQ(cells.at(2).text, "&lt;1");
  EXPECT_EQ(cells.at(3).text, "0");
}

// ---- pictures ------------------------------------------------------------------------------------------------------

std::uint32_t word_at(const std::string& bytes, std::size_t at) {
  std::uint32_t n = 0;
  for (std::size_t i = at; i < at + 4; ++i) n = n << 8 | static_cast<std::uint8_t>(bytes.at(i));
  return n;
}

/// What a PNG of filter 1 holds, once its chunks are checked.
Picture read_png(const std::string& bytes) {
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1A\n");
  Picture p;
  std::string packed, order;
  for (std::size_t at = 8; at < bytes.size();) {
    const std::size_t n = word_at(bytes, at);
    const std::string body = bytes.substr(at + 4, n + 4);
    EXPECT_EQ(word_at(bytes, at + 8 + n),
              ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(n + 4)));
    order += body.substr(0, 4) + " ";
    if (body.starts_with("IHDR")) {
      p.width = word_at(body, 4);
      p.height = word_at(body, 8);
      p.channels = body.at(13) == 2 ? 3 : 1;
      EXPECT_EQ(body.substr(12, 1) + body.substr(14), std::string("\x08\0\0\0", 4));
    } else if (body.starts_with("IDAT")) {
      packed = body.substr(4);
    }
    at += n + 12;
  }
  EXPECT_EQ(order, "IHDR IDAT IEND ");
  const std::int64_t row = p.width * p.channels;
  std::vector<std::uint8_t> raw(static_cast<std::size_t>(p.height * (row + 1)));
  uLongf size = raw.size();
  EXPECT_EQ(::uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()), Z_OK);
  EXPECT_EQ(size, raw.size());
  for (std::int64_t y = 0; y < p.height; ++y) {
    EXPECT_EQ(raw[static_cast<std::size_t>(y * (row + 1))], 1);
    for (std::int64_t i = 0; i < row; ++i) {
      const std::uint8_t left = i < p.channels ? 0 : p.samples[p.samples.size() - static_cast<std::size_t>(p.channels)];
      p.samples.push_back(static_cast<std::uint8_t>(raw[static_cast<std::size_t>(y * (row + 1) + 1 + i)] + left));
    }
  }
  return p;
}

TEST(ReportPng, HoldsItsPixels) {
  for (const std::int64_t channels : {1, 3}) {
    Picture p{4, 5, channels, {}};
    for (std::int64_t i = 0; i < 20 * channels; ++i) p.samples.push_back(static_cast<std::uint8_t>(i * 37));
    const Picture back = read_png(png(p));
    EXPECT_EQ(back.height, 4);
    EXPECT_EQ(back.width, 5);
    EXPECT_EQ(back.channels, channels);
    EXPECT_EQ(back.samples, p.samples);
  }
}

TEST(ReportPng, Base64PadsTheEnd) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xFF\xFE\xFD\xFC"), "//79/A==");
}

TEST(ReportPicture, TakesTheShapesOfPictures) {
  for (const Shape& shape : {Shape{28, 28}, Shape{1, 28, 28}, Shape{784}, Shape{1, 784}}) {
    const auto p = picture_of(zeros(shape));
    ASSERT_TRUE(p) << shape.to_string();
    EXPECT_EQ(p->height, 28);
    EXPECT_EQ(p->channels, 1);
  }
  EXPECT_EQ(picture_of(zeros({3, 8, 9}))->channels, 3);
  for (const Shape& shape : {Shape{4}, Shape{49}, Shape{783}, Shape{2, 8, 8}, Shape{}, Shape{1, 3, 8, 8}, Shape{0}}) {
    EXPECT_FALSE(picture_of(zeros(shape))) << shape.to_string();
  }
  EXPECT_FALSE(picture_of(Tensor()));
}

TEST(ReportPicture, OrdersChannelsLast) {
  const Tensor x = tensor({0.f, 0.2f, 0.4f, 0.6f, 0.8f, 1.f}).reshape({3, 1, 2});
  EXPECT_EQ(picture_of(x)->samples, (std::vector<std::uint8_t>{0, 102, 204, 51, 153, 255}));
}

TEST(ReportPicture, StretchesWhatWasNormalized) {
  EXPECT_EQ(picture_of(tensor({{0.f, 0.5f}, {0.2f, 0.4f}}))->samples, (std::vector<std::uint8_t>{0, 128, 51, 102}));
  EXPECT_EQ(picture_of(tensor({{-1.f, 3.f}, {1.f, 0.f}}))->samples, (std::vector<std::uint8_t>{0, 255, 128, 64}));
  EXPECT_EQ(picture_of(tensor({{0, 255}, {51, 1}}).to(uint8))->samples, (std::vector<std::uint8_t>{0, 255, 51, 1}));
  EXPECT_EQ(picture_of(tensor({{5.f, 5.f}, {5.f, 5.f}}))->samples, (std::vector<std::uint8_t>{0, 0, 0, 0}));
}

TEST(ReportPicture, DrawsNaNAsBlackAndInfinityAsAnEnd) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(picture_of(tensor({{nan, infinity}, {-infinity, 1.f}}))->samples,
            (std::vector<std::uint8_t>{0, 255, 0, 255}));
}

TEST(ReportPicture, MakesLargePicturesSmallerByTheirMeans) {
  Tensor x = zeros({1, 200, 100});
  narrow(x, 1, 0, 1).fill_(0.6);  // the first row of three
  const auto p = picture_of(x);
  EXPECT_EQ(p->height, 67);
  EXPECT_EQ(p->width, 34);
  EXPECT_EQ(p->samples[0], 51);  // 255 * 0.2
  EXPECT_EQ(p->samples[34], 0);
}

}  // namespace
}  // namespace xtape::report
