#include "mnist/model_file.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_errors;
using testing::TempDir;

/// A model of pictures of 2 x 3 with four hidden units and two classes.
Description described() { return {{"shirt", "shoe"}, {1, 2, 3}, {{0.25}, {0.5}}, {"mlp", 4, 0.5}, "hidden = 4\n"}; }

StateDict weights_for(const Description& d) {
  manual_seed(0);
  return make_model(d.architecture, d.input, static_cast<std::int64_t>(d.classes.size())).state_dict();
}

void save(const std::string& path, const Description& d) { io::save_safetensors(path, weights_for(d), metadata_of(d)); }

TEST(ModelFile, GivesBackWhatWasDescribed) {
  const TempDir dir;
  save(dir / "m", described());
  const Model m = load_model(dir / "m");
  const Description &d = m.description, expected = described();
  EXPECT_EQ(m.path, dir / "m");
  EXPECT_EQ(d.classes, expected.classes);
  EXPECT_EQ(d.input, expected.input);
  EXPECT_EQ(d.normalization.mean, expected.normalization.mean);
  EXPECT_EQ(d.normalization.std, expected.normalization.std);
  EXPECT_EQ(d.architecture.model, "mlp");
  EXPECT_EQ(d.architecture.hidden, 4);
  EXPECT_EQ(d.architecture.dropout, 0.5);
  EXPECT_EQ(d.configuration, "hidden = 4\n");
  for (const auto& [name, tensor] : weights_for(expected)) EXPECT_TRUE(equal(m.net.state_dict()[name], tensor)) << name;
}

TEST(ModelFile, GivesBackALinearModel) {
  const TempDir dir;
  Description d = described();
  d.architecture = {"linear", 0, 0};
  save(dir / "m", d);
  const Model m = load_model(dir / "m");
  EXPECT_EQ(m.description.architecture.model, "linear");
  EXPECT_EQ(m.net.size(), 2);
}

TEST(ModelFile, GivesBackAConvolutionalModel) {
  const TempDir dir;
  Description d = described();
  d.input = {3, 9, 8};
  d.normalization = {{0, 0, 0}, {1, 1, 1}};
  d.architecture = {"cnn", 0, 0.25};
  save(dir / "m", d);
  const Model m = load_model(dir / "m");
  EXPECT_EQ(m.description.architecture.model, "cnn");
  EXPECT_EQ(m.description.architecture.dropout, 0.25);
  for (const auto& [name, tensor] : weights_for(d)) EXPECT_TRUE(equal(m.net.state_dict()[name], tensor)) << name;
}

TEST(Architecture, KnowsTheStateOfEachModelBeforeItIsMade) {
  for (const char* model : model_names) {
    const Architecture a{model, 5, 0.5};
    const StateDict state = make_model(a, {3, 9, 8}, 4).state_dict();
    const std::vector<StateShape> shapes = state_shapes(a, {3, 9, 8}, 4);
    ASSERT_EQ(static_cast<std::size_t>(state.size()), shapes.size()) << model;
    std::size_t i = 0;
    for (const auto& [name, tensor] : state) {
      EXPECT_EQ(name, shapes[i].name);
      EXPECT_EQ(tensor.shape(), shapes[i].shape) << name;
      EXPECT_EQ(tensor.dtype(), shapes[i].is_count ? int64 : float32) << name;
      ++i;
    }
  }
}

TEST(ModelFile, IsFoundInTheDirectoryOfARun) {
  const TempDir dir;
  save(dir / "best.safetensors", described());
  EXPECT_EQ(load_model(dir.string()).path, dir / "best.safetensors");
}

TEST(ModelFile, HoldsTextsThatOtherProgramsCanRead) {
  const io::Metadata m = metadata_of(described());
  EXPECT_EQ(m.at("xtape-mnist"), "1");
  EXPECT_EQ(m.at("classes"), R"(["shirt","shoe"])");
  EXPECT_EQ(m.at("input_shape"), "[1,2,3]");
  EXPECT_EQ(m.at("normalization"), R"({"mean":[0.25],"std":[0.5]})");
  EXPECT_EQ(m.at("architecture"), R"({"dropout":0.5,"hidden":4,"model":"mlp"})");
  EXPECT_EQ(m.at("configuration"), "hidden = 4\n");
}

