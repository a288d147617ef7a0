// Weights that PyTorch has trained (tests/exchange/exchange.py --write).
#include <regex>
#include <set>

#include "exchange/model.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

using testing::EveryLayer;
using testing::source_file;

TEST(Exchange, PyTorchsWeightsGivePyTorchsLogits) {
  EveryLayer model;
  const StateDict weights = io::load_safetensors(source_file("tests/io/files/every_layer.safetensors"));
  const StateDict cases = io::load_safetensors(source_file("tests/io/files/every_layer_cases.safetensors"));
  model.load_state_dict(weights);
  model.eval();
  const double error = testing::relative_error(model(cases["words"], cases["x"]), cases["logits"]);
  EXPECT_LE(error, 1e-6);
}

TEST(Exchange, NamesAndShapesArePyTorchs) {
  const StateDict weights = io::load_safetensors(source_file("tests/io/files/every_layer.safetensors"));
  const StateDict ours = EveryLayer().state_dict();
  EXPECT_EQ(weights.size(), ours.size());
  for (const auto& [name, tensor] : ours) {
    ASSERT_TRUE(weights.contains(name)) << name;
    EXPECT_EQ(weights[name].shape(), tensor.shape()) << name;
    EXPECT_EQ(weights[name].dtype(), tensor.dtype()) << name;
  }
}

/// The classes in a header of nn/ that have Parameters or Buffers.
std::set<std::string> layers_with_state(const std::string& header) {
  std::set<std::string> layers;
  const std::string text = testing::read_file(source_file("include/xtape/nn/" + header));
  const std::regex line(R"((?:^|\n)(?:class XTAPE_API (\w+) : public Module|  (?:Parameter|Buffer) \w+[;,]))");
  std::string name;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
    if ((*match)[1].matched) {
      name = (*match)[1];
    } else {
      layers.insert(name);
    }
  }
  return layers;
}

TEST(Exchange, TheModelHasEveryLayerWithParametersOrBuffers) {
  std::size_t found = 0;
  const std::string model = testing::read_file(source_file("tests/exchange/model.hpp"));
  for (const auto& header : std::filesystem::directory_iterator(source_file("include/xtape/nn"))) {
    for (const std::string& layer : layers_with_state(header.path().filename())) {
      EXPECT_NE(model.find("nn::" + layer + "("), std::string::npos) << layer;
      ++found;
    }
  }
  EXPECT_GE(found, 4u);
}

}  // namespace
}  // namespace xtape
