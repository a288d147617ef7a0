#include "xtape/io/npz.hpp"

#include <string_view>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/crc32.hpp"
#include "io/file.hpp"
#include "io/npy_header.hpp"
#include "io/npy_reader.hpp"
#include "io/text.hpp"
#include "io/zip.hpp"
#include "io/zip_writer.hpp"

namespace xtape::io {

namespace {

constexpr std::string_view npy_suffix = ".npy";

void expect_names(const StateDict& dict) {
  constexpr const char* op = "save_npz";
  constexpr std::size_t longest = 0xffff - npy_suffix.size();
  for (const auto& [name, tensor] : dict) {
    if (name.find('\0') != std::string::npos) fail<ValueError>(op, "the name {} has a NUL byte", shown(name));
    if (!is_utf8(name)) fail<ValueError>(op, "the name {} is not UTF-8", shown(name));
    if (name.size() > longest) {
      fail<ValueError>(op, "the name {} takes {} bytes, at most {} are allowed", shown(name), name.size(), longest);
    }
    if (!std::string_view(name).ends_with(npy_suffix)) continue;
    const std::string stem = name.substr(0, name.size() - npy_suffix.size());
    if (dict.contains(stem)) {
      fail<ValueError>(op, "NumPy would mix up {} and {}; rename one of them", shown(stem), shown(name));
    }
  }
}

/// NumPy removes ".npy" once, and takes members without it, too.
std::string name_of_member(const FileReader& file, const ZipReader& archive, const ZipEntry& entry) {
  if (std::string_view(entry.name).ends_with(npy_suffix)) {
    return entry.name.substr(0, entry.name.size() - npy_suffix.size());
  }
  if (archive.find(entry.name + std::string(npy_suffix))) {
    fail<FileError>(file.op(), "\"{}\" has two arrays named {}, one of them without .npy", file.path(),
                    shown(entry.name));
  }
  return entry.name;
}

}  // namespace

void save_npz(const std::string& path, const StateDict& dict) {
  expect_names(dict);
  AtomicFile file("save_npz", path);
  ZipWriter archive(file);
  for (const auto& [name, tensor] : dict) {
    const std::string header = npy_header_text(tensor.dtype(), tensor.shape());
    const auto header_size = static_cast<std::int64_t>(header.size());
    const std::byte* data = tensor.impl()->data;
    const std::int64_t size = tensor.numel() * itemsize(tensor.dtype());
    const std::uint32_t crc = crc32_after(crc32_after(0, header.data(), header_size), data, size);
    archive.begin_entry(name + std::string(npy_suffix), header_size + size, crc);
    archive.write(header.data(), header_size);
    archive.write(data, size);
  }
  archive.finish();
  file.commit();
}

StateDict load_npz(const std::string& path) {
  FileReader file("load_npz", path);
  const ZipReader archive(file);
  std::vector<NamedTensor> arrays;
  arrays.reserve(archive.entries().size());
  for (const ZipEntry& entry : archive.entries()) {
    std::string name = name_of_member(file, archive, entry);
    arrays.push_back({std::move(name), read_npy(*archive.open(entry))});
  }
  return StateDict(std::move(arrays));
}

}  // namespace xtape::io