TEST(ModelFile, KeepsNamesOfClassesAsTheyAre) {
  const TempDir dir;
  Description d = described();
  d.classes = {"a \"b\" \\ c", "\xc3\xa9t\xc3\xa9 & <b>"};
  save(dir / "m", d);
  EXPECT_EQ(load_model(dir / "m").description.classes, d.classes);
}

TEST(ModelFile, IsInEvaluationMode) {
  const TempDir dir;
  save(dir / "m", described());
  EXPECT_FALSE(load_model(dir / "m").net.is_training());
}

TEST(ModelFile, NormalizesWhatTheModelSees) {
  const TempDir dir;
  save(dir / "m", described());
  const Tensor images = tensor({0, 51, 102, 153, 204, 255}, {.dtype = uint8}).reshape({1, 1, 2, 3});
  const data::ImageDataset plain(images, zeros({1}, {.dtype = int64}), {"x"});
  expect_close(load_model(dir / "m").input(plain)[0].x, {-0.5, -0.1, 0.3, 0.7, 1.1, 1.5}, 1e-6);
}

TEST(ModelFile, GivesProbabilitiesOfPictures) {
  const TempDir dir;
  save(dir / "m", described());
  const Model m = load_model(dir / "m");
  const Tensor images = tensor({0, 51, 102, 153, 204, 255}, {.dtype = uint8}).reshape({1, 1, 2, 3});
  const Tensor many = cat(std::vector<Tensor>(1001, images), 0), p = m.probabilities(many);
  EXPECT_EQ(p.shape(), (Shape{1001, 2}));
  NoGradGuard no_grad;
  const Tensor x = ((images.to(float32) / 255) - 0.25) / 0.5, expected = m.net(x).softmax(1);
  for (const std::int64_t i : {0, 999, 1000}) expect_close(p[i], expected[0].to(float64).to_vector<double>(), 1e-6);
  EXPECT_EQ(m.probabilities(many.narrow(0, 0, 0)).shape(), (Shape{0, 2}));
}

TEST(ModelFile, SaysWhatIsMissingWhereThereAreOnlyWeights) {
  const TempDir dir;
  io::save_safetensors(dir / "w", weights_for(described()), {{"format", "pt"}});
  const std::string w = dir / "w";
  const std::string only_weights = "FileError: MODEL: \"" + w +
                                   "\" has weights, but its metadata has no \"xtape-mnist\", which describes their "
                                   "model; to add it: xtape-mnist train --load \"" +
                                   w +
                                   "\" --epochs 0 --save NEW, with the --data, --model and --hidden of its training";
  io::save_safetensors(dir / "last", {}, {{"xtape_checkpoint", "1"}});
  const std::string checkpoint = "FileError: MODEL: \"" + dir / "last" +
                                 "\" is what train --resume continues, no model; use the best.safetensors beside "
                                 "it, once there is one";
  const std::string no_best = "FileError: MODEL: the directory \"" + dir.string() +
                              "\" has no best.safetensors, which a run writes when its first epoch ends";
  const std::string nothing =
      "FileError: MODEL: there is no \"" + dir / "none" + "\"; pass a file of weights or the directory of a run";
  expect_errors({{only_weights.c_str(), [&w] { load_model(w); }},
                 {checkpoint.c_str(), [&dir] { load_model(dir / "last"); }},
                 {no_best.c_str(), [&dir] { load_model(dir.string()); }},
                 {nothing.c_str(), [&dir] { load_model(dir / "none"); }}});
}

// ---- metadata that lies ------------------------------------------------------------------------------------------

struct Lie {
  const char *name, *text;  // of the metadata
  const char* what;         // the error, behind the path
};

