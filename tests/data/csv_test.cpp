#include "xtape/data/csv.hpp"

#include <algorithm>

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"
#include "xtape/data/split.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using testing::TempDir;
using testing::write_file;
using Indices = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

constexpr char flowers[] =
    "length,width,species\n"
    "5.1,3.5,setosa\n"
    "7,3.2,versicolor\n"
    "6.3,-.25,virginica\n"
    "4.9,3e0,setosa\n";

/// The dataset of a file with these bytes.
CsvDataset csv(const std::string& bytes, CsvOptions options = {.label = "species"}) {
  const TempDir dir;
  write_file(dir / "file.csv", bytes);
  return CsvDataset(dir / "file.csv", std::move(options));
}

TEST(CsvDataset, HasARowForEachLineAfterTheHeader) {
  const CsvDataset d = csv(flowers);
  EXPECT_EQ(d.features().shape(), (Shape{4, 2}));
  expect_close(d.features(), {5.1f, 3.5f, 7, 3.2f, 6.3f, -.25f, 4.9f, 3});
  EXPECT_EQ(d.feature_names(), (Names{"length", "width"}));
  EXPECT_EQ(d.classes(), (Names{"setosa", "versicolor", "virginica"}));
  EXPECT_EQ(d.targets().dtype(), int64);
  expect_close(d.targets(), {0, 1, 2, 0});
  auto [x, y] = d.batch(Indices{2, 0});
  EXPECT_EQ(x.dtype(), float32);
  expect_close(x, {6.3f, -.25f, 5.1f, 3.5f});
  expect_close(y, {2, 0});
}

TEST(CsvDataset, ClassesAreInTheOrderOfTheirNumbersOrBytes) {
  EXPECT_EQ(csv("x,species\n1,b\n2,a\n3,B\n").classes(), (Names{"B", "a", "b"}));
  const CsvDataset d = csv("x,species\n1,10\n2,2\n3,-1\n4,2\n");
  EXPECT_EQ(d.classes(), (Names{"-1", "2", "10"}));
  expect_close(d.targets(), {2, 1, 0, 1});
  EXPECT_EQ(csv("x,species\n1,1\n2,01\n").classes(), (Names{"01", "1"})) << "two texts are two classes";
}

TEST(CsvDataset, GivenClassesKeepTheirOrderAndNeedNotOccur) {
  const CsvDataset d = csv(flowers, {.label = "species", .classes = {"virginica", "none", "versicolor", "setosa"}});
  EXPECT_EQ(d.classes().size(), 4u);
  expect_close(d.targets(), {3, 2, 0, 3});
}

TEST(CsvDataset, TakesTheFeaturesAskedForInTheirOrder) {
  const CsvDataset d = csv("a,b,name,species\n1,2,x,s\n3,4,y,t\n", {.label = "species", .features = {"b", "a"}});
  expect_close(d.features(), {2, 1, 4, 3});
  EXPECT_EQ(d.feature_names(), (Names{"b", "a"}));
}

TEST(CsvDataset, OfARegressionHasNumbersAsTargets) {
  const CsvDataset d = csv("x,y\n1,0.5\n2,-3\n", {.label = "y", .regression = true});
  EXPECT_EQ(d.targets().dtype(), float32);
  expect_close(d.targets(), {.5, -3});
  EXPECT_TRUE(d.classes().empty());
}

TEST(CsvDataset, NamesTheColumnsOfAFileWithoutAHeader) {
  const CsvDataset d = csv("1;2;s\n3;4;t\n", {.label = "c", .columns = {"a", "b", "c"}, .delimiter = ';'});
  expect_close(d.features(), {1, 2, 3, 4});
}

