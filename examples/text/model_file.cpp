#include "model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "tokens.hpp"

using namespace xtape;

namespace {

constexpr char format_version[] = "2";
constexpr std::int64_t longest = 4096;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// 0 for what is no length.
std::int64_t length_in(const std::string& text) {
  std::int64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() && length <= longest ? length : 0;
}

Description description_in(const std::string& path, const io::Metadata& metadata) {
  for (const char* name : {"xtape-text", "classes", "vocabulary", "length"}) {
    if (metadata.contains(name)) continue;
    throw FileError("model", fmt::format("\"{}\" is no model of xtape-text: its metadata has no \"{}\"", path, name));
  }
  if (const std::string& version = metadata.at("xtape-text"); version != format_version) {
    throw FileError(
        "model", fmt::format("\"{}\" is of version {}, expected {}; train it again?", path, version, format_version));
  }
  Description d{lines_of(metadata.at("classes")), {}, length_in(metadata.at("length"))};
  if (d.length < 1) throw FileError("model", fmt::format("\"{}\": its length is not in [1, {}]", path, longest));
  try {
    d.vocabulary = data::Vocabulary::from_text(metadata.at("vocabulary"));
  } catch (const FileError& e) {
    throw FileError("model", fmt::format("\"{}\": {}", path, e.what()));
  }
  return d;
}

/// The file may hold anything: its shapes are compared with its description before a net is made.
void check_weights(const std::string& path, const StateDict& weights, const Description& d) {
  const auto tokens = d.vocabulary.size(), classes = static_cast<std::int64_t>(d.classes.size());
  const bool has_table = weights.contains("0.weight") && weights["0.weight"].dim() == 2;
  const std::int64_t dim = has_table ? weights["0.weight"].size(1) : 0;
  const std::pair<const char*, Shape> expected[] = {
      {"0.weight", {tokens, dim}}, {"1.weight", {classes, dim}}, {"1.bias", {classes}}};
  for (const auto& [name, shape] : expected) {
    if (!weights.contains(name) || weights[name].shape() != shape || weights[name].dtype() != float32) {
      throw FileError("model", fmt::format("\"{}\": \"{}\" is not float32 {}, which {} tokens and {} classes need",
                                           path, name, shape.to_string(), tokens, classes));
    }
    if (!isfinite(weights[name]).all().item<bool>()) {
      throw FileError("model", fmt::format("\"{}\": \"{}\" has a value that is NaN or infinite", path, name));
    }
  }
}

}  // namespace

nn::Sequential make_net(std::int64_t tokens, std::int64_t dim, std::int64_t classes) {
  nn::Sequential net;
  net.append(nn::EmbeddingBag(tokens, dim, {.mode = nn::BagMode::mean, .padding_idx = data::Vocabulary::padding}));
  net.append(nn::Linear(dim, classes));
  return net;
}

Tensor Model::probabilities(const std::string& text) const {
  NoGradGuard no_grad;
  const data::Vocabulary& v = description.vocabulary;
  const Tensor x = v.encode(tokens_of(text, v), description.length);
  return net(x.unsqueeze(0)).softmax(1)[0];
}

io::Metadata metadata_of(const Description& d) {
  return {{"xtape-text", format_version},
          {"classes", fmt::format("{}\n", fmt::join(d.classes, "\n"))},
          {"vocabulary", d.vocabulary.to_text()},
          {"length", std::to_string(d.length)}};
}

Model load_model(const std::string& path) {
  Description d = description_in(path, io::safetensors_metadata(path));
  const StateDict weights = io::load_safetensors(path);
  check_weights(path, weights, d);
  const std::int64_t dim = weights["0.weight"].size(1);
  nn::Sequential net = make_net(d.vocabulary.size(), dim, static_cast<std::int64_t>(d.classes.size()));
  net.load_state_dict(weights);
  net.eval();
  return {std::move(d), net};
}
