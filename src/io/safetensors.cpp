// Tensors are written with the largest elements first, then by name, as Python's safetensors does it: so each begins at
// a multiple of its element's size. They are read straight into their memory.
#include "xtape/io/safetensors.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/safetensors_file.hpp"
#include "io/text.hpp"
#include "kernels/half.hpp"

namespace xtape::io {

namespace {

constexpr std::size_t block = 1 << 14;  // elements that are converted at a time

// ---- metadata ----------------------------------------------------------------------------------------------------

void expect_unique_names(const std::vector<Metadata::Entry>& entries) {
  std::vector<std::string_view> names;
  for (const Metadata::Entry& entry : entries) names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) fail<ValueError>("Metadata", "\"{}\" occurs twice", *twice);
}

// ---- saving ------------------------------------------------------------------------------------------------------

constexpr char saving[] = "save_safetensors";

Stored stored_of(DType dtype, FloatFormat floats) {
  if (!is_floating(dtype) || floats == FloatFormat::as_is) return static_cast<Stored>(dtype);
  return floats == FloatFormat::float16 ? Stored::f16 : Stored::bf16;
}

/// Writes a floating tensor in 16 bits an element.
template <class T>
void write_halves(AtomicFile& file, const std::string& name, std::span<const T> x, FloatFormat floats) {
  const bool is_half = floats == FloatFormat::float16;
  std::vector<std::uint16_t> halves(block);
  std::vector<float> single(block);
  for (std::size_t first = 0; first < x.size(); first += block) {
    const std::span<const T> from = x.subspan(first, std::min(block, x.size() - first));
    const auto n = static_cast<std::int64_t>(from.size());
    std::transform(from.begin(), from.end(), single.begin(), [](T value) { return static_cast<float>(value); });
    (is_half ? kernels::to_float16 : kernels::to_bfloat16)(single.data(), n, halves.data());
    (is_half ? kernels::from_float16 : kernels::from_bfloat16)(halves.data(), n, single.data());
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!std::isinf(single[i]) || std::isinf(from[i])) continue;
      fail<ValueError>(saving, "\"{}\": element {} is {}, too large for {}", name, first + i, from[i],
                       is_half ? "float16; store bfloat16 or float32" : "bfloat16");
    }
    file.write(halves.data(), n * 2);
  }
}

}  // namespace

Metadata::Metadata(std::initializer_list<Entry> entries) : Metadata(std::vector<Entry>(entries)) {}
Metadata::Metadata(std::vector<Entry> entries) : entries_(std::move(entries)) { expect_unique_names(entries_); }

std::vector<Metadata::Entry>::const_iterator Metadata::begin() const noexcept { return entries_.begin(); }
std::vector<Metadata::Entry>::const_iterator Metadata::end() const noexcept { return entries_.end(); }

const Metadata::Entry* Metadata::find(std::string_view name) const noexcept {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [name](const Entry& e) { return e.first == name; });
  return entry == entries_.end() ? nullptr : &*entry;
}

bool Metadata::contains(std::string_view name) const noexcept { return find(name) != nullptr; }

const std::string& Metadata::at(std::string_view name) const& {
  if (const Entry* entry = find(name)) return entry->second;
  fail<IndexError>("Metadata", "there is no \"{}\"", name);
}

void Metadata::set(std::string_view name, std::string text) {
  for (Entry& entry : entries_) {
    if (entry.first == name) {
      entry.second = std::move(text);
      return;
    }
  }
  entries_.emplace_back(name, std::move(text));
}

std::vector<StoredTensor> laid_out(const char* op, const StateDict& dict, FloatFormat floats) {
  std::vector<StoredTensor> tensors;
  for (const auto& [name, tensor] : dict) {
    if (name == metadata_key) fail<ValueError>(op, "no tensor can be named \"{}\"", metadata_key);
    tensors.push_back({name, stored_of(tensor.dtype(), floats), tensor.shape()});
  }
  std::sort(tensors.begin(), tensors.end(), [](const StoredTensor& a, const StoredTensor& b) {
    const std::int64_t size_a = size_of(a.stored), size_b = size_of(b.stored);
    return size_a != size_b ? size_a > size_b : a.name < b.name;
  });
  std::int64_t end = 0;
  for (StoredTensor& t : tensors) {
    t.begin = end;
    t.end = end += t.shape.numel() * size_of(t.stored);
  }
  return tensors;
}

void save_safetensors(const std::string& path, const StateDict& dict, const Metadata& metadata,
                      SafetensorsOptions options) {
  const std::vector<StoredTensor> tensors = laid_out(saving, dict, options.floats);
  const std::string header = header_text(saving, tensors, metadata);
  AtomicFile file(saving, path);
  file.write(header.data(), static_cast<std::int64_t>(header.size()));
  for (const StoredTensor& t : tensors) {
    const Tensor& tensor = dict.at(t.name);
    if (t.stored == Stored::f16 || t.stored == Stored::bf16) {
      const Tensor x = tensor.detach();
      x.dtype() == float64 ? write_halves(file, t.name, x.span<double>(), options.floats)
                           : write_halves(file, t.name, x.span<float>(), options.floats);
    } else {
      file.write(tensor.impl()->data, t.end - t.begin);
    }
  }
  file.commit();
}

Tensor read_tensor(FileReader& file, const Header& header, const StoredTensor& t) {
  const std::string name = shown(t.name);
  const Tensor y = make_array(file, name, t.shape, dtype_of_stored(t.stored));
  if (file.offset() != header.data + t.begin) file.seek(header.data + t.begin);
  read_elements(file, name, t.stored, y);
  return y;
}

StateDict load_safetensors(const std::string& path) {
  FileReader file("load_safetensors", path);
  Header header = read_header(file);
  std::vector<NamedTensor> entries;
  entries.reserve(header.tensors.size());
  for (StoredTensor& t : header.tensors) {
    Tensor y = read_tensor(file, header, t);
    entries.push_back({std::move(t.name), std::move(y)});
  }
  return StateDict(std::move(entries));
}

Metadata safetensors_metadata(const std::string& path) {
  FileReader file("safetensors_metadata", path);
  return read_header(file).metadata;
}

}  // namespace xtape::io