// clang-format off
const std::vector<Lie> lies = {
    {"xtape-mnist", "2", "its format is version \"2\", this program reads version 1"},
    {"xtape-mnist", "", "its format is version \"\", this program reads version 1"},
    {"xtape-mnist", "\x1b[2J\n", "its format is version \"\\u001b[2J\\n\", this program reads version 1"},
    {"classes", "", "the metadata \"classes\" is not JSON"},
    {"classes", "shirt,shoe", "the metadata \"classes\" is not JSON"},
    {"classes", "[\"shirt\", \"shoe\"", "the metadata \"classes\" is not JSON"},
    {"classes", "{}", "the metadata \"classes\" is not a list of names"},
    {"classes", "\"shirt\"", "the metadata \"classes\" is not a list of names"},
    {"classes", "[1, 2]", "the metadata \"classes\" is not a list of names"},
    {"classes", "[\"shirt\", null]", "the metadata \"classes\" is not a list of names"},
    {"classes", "[]", "it names no classes"},
    {"classes", "[\"shirt\", \"\"]", "the name of class 1 is empty"},
    {"classes", "[\"shirt\", \"a\\nb\"]", "the name of class 1 has a control character"},
    {"classes", "[\"\\u001b[2J\", \"shoe\"]", "the name of class 0 has a control character"},
    {"classes", "[\"\\u009b2J\", \"shoe\"]", "the name of class 0 has a control character"},
    {"classes", "[\"a\\u0000b\", \"shoe\"]", "the name of class 0 has a control character"},
    {"classes", "[\"\\ud800\", \"shoe\"]", "the metadata \"classes\" is not JSON"},
    {"classes", "[\"shirt\"]", "it names 1 classes, but its last layer has 2 outputs"},
    {"classes", "[\"a\", \"b\", \"c\"]", "it names 3 classes, but its last layer has 2 outputs"},
    {"input_shape", "1,2,3", "the metadata \"input_shape\" is not JSON"},
    {"input_shape", "6", "the metadata \"input_shape\" is not a list of three extents"},
    {"input_shape", "[1, 2.0, 3]", "the metadata \"input_shape\" is not a list of three extents"},
    {"input_shape", "[1,1,1,1,1,1,1,1,1]", "the metadata \"input_shape\" is not a list of three extents"},
    {"input_shape", "[]", "its pictures have shape (), expected channels, height and width, each in [1, 4096]"},
    {"input_shape", "[2, 3]", "its pictures have shape (2, 3), expected channels, height and width, each in [1, 4096]"},
    {"input_shape", "[1, 0, 3]", "its pictures have shape (1, 0, 3), expected channels, height and width, each in [1, 4096]"},
    {"input_shape", "[1, -2, -3]", "its pictures have shape (1, -2, -3), expected channels, height and width, each in [1, 4096]"},
    {"input_shape", "[1, 4097, 1]", "its pictures have shape (1, 4097, 1), expected channels, height and width, each in [1, 4096]"},
    {"input_shape", "[1, 18446744073709551615, 1]", "its metadata has 18446744073709551615, which is too large"},
    {"input_shape", "[1, 3, 3]", "\"1.weight\" has shape (4, 6), the model that it describes (4, 9)"},
    {"input_shape", "[1, 4096, 4096]", "\"1.weight\" has shape (4, 6), the model that it describes (4, 16777216)"},
    {"normalization", "x", "the metadata \"normalization\" is not JSON"},
    {"normalization", "{}", "the metadata \"normalization\" has no list of numbers \"mean\""},
    {"normalization", "[0, 1]", "the metadata \"normalization\" has no list of numbers \"mean\""},
    {"normalization", R"({"mean": 0, "std": 1})", "the metadata \"normalization\" has no list of numbers \"mean\""},
    {"normalization", R"({"mean": ["0"], "std": [1]})", "the metadata \"normalization\" has no list of numbers \"mean\""},
    {"normalization", R"({"mean": [0]})", "the metadata \"normalization\" has no list of numbers \"std\""},
    {"normalization", R"({"mean": [0, 0], "std": [1]})", "its normalization has a mean of 2 numbers for 1 channels"},
    {"normalization", R"({"mean": [0], "std": []})", "its normalization has a std of 0 numbers for 1 channels"},
    {"normalization", R"({"mean": [0], "std": [0]})", "its normalization has a std of 0, expected a finite number above 0"},
    {"normalization", R"({"mean": [0], "std": [1e-308]})", "its normalization has a std of 1e-308, expected 1e-06 to 1000000"},
    {"normalization", R"({"mean": [1e300], "std": [1]})", "its normalization has a mean of 1e+300, expected at most 1000000"},
    {"classes", "[\"shirt\", \"\u202e\"]", "the name of class 1 has a control character"},
    {"normalization", R"({"mean": [0], "std": [-1]})", "its normalization has a std of -1, expected a finite number above 0"},
    {"normalization", R"({"mean": [1e999], "std": [1]})", "the metadata \"normalization\" is not JSON"},
    {"architecture", "mlp", "the metadata \"architecture\" is not JSON"},
    {"architecture", "[]", "the metadata \"architecture\" has no \"model\""},
    {"architecture", "{}", "the metadata \"architecture\" has no \"model\""},
    {"architecture", R"({"model": 1})", "the metadata \"architecture\" has a \"model\" that is not a string"},
    {"architecture", R"({"model": "rnn"})", "its model is \"rnn\", expected linear, mlp or cnn"},
    {"architecture", R"({"model": "cnn", "dropout": 0.5})", "its pictures are 2 x 3, a cnn needs at least 4 x 4"},
    {"architecture", R"({"model": "mlp"})", "the metadata \"architecture\" has no \"hidden\""},
    {"architecture", R"({"model": "mlp", "hidden": 4})", "the metadata \"architecture\" has no \"dropout\""},
    {"architecture", R"({"model": "mlp", "hidden": 4.0, "dropout": 0})", "the metadata \"architecture\" has a \"hidden\" that is not a whole number"},
    {"architecture", R"({"model": "mlp", "hidden": 4, "dropout": "0"})", "the metadata \"architecture\" has a \"dropout\" that is not a number"},
    {"architecture", R"({"model": "mlp", "hidden": 1000000000, "dropout": 0})", "its hidden layer has 1000000000 units, expected 1 to 65536"},
    {"architecture", R"({"model": "mlp", "hidden": 0, "dropout": 0})", "its hidden layer has 0 units, expected 1 to 65536"},
    {"architecture", R"({"model": "mlp", "hidden": 4, "dropout": 1.5})", "its dropout is 1.5, expected a number in [0, 1]"},
    {"architecture", R"({"model": "mlp", "hidden": 5, "dropout": 0})", "\"1.weight\" has shape (4, 6), the model that it describes (5, 6)"},
    {"architecture", R"({"model": "mlp", "hidden": 65536, "dropout": 0})", "\"1.weight\" has shape (4, 6), the model that it describes (65536, 6)"},
    {"architecture", R"({"model": "linear"})", "it names 2 classes, but its last layer has 4 outputs"},
};
// clang-format on

