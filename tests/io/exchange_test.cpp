// Weights that PyTorch has trained (tests/exchange/exchange.py --write).
#include <regex>
#include <set>

#include "exchange/model.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

using testing::EveryModule;
using testing::source_file;

TEST(Exchange, PyTorchsWeightsGivePyTorchsLogitsAndLosses) {
  EveryModule model;
  const StateDict weights = io::load_safetensors(source_file("tests/io/files/every_module.safetensors"));
  const StateDict cases = io::load_safetensors(source_file("tests/io/files/every_module_cases.safetensors"));
  model.load_state_dict(weights);
  EXPECT_LE(testing::error_in(model, cases), 1e-6);
}

TEST(Exchange, NamesAndShapesArePyTorchs) {
  const StateDict weights = io::load_safetensors(source_file("tests/io/files/every_module.safetensors"));
  const StateDict ours = EveryModule().state_dict();
  EXPECT_EQ(weights.size(), ours.size());
  for (const auto& [name, tensor] : ours) {
    ASSERT_TRUE(weights.contains(name)) << name;
    EXPECT_EQ(weights[name].shape(), tensor.shape()) << name;
    EXPECT_EQ(weights[name].dtype(), tensor.dtype()) << name;
  }
}

/// The classes in a header of nn/ that have Parameters or Buffers, of their own or from a base in nn::detail.
std::set<std::string> layers_with_state(const std::string& header) {
  std::set<std::string> layers, bases;
  const std::string text = testing::read_file(source_file("include/xtape/nn/" + header));
  const std::regex line(
      R"((?:^|\n)(?:class XTAPE_API (\w+) : public (?:detail::)?(\w+)|  (?:Parameter|Buffer) \w+[;,]))");
  std::string name;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
    if (!(*match)[1].matched) {
      layers.insert(name);
      continue;
    }
    name = (*match)[1];
    if (const std::string base = (*match)[2]; layers.count(base) > 0) {
      layers.insert(name);
      bases.insert(base);
    }
  }
  for (const std::string& base : bases) layers.erase(base);
  return layers;
}

TEST(Exchange, TheModelHasEveryModuleWithParametersOrBuffers) {
  std::size_t found = 0;
  const std::string model = testing::read_file(source_file("tests/exchange/model.hpp"));
  for (const auto& header : std::filesystem::directory_iterator(source_file("include/xtape/nn"))) {
    for (const std::string& layer : layers_with_state(header.path().filename())) {
      EXPECT_NE(model.find("nn::" + layer + "("), std::string::npos) << layer;
      ++found;
    }
  }
  EXPECT_GE(found, 12u);
}

}  // namespace
}  // namespace xtape
