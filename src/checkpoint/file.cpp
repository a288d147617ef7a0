#include "checkpoint/file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/file.hpp"
#include "io/safetensors_file.hpp"

namespace xtape::checkpoint {

namespace {

using io::FileReader;
using io::shown;
using io::StoredTensor;

constexpr char checksum_name[] = "checksum", version_name[] = "xtape_checkpoint", version[] = "1";
constexpr std::string_view part_prefix = "part.", text_prefix = "text.";

// ---- checksum ----------------------------------------------------------------------------------------------------

constexpr std::string_view blank = "00000000";
/// Where the checksum's digits begin in the file, if it is a checkpoint.
constexpr std::int64_t digits_at = 8 + std::string_view("{\"__metadata__\":{\"checksum\":\"").size();
constexpr std::int64_t digits_end = digits_at + static_cast<std::int64_t>(blank.size());

/// Of a file's bytes, which are added from the first to the last.
class Checksum {
 public:
  void add(const void* from, std::int64_t n) noexcept {
    const auto* const bytes = static_cast<const unsigned char*>(from);
    const std::int64_t begin = std::clamp<std::int64_t>(digits_at - offset_, 0, n),
                       end = std::clamp<std::int64_t>(digits_end - offset_, 0, n);
    add_bytes(bytes, begin);
    add_bytes(reinterpret_cast<const unsigned char*>(blank.data()), end - begin);
    add_bytes(bytes + end, n - end);
    offset_ += n;
  }
  std::string digits() const { return fmt::format("{:08x}", value_); }

 private:
  void add_bytes(const unsigned char* bytes, std::int64_t n) noexcept {
    if (n > 0) value_ = crc32_z(value_, bytes, static_cast<std::size_t>(n));  // without bytes it would begin anew
  }

  uLong value_ = crc32_z(0, nullptr, 0);
  std::int64_t offset_ = 0;
};

/// A file that is read from its start to its end, and its checksum.
class SummedReader final : public FileReader {
 public:
  using FileReader::FileReader;
  std::string digits() const { return checksum_.digits(); }

 private:
  std::int64_t do_read(void* to, std::int64_t n) override {
    const std::int64_t got = FileReader::do_read(to, n);
    checksum_.add(to, got);
    return got;
  }

  Checksum checksum_;
};

// ---- reading -----------------------------------------------------------------------------------------------------

void check_version(const FileReader& file, const io::Metadata& texts) {
  if (!texts.contains(version_name))
    fail<FileError>(op, "\"{}\" is no checkpoint; load_safetensors reads it", file.path());
  const std::string& found = texts.at(version_name);
  if (found == version) return;
  fail<FileError>(op, "\"{}\" is a checkpoint of version {}, this program reads {}", file.path(), shown(found),
                  version);
}

void check_sum(const SummedReader& file, const io::Metadata& texts) {
  const std::string expected = texts.contains(checksum_name) ? texts.at(checksum_name) : "";
  if (expected == file.digits()) return;
  fail<FileError>(op, "\"{}\" is damaged: its bytes have the checksum {}, it says {}", file.path(), file.digits(),
                  shown(expected));
}

/// The tensors in the header's order, read in that of their bytes, which is the same if we have written the file.
std::vector<NamedTensor> read_tensors(FileReader& file, io::Header& header) {
  std::vector<StoredTensor>& stored = header.tensors;
  std::stable_sort(stored.begin(), stored.end(), [](const StoredTensor& a, const StoredTensor& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::vector<NamedTensor> tensors;
  tensors.reserve(stored.size());
  for (StoredTensor& t : stored) {
    Tensor tensor = io::read_tensor(file, header, t);
    tensors.push_back({std::move(t.name), std::move(tensor)});
  }
  return tensors;
}

/// The parts without their tensors, by name, and the program's texts.
Contents sort_texts(const FileReader& file, const io::Metadata& all) {
  Contents contents;
  std::vector<io::Metadata::Entry> texts;
  for (const auto& [name, text] : all) {
    if (name.starts_with(part_prefix)) {
      contents.parts.push_back({name.substr(part_prefix.size()), text, {}});
    } else if (name.starts_with(text_prefix)) {
      texts.emplace_back(name.substr(text_prefix.size()), text);
    } else if (name != checksum_name && name != version_name) {
      fail<FileError>(op, "\"{}\": the text {} does not belong in a checkpoint", file.path(), shown(name));
    }
  }
  std::sort(contents.parts.begin(), contents.parts.end(),
            [](const State& a, const State& b) { return a.name < b.name; });
  contents.texts = io::Metadata(std::move(texts));
  return contents;
}

/// Gives the parts, which are sorted by name, their tensors.
void sort_tensors(const FileReader& file, std::vector<NamedTensor> tensors, std::vector<State>& parts) {
  std::vector<std::vector<NamedTensor>> of_part(parts.size());
  for (auto& [name, tensor] : tensors) {
    const std::size_t dot = name.find('.');
    const std::string part_name = name.substr(0, dot);
    const auto part = std::lower_bound(parts.begin(), parts.end(), part_name,
                                       [](const State& p, const std::string& n) { return p.name < n; });
    if (dot == std::string::npos || part == parts.end() || part->name != part_name) {
      fail<FileError>(op, "\"{}\": the tensor {} belongs to no part", file.path(), shown(name));
    }
    of_part[static_cast<std::size_t>(part - parts.begin())].push_back({name.substr(dot + 1), std::move(tensor)});
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].dict = StateDict(std::move(of_part[i]));
}

}  // namespace

void write_file(const std::string& path, const Contents& contents) {
  std::vector<io::Metadata::Entry> texts = {{checksum_name, std::string(blank)}, {version_name, version}};
  std::vector<NamedTensor> tensors;
  for (const State& part : contents.parts) {
    texts.emplace_back(std::string(part_prefix) + part.name, part.kind);
    for (const auto& [name, tensor] : part.dict) tensors.push_back({part.name + "." + name, tensor});
  }
  for (const auto& [name, text] : contents.texts) texts.emplace_back(std::string(text_prefix) + name, text);
  const StateDict dict(std::move(tensors));
  const std::vector<StoredTensor> stored = io::laid_out(op, dict, io::FloatFormat::as_is);
  std::string header = io::header_text(op, stored, io::Metadata(std::move(texts)));

  Checksum checksum;
  checksum.add(header.data(), static_cast<std::int64_t>(header.size()));
  for (const StoredTensor& t : stored) checksum.add(dict.at(t.name).impl()->data, t.end - t.begin);
  header.replace(digits_at, blank.size(), checksum.digits());

  io::AtomicFile file(op, path);
  file.write(header.data(), static_cast<std::int64_t>(header.size()));
  for (const StoredTensor& t : stored) file.write(dict.at(t.name).impl()->data, t.end - t.begin);
  file.commit();
}

Contents read_file(const std::string& path) {
  SummedReader file(op, path);
  io::Header header = io::read_header(file);
  check_version(file, header.metadata);
  std::vector<NamedTensor> tensors = read_tensors(file, header);
  check_sum(file, header.metadata);
  Contents contents = sort_texts(file, header.metadata);
  sort_tensors(file, std::move(tensors), contents.parts);
  return contents;
}

}  // namespace xtape::checkpoint