TEST(ModelFile, IsRefusedWithTheReasonIfItsMetadataLies) {
  const TempDir dir;
  for (const Lie& lie : lies) {
    io::Metadata metadata = metadata_of(described());
    metadata.set(lie.name, lie.text);
    io::save_safetensors(dir / "m", weights_for(described()), metadata);
    const std::string error = "FileError: MODEL: \"" + dir / "m" + "\": " + lie.what;
    expect_errors({{error.c_str(), [&dir] { load_model(dir / "m"); }}});
  }
}

TEST(ModelFile, IsRefusedIfATextIsMissing) {
  const TempDir dir;
  for (const char* missing : {"classes", "input_shape", "normalization", "architecture", "configuration"}) {
    std::vector<io::Metadata::Entry> entries;
    for (const io::Metadata::Entry& entry : metadata_of(described())) {
      if (entry.first != missing) entries.push_back(entry);
    }
    io::save_safetensors(dir / "m", weights_for(described()), io::Metadata(entries));
    const std::string error = "FileError: MODEL: \"" + dir / "m" + "\": its metadata has no \"" + missing + '"';
    expect_errors({{error.c_str(), [&dir] { load_model(dir / "m"); }}});
  }
}

TEST(ModelFile, IsRefusedWithTheReasonIfItsTensorsDoNotFit) {
  const TempDir dir;
  const auto changed = [](const std::string& name, const Tensor& t) {
    StateDict weights = clone(weights_for(described()));
    weights.set(name, t);
    return weights;
  };
  StateDict without_bias;
  for (const auto& [name, tensor] : weights_for(described())) {
    if (name != "4.bias") without_bias.insert(name, tensor);
  }
  const float nan = std::nanf("");
  const std::vector<std::pair<StateDict, const char*>> cases = {
      {without_bias, "it has no tensor \"4.bias\""},
      {StateDict(), "it has no tensor \"1.weight\""},
      {changed("7.weight", zeros({1})), "it has a tensor \"7.weight\" that is not the model's"},
      {changed("\n\x1b", zeros({1})), "it has a tensor \"\\n\\u001b\" that is not the model's"},
      {changed("1.bias", zeros({5})), "\"1.bias\" has shape (5), the model that it describes (4)"},
      {changed("1.bias", zeros({4, 1})), "\"1.bias\" has shape (4, 1), the model that it describes (4)"},
      {changed("4.weight", zeros({2})), "\"4.weight\" has shape (2), the model that it describes (2, 4)"},
      {changed("4.weight", zeros({2, 5})), "\"4.weight\" has shape (2, 5), the model that it describes (2, 4)"},
      {changed("4.weight", zeros({0, 4})), "it names 2 classes, but its last layer has 0 outputs"},
      {changed("1.bias", zeros({4}, {.dtype = int64})), "\"1.bias\" is int64, expected float32"},
      {changed("4.bias", tensor({0.f, nan})), "\"4.bias\" has a value that is NaN or infinite"},
      {changed("4.bias", tensor({0., 1e300}, {.dtype = float64})), "\"4.bias\" has a value that is NaN or infinite"},
  };
  for (const auto& entry : cases) {
    io::save_safetensors(dir / "m", entry.first, metadata_of(described()));
    const std::string error = "FileError: MODEL: \"" + dir / "m" + "\": " + entry.second;
    expect_errors({{error.c_str(), [&dir] { load_model(dir / "m"); }}});
  }
}