TEST(CsvDataset, ReadsQuotesCrLfBlanksAByteOrderMarkAndEmptyLinesAtTheEnd) {
  const CsvDataset d = csv("\xEF\xBB\xBF\"x\" , \"spec\"\"ies\"\r\n 1\t,\"a, \"\"b\"\"\nc \"\r\n+2 , d e \r\n\r\n\n",
                           {.label = "spec\"ies"});
  expect_close(d.features(), {1, 2});
  EXPECT_EQ(d.classes(), (Names{"a, \"b\"\nc ", "d e"}));
}

TEST(CsvDataset, ReadsTabsAndAFileWithoutALineBreakAtItsEnd) {
  const CsvDataset d = csv("x\tspecies\n1\tb c", {.label = "species", .delimiter = '\t'});
  EXPECT_EQ(d.classes(), Names{"b c"});
}

TEST(CsvDataset, ReadsGzipAndManyRows) {
  std::string bytes = "x,y,species\n";
  for (int i = 0; i < 20000; ++i)
    bytes += std::to_string(i) + ",-" + std::to_string(i) + "," + std::to_string(i % 7) + "\n";
  const CsvDataset d = csv(testing::deflated(bytes));
  EXPECT_EQ(d.size(), 20000);
  const Tensor i = arange(20000);
  EXPECT_TRUE(equal(d.features(), stack({i, -i}, 1).to(float32)));
  EXPECT_TRUE(equal(d.targets(), i - (i.to(float64) / 7).floor().to(int64) * 7));
}

TEST(CsvDataset, StandardizesByTheTrainingSamplesAlone) {
  CsvDataset d = csv("a,b,c,species\n1,10,.1,s\n3,10,.1,s\n100,20,7,t\n3,10,.1,t\n1,10,.1,s\n");
  const Subset train(d, {0, 1, 3, 4});
  const Tensor scale = d.standardize(train.indices());
  expect_close(scale, {2, 10, .1, 1, 1, 1}, 1e-7);
  expect_close(d.features().narrow(1, 0, 2), {-1, 0, 1, 0, 98, 10, 1, 0, -1, 0});
  expect_close(d.features()[2], {98, 10, 6.9}, 1e-6);
  expect_close(train.batch(Indices{0, 1}).x.narrow(1, 0, 2), {-1, 0, 1, 0});  // copies share the rows
  d.standardize(Indices{0, 2});  // another fold: from the file's numbers again
  expect_close(d.features().narrow(1, 0, 1), {-1, (3 - 50.5) / 49.5, 1, (3 - 50.5) / 49.5, -1}, 1e-6);
  expect_error<ValueError>([&] { d.standardize({}); }, "standardize: there are no training samples");
  expect_error<IndexError>([&] { d.standardize(Indices{5}); }, "sample 5 is outside [0, 5)");
}

TEST(CsvDataset, ServesSplits) {
  std::string bytes = "x,species\n";
  for (int i = 0; i < 50; ++i) bytes += std::to_string(i) + (i % 5 ? ",common\n" : ",rare\n");
  const auto [train, validation] = stratified_split(csv(bytes), std::array{0.8, 0.2});
  EXPECT_EQ(validation.targets().sum().item<std::int64_t>(), 2);
}

struct MalformedCsv {
  std::string bytes;
  const char* error;  // after the path
  CsvOptions options = {.label = "species"};
};

