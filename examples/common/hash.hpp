// FNV-1a over the bytes of tensors: equal weights, or equal data, have equal hashes.
#pragma once

#include <cstdint>
#include <string_view>
#include <xtape/xtape.hpp>

class Hash {
 public:
  Hash& add(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return *this;
  }
  /// The values of a tensor of dtype float32, int64 or uint8.
  Hash& add(const xtape::Tensor& t) {
    if (t.dtype() == xtape::float32) return add_values(t.span<float>());
    if (t.dtype() == xtape::int64) return add_values(t.span<std::int64_t>());
    return add_values(t.span<std::uint8_t>());
  }
  std::uint64_t value() const { return value_; }

 private:
  template <class Span>
  Hash& add_values(Span values) {
    return add(std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes()));
  }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

inline std::uint64_t hash_of(const xtape::nn::Module& model) {
  Hash hash;
  for (const xtape::Tensor& p : model.parameters()) hash.add(p);
  return hash.value();
}