TEST(ModelFile, IsNotReadIfItIsTooLargeForItsModel) {
  const TempDir dir;
  const std::string header = [&dir] {  // of a tensor that takes a terabyte
    io::save_safetensors(dir / "small", {}, metadata_of(described()));
    const std::string file = testing::read_file(dir / "small");
    const std::size_t end = file.find("\"}}");
    return file.substr(8, end + 2 - 8) +
           R"(,"1.weight":{"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]}})";
  }();
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  testing::write_file(dir / "m", length + header);
  const std::uintmax_t size = 8 + header.size() + 1'000'000'000'000;
  std::filesystem::resize_file(dir / "m", size);  // sparse
  const std::string error = "FileError: MODEL: \"" + dir / "m" + "\": it has " + std::to_string(size) +
                            " bytes, more than the model that it describes";
  expect_errors({{error.c_str(), [&dir] { load_model(dir / "m"); }}});
}

TEST(ModelFile, CannotBeWrittenForWhatCouldNotBeRead) {
  const auto with = [](auto change) {
    Description d = described();
    change(d);
    return [d] { metadata_of(d); };
  };
  expect_errors({
      {"ValueError: model: cannot be described in its file: it names no classes",
       with([](Description& d) { d.classes = {}; })},
      {"ValueError: model: cannot be described in its file: the name of class 1 has a control character",
       with([](Description& d) { d.classes[1] = "a\tb"; })},
      {"ValueError: model: cannot be described in its file: the name of class 0 is not UTF-8",
       with([](Description& d) { d.classes[0] = "\xff"; })},
      {"ValueError: model: cannot be described in its file: its hidden layer has 65537 units, expected 1 to 65536",
       with([](Description& d) { d.architecture.hidden = 65537; })},
      {"ValueError: model: cannot be described in its file: its normalization has a std of nan, expected a finite "
       "number above 0",
       with([](Description& d) { d.normalization.std = {std::nan("")}; })},
  });
}

TEST(ModelFile, LoadsOrIsRefusedWhateverItsDamage) {
  const TempDir dir;
  Description d = described();
  d.architecture = {"linear", 0, 0};
  save(dir / "m", d);
  const std::string bytes = testing::read_file(dir / "m");
  const auto loads = [&dir](const std::string& damaged) {
    return testing::loads(dir / "m", damaged, [&dir] { load_model(dir / "m"); });
  };
  EXPECT_TRUE(loads(bytes));
  testing::for_each_truncation(bytes, [&](const std::string& damaged) { EXPECT_FALSE(loads(damaged)); });
  testing::for_each_flipped_bit(bytes, [&](const std::string& damaged, std::size_t) { loads(damaged); });
}

}  // namespace
}  // namespace xtape
