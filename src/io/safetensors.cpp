// Tensors are written with the largest elements first, then by name, as Python's safetensors does it: so each begins at
// a multiple of its element's size. They are read straight into their memory.
#include "xtape/io/safetensors.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/file.hpp"
#include "io/safetensors_header.hpp"
#include "kernels/half.hpp"

namespace xtape::io {

namespace {

using xtape::detail::make_tensor;

constexpr std::int64_t block = 1 << 14;  // elements that are converted at a time

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

/// The entries in the order of the file, with their places.
std::vector<StoredTensor> laid_out(const StateDict& dict, FloatFormat floats) {
  std::vector<StoredTensor> tensors;
  for (const auto& [name, tensor] : dict) {
    if (name == metadata_key) fail<ValueError>(saving, "no tensor can be named \"{}\"", metadata_key);
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

void expect_finite_stays_finite(const std::string& name, const float* x, const float* back, std::int64_t first,
                                std::int64_t n, FloatFormat floats) {
  for (std::int64_t i = 0; i < n; ++i) {
    if (!std::isinf(back[i]) || std::isinf(x[i])) continue;
    fail<ValueError>(saving, "\"{}\": element {} is {}, too large for {}", name, first + i, x[i],
                     floats == FloatFormat::float16 ? "float16; store bfloat16 or float32" : "bfloat16");
  }
}

/// Writes a floating tensor in 16 bits an element.
void write_halves(AtomicFile& file, const std::string& name, const Tensor& t, FloatFormat floats) {
  const Tensor x = t.detach().to(float32);
  const bool is_half = floats == FloatFormat::float16;
  std::vector<std::uint16_t> halves(block);
  std::vector<float> back(block);
  for (std::int64_t i = 0; i < x.numel(); i += block) {
    const std::int64_t n = std::min(block, x.numel() - i);
    const float* from = x.data<float>() + i;
    (is_half ? kernels::to_float16 : kernels::to_bfloat16)(from, n, halves.data());
    (is_half ? kernels::from_float16 : kernels::from_bfloat16)(halves.data(), n, back.data());
    expect_finite_stays_finite(name, from, back.data(), i, n, floats);
    file.write(halves.data(), n * 2);
  }
}

// ---- loading -----------------------------------------------------------------------------------------------------

Tensor make_stored(const FileReader& file, const StoredTensor& t) {
  try {
    return make_tensor(t.shape, dtype_of_stored(t.stored));
  } catch (const ValueError&) {
    fail<FileError>(file.op(), "\"{}\": there is no memory for \"{}\" of shape {}", file.path(), t.name, t.shape);
  }
}

void read_halves(FileReader& file, const StoredTensor& t, float* to) {
  std::vector<std::uint16_t> halves(block);
  for (std::int64_t left = t.shape.numel(); left > 0; left -= block) {
    const std::int64_t n = std::min(block, left);
    file.read(halves.data(), n * 2, "the data");
    (t.stored == Stored::f16 ? kernels::from_float16 : kernels::from_bfloat16)(halves.data(), n, to);
    to += n;
  }
}

void read_truths(FileReader& file, const StoredTensor& t, std::byte* to) {
  const std::int64_t first = file.offset(), n = t.end - t.begin;
  file.read(to, n, "the data");
  const std::byte* wrong = std::find_if(to, to + n, [](std::byte b) { return b > std::byte{1}; });
  if (wrong == to + n) return;
  fail<FileError>(file.op(), "\"{}\": byte {} is {}, a BOOL of \"{}\" is 0 or 1", file.path(), first + (wrong - to),
                  static_cast<int>(*wrong), t.name);
}

Tensor read_tensor(FileReader& file, const Header& header, const StoredTensor& t) {
  const Tensor y = make_stored(file, t);
  if (file.offset() != header.data + t.begin) file.seek(header.data + t.begin);
  if (t.stored == Stored::f16 || t.stored == Stored::bf16) {
    read_halves(file, t, xtape::detail::elements<float>(y));
  } else if (t.stored == Stored::boolean) {
    read_truths(file, t, y.impl()->data);
  } else {
    file.read(y.impl()->data, t.end - t.begin, "the data");
  }
  return y;
}

}  // namespace

Metadata::Metadata(std::initializer_list<Entry> entries) : Metadata(std::vector<Entry>(entries)) {}
Metadata::Metadata(std::vector<Entry> entries) : entries_(std::move(entries)) { expect_unique_names(entries_); }

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

void save_safetensors(const std::string& path, const StateDict& dict, const Metadata& metadata,
                      SafetensorsOptions options) {
  const std::vector<StoredTensor> tensors = laid_out(dict, options.floats);
  const std::string header = header_text(saving, tensors, metadata);
  AtomicFile file(saving, path);
  file.write(header.data(), static_cast<std::int64_t>(header.size()));
  for (const StoredTensor& t : tensors) {
    const Tensor& tensor = dict.at(t.name);
    if (t.stored == Stored::f16 || t.stored == Stored::bf16) {
      write_halves(file, t.name, tensor, options.floats);
    } else {
      file.write(tensor.impl()->data, t.end - t.begin);
    }
  }
  file.commit();
}

StateDict load_safetensors(const std::string& path) {
  FileReader file("load_safetensors", path);
  Header header = read_header(file);
  StateDict dict;
  for (StoredTensor& t : header.tensors) {
    Tensor y = read_tensor(file, header, t);
    dict.insert(std::move(t.name), std::move(y));
  }
  return dict;
}

Metadata safetensors_metadata(const std::string& path) {
  FileReader file("safetensors_metadata", path);
  return read_header(file).metadata;
}

}  // namespace xtape::io
