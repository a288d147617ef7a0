// Random tensors, names and texts survive save_safetensors and load_safetensors, bit for bit. What is stored in 16 bits
// loads to the same bits once it was rounded.
#include "fuzz/random_tensor.hpp"

using namespace xtape;

namespace {

/// By RFC 3629.
bool is_utf8(const std::string& text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = at + text.size();
  while (at != end) {
    const unsigned first = *at++;
    const int more = first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : 3;
    if (more == 3 && (first < 0xf0 || first > 0xf4)) return false;
    for (int i = 0; i < more; ++i, ++at) {
      unsigned least = 0x80, most = 0xbf;
      if (i == 0 && first == 0xe0) least = 0xa0;  // longer than need be
      if (i == 0 && first == 0xed) most = 0x9f;   // a surrogate
      if (i == 0 && first == 0xf0) least = 0x90;  // longer than need be
      if (i == 0 && first == 0xf4) most = 0x8f;   // beyond U+10FFFF
      if (at == end || *at < least || *at > most) return false;
    }
  }
  return true;
}

struct Content {
  StateDict tensors;
  io::Metadata texts;

  /// Every name and text is UTF-8, and no tensor has the name that the format keeps.
  bool can_be_saved() const {
    bool can = !tensors.contains("__metadata__");
    for (const auto& [name, text] : texts) can = can && is_utf8(name) && is_utf8(text);
    for (const auto& [name, tensor] : tensors) can = can && is_utf8(name);
    return can;
  }
};

Content random_content(FuzzedDataProvider& random) {
  Content content;
  for (int left = random.ConsumeIntegralInRange(0, 3); left > 0; --left) {
    const std::string name = random.ConsumeRandomLengthString(12);
    content.texts.set(name, random.ConsumeRandomLengthString(12));
  }
  for (int left = random.ConsumeIntegralInRange(0, 5); left > 0; --left) {
    const std::string name = random.ConsumeRandomLengthString(12);
    content.tensors.set(name, fuzz::random_tensor(random));
  }
  return content;
}

/// Saved and loaded.
StateDict round_trip(const StateDict& tensors, const io::Metadata& texts, io::FloatFormat floats) {
  const std::string path = fuzz::directory() + "/x";
  io::save_safetensors(path, tensors, texts, {.floats = floats});
  const io::Metadata loaded = io::safetensors_metadata(path);
  fuzz::expect(loaded.size() == texts.size(), "as many texts");
  for (const auto& [name, text] : texts) fuzz::expect(loaded.at(name) == text, "the same text");
  return io::load_safetensors(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider random(data, size);
  const io::FloatFormat floats =
      random.PickValueInArray({io::FloatFormat::as_is, io::FloatFormat::float16, io::FloatFormat::bfloat16});
  const Content content = random_content(random);
  StateDict loaded;
  try {
    loaded = round_trip(content.tensors, content.texts, floats);
  } catch (const ValueError&) {
    fuzz::expect(!content.can_be_saved() || floats != io::FloatFormat::as_is, "what can be saved is");
    return 0;
  }
  fuzz::expect(content.can_be_saved(), "names and texts that are not UTF-8 are refused");
  if (floats == io::FloatFormat::as_is) {
    fuzz::expect_equal_bits(content.tensors, loaded);
  } else {
    fuzz::expect_equal_bits(loaded, round_trip(loaded, content.texts, floats));
  }
  return 0;
}