// clang-format off
const std::vector<MalformedCsv>& malformed() {
  static const std::vector<MalformedCsv> files = {
    {"", " is empty"},
    {"\xEF\xBB\xBF", " is empty"},
    {"x,species\n", " has no rows"},
    {"x,species\n\n\n", " has no rows"},
    {"species\na\n", " has no column beside the label"},
    {"x,x,species\n1,2,a\n", ": two columns are named \"x\""},
    {"x,species,species\n1,a,a\n", ": two columns are named \"species\""},
    {",,species\n1,2,a\n", ": two columns are named \"\""},
    {"x,species\n1\n", ": line 2 has 1 fields, there are 2 columns"},
    {"x,species\n1,a\n1,a,\n", ": line 3 has 3 fields, there are 2 columns"},
    {"x,species\n1,a\n   \n", ": line 3 has 1 fields, there are 2 columns"},
    {"x,species\n1,a\n\n2,b\n", ": line 3 is empty"},
    {"x,species\n\n1,a\n", ": line 2 is empty"},
    {"x,species\r\n\r\n1,a\r\n", ": line 2 is empty"},
    {"x,species\n1;a\n", ": line 2 has 1 fields, there are 2 columns"},
    {"x,species\n1,a\n,b\n", ": line 3, column 1 (\"x\"): the field is empty, expected a number"},
    {"x,species\n1,\n", ": line 2, column 2 (\"species\"): the label is empty"},
    {"x,species\n1,\"\"\n", ": line 2, column 2 (\"species\"): the label is empty"},
    {"x,species\none,a\n", ": line 2, column 1 (\"x\"): \"one\" is no number that float32 holds"},
    {"x,species\n1.5.2,a\n", ": line 2, column 1 (\"x\"): \"1.5.2\" is no number that float32 holds"},
    {"x,species\n1 2,a\n", ": line 2, column 1 (\"x\"): \"1 2\" is no number that float32 holds"},
    {"x,species\n0x10,a\n", ": line 2, column 1 (\"x\"): \"0x10\" is no number that float32 holds"},
    {"x,species\n+-1,a\n", ": line 2, column 1 (\"x\"): \"+-1\" is no number that float32 holds"},
    {"x,species\n+,a\n", ": line 2, column 1 (\"x\"): \"+\" is no number that float32 holds"},
    {"x,species\n\"1,5\",a\n", ": line 2, column 1 (\"x\"): \"1,5\" is no number that float32 holds"},
    {"x,species\nnan,a\n", ": line 2, column 1 (\"x\"): \"nan\" is no number that float32 holds"},
    {"x,species\nNA,a\n", ": line 2, column 1 (\"x\"): \"NA\" is no number that float32 holds"},
    {"x,species\n-inf,a\n", ": line 2, column 1 (\"x\"): \"-inf\" is no number that float32 holds"},
    {"x,species\n1e39,a\n", ": line 2, column 1 (\"x\"): \"1e39\" is no number that float32 holds"},
    {"x,species\n1e999,a\n", ": line 2, column 1 (\"x\"): \"1e999\" is no number that float32 holds"},
    {"x,species\n1,\"a\n2,b\n", ": the quote that opens on line 2 is never closed"},
    {"x,\"species\n1,a\n", ": the quote that opens on line 1 is never closed"},
    {"x,species\n1,\"a\"b\n", ": line 2: text after a closing quote"},
    {"x,species\n1,\"a\" \"b\"\n", ": line 2: text after a closing quote"},
    {"x,species\n1,a\"b\"\n", ": line 2: a quote inside a field that does not begin with one"},
    {"x,species\n\"1\n2\n", ": the quote that opens on line 2 is never closed"},
    {"x,species\n\"1\n2\",a\n3,\"b\"c\n", ": line 2, column 1 (\"x\"): \"1\\n2\" is no number that float32 holds"},
    {"x,species\r1,a\r", ": line 1: a carriage return without a line feed"},
    {"x,species\n1,a\r", ": line 2: a carriage return without a line feed"},
    {std::string("x,species\n1,a\0b\n", 16), ": line 2: a NUL byte"},
    {std::string("x,species\n1,\"a\0b\"\n", 18), ": line 2: a NUL byte"},
    {"x,species\n1,rose\n", ": line 2, column 2 (\"species\"): \"rose\" is none of the classes \"a\", \"b\"",
     {.label = "species", .classes = {"a", "b"}}},
    {"x,y\n1,low\n", ": line 2, column 2 (\"y\"): \"low\" is no number that float32 holds",
     {.label = "y", .regression = true}},
    {"1,2\n", ": two columns are named \"a\"", {.label = "a", .columns = {"a", "a"}}},
    {"1,2,3\n", ": line 1 has 3 fields, there are 2 columns", {.label = "a", .columns = {"a", "b"}}},
    {"\x1f\x8b\x08 no gzip", " is damaged: unknown header flags set before byte 4, in its gzip stream"},
  };
  return files;
}
// clang-format on

TEST(CsvDataset, RefusesMalformedFilesWithTheLine) {
  const TempDir dir;
  const std::string path = dir / "file.csv";
  for (const MalformedCsv& file : malformed()) {
    write_file(path, file.bytes);
    const std::string error = "FileError: CsvDataset: \"" + path + "\"" + file.error;
    expect_errors({{error.c_str(), [&path, &file] { CsvDataset(path, file.options); }}});
  }
}

TEST(CsvDataset, RefusesOptionsThatDoNotFit) {
  const TempDir dir;
  const std::string path = dir / "file.csv";
  write_file(path, flowers);
  const std::string columns = "\"" + path + "\"; its columns are \"length\", \"width\", \"species\"";
  const auto opened = [&path](CsvOptions options) { return [&path, options] { CsvDataset(path, options); }; };
  expect_errors({
      {("ValueError: CsvDataset: there is no column \"\" for label in " + columns).c_str(), opened({})},
      {("ValueError: CsvDataset: there is no column \"kind\" for label in " + columns).c_str(),
       opened({.label = "kind"})},
      {("ValueError: CsvDataset: there is no column \"mass\" for features in " + columns).c_str(),
       opened({.label = "species", .features = {"mass"}})},
      {"ValueError: CsvDataset: the label \"width\" is among the features",
       opened({.label = "width", .features = {"length", "width"}})},
      {"ValueError: CsvDataset: the feature \"width\" is given twice",
       opened({.label = "species", .features = {"width", "width"}})},
      {"ValueError: CsvDataset: the class \"a\" is given twice", opened({.label = "species", .classes = {"a", "a"}})},
      {"ValueError: CsvDataset: classes are given, but a regression has none",
       opened({.label = "width", .classes = {"a"}, .regression = true})},
      {"ValueError: CsvDataset: a quote, a line break, a NUL byte and what numbers are made of cannot be the delimiter",
       opened({.label = "species", .delimiter = '"'})},
      {"ValueError: CsvDataset: a quote, a line break, a NUL byte and what numbers are made of cannot be the delimiter",
       opened({.label = "species", .delimiter = '1'})},
      {("FileError: CsvDataset: \"" + dir.string() + "\" is a directory, not a file").c_str(),
       [&dir] { CsvDataset(dir.string(), {.label = "species"}); }},
  });
}

TEST(CsvDataset, ADamagedFileIsWellFormedOrRefused) {
  const TempDir dir;
  const std::string path = dir / "file.csv";
  const auto load = [&path](const std::string& bytes) {
    testing::loads(path, bytes, [&path] {
      try {
        const CsvDataset d(path, {.label = "species"});
        EXPECT_EQ(d.targets().size(0), d.size());
        EXPECT_TRUE(d.features().isfinite().all().item<bool>());
        EXPECT_LT(d.targets().max().item<std::int64_t>(), static_cast<std::int64_t>(d.classes().size()));
      } catch (const ValueError& e) {  // the name of the label is damaged
        EXPECT_NE(std::string(e.what()).find("there is no column \"species\""), std::string::npos) << e.what();
      }
    });
  };
  const std::string whole = "x,\"species\"\r\n1.5,a\r\n-2,\"b\"\r\n";
  for (const std::string& bytes : {whole, testing::deflated(whole)}) {
    testing::for_each_truncation(bytes, load);
    testing::for_each_flipped_bit(bytes, [&load](const std::string& damaged, std::size_t) { load(damaged); });
  }
}

}  // namespace
}  // namespace xtape::data
