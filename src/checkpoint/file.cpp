#include "checkpoint/file.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/crc32.hpp"
#include "io/file.hpp"
#include "io/safetensors_file.hpp"
#include "io/text.hpp"

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
    value_ = io::crc32_after(value_, bytes, begin);
    value_ = io::crc32_after(value_, blank.data(), end - begin);
    value_ = io::crc32_after(value_, bytes + end, n - end);
    offset_ += n;
  }
  std::string digits() const { return fmt::format("{:08x}", value_); }

 private:
  std::uint32_t value_ = 0;
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
  if (!texts.contains(version_name)) {
    fail<FileError>(op, "\"{}\" is no checkpoint; load_safetensors reads it", file.path());
  }
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

std::vector<NamedTensor> read_tensors(FileReader& file, io::Header& header) {
  std::vector<NamedTensor> tensors;
  tensors.reserve(header.tensors.size());
  for (StoredTensor& t : header.tensors) {
    if (file.offset() != header.data + t.begin) {
      fail<FileError>(op, "\"{}\": the header names {} before tensors whose bytes come first", file.path(),
                      shown(t.name));
    }
    Tensor tensor = io::read_tensor(file, header, t);
    tensors.push_back({std::move(t.name), std::move(tensor)});
  }
  return tensors;
}

/// The place of the part of that name; where there is none, parts.size().
std::size_t place_of(const std::vector<State>& parts, std::string_view name) noexcept {
  const auto part = std::find_if(parts.begin(), parts.end(), [name](const State& p) { return p.name == name; });
  return static_cast<std::size_t>(part - parts.begin());
}

/// Sorts the file's texts: the kinds of its parts and the program's own.
Contents contents_without_tensors(const FileReader& file, const io::Metadata& texts) {
  Contents contents;
  std::vector<io::Metadata::Entry> own;
  for (const auto& [name, text] : texts) {
    if (name.starts_with(part_prefix)) {
      contents.parts.push_back({name.substr(part_prefix.size()), text, {}});
    } else if (name.starts_with(text_prefix)) {
      own.emplace_back(name.substr(text_prefix.size()), text);
    } else if (name != checksum_name && name != version_name) {
      fail<FileError>(op, "\"{}\": the text {} does not belong in a checkpoint", file.path(), shown(name));
    }
  }
  contents.texts = io::Metadata(std::move(own));
  return contents;
}

void distribute(const FileReader& file, std::vector<NamedTensor> tensors, std::vector<State>& parts) {
  std::vector<std::vector<NamedTensor>> of_part(parts.size());
  for (auto& [name, tensor] : tensors) {
    const std::size_t dot = name.find('.');
    const std::size_t part = place_of(parts, std::string_view(name).substr(0, dot));
    if (dot == std::string::npos || part == parts.size()) {
      fail<FileError>(op, "\"{}\": the tensor {} belongs to no part", file.path(), shown(name));
    }
    of_part[part].push_back({name.substr(dot + 1), std::move(tensor)});
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].dict = StateDict(std::move(of_part[i]));
}

}  // namespace

void write_file(const std::string& path, const std::vector<State>& parts, const io::Metadata& own) {
  std::vector<io::Metadata::Entry> texts = {{checksum_name, std::string(blank)}, {version_name, version}};
  std::vector<NamedTensor> tensors;
  for (const State& part : parts) {
    texts.emplace_back(std::string(part_prefix) + part.name, part.kind);
    for (const auto& [name, tensor] : part.dict) tensors.push_back({part.name + "." + name, tensor});
  }
  for (const auto& [name, text] : own) texts.emplace_back(std::string(text_prefix) + name, text);
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
  Contents contents = contents_without_tensors(file, header.metadata);
  distribute(file, std::move(tensors), contents.parts);
  return contents;
}

const State* Contents::find(std::string_view name) const noexcept {
  const std::size_t part = place_of(parts, name);
  return part == parts.size() ? nullptr : &parts[part];
}

void take_parts(const std::string& path, const Contents& contents, std::vector<State>& parts) {
  std::string missing, unexpected, others;
  const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + shown(name); };
  for (State& part : parts) {
    const State* const found = contents.find(part.name);
    if (!found) {
      add(missing, part.name);
    } else if (found->kind != part.kind) {
      others +=
          "; " + shown(part.name) + " is a " + shown(found->kind) + " in the file, a " + shown(part.kind) + " here";
    } else {
      part.dict = found->dict;
    }
  }
  for (const State& found : contents.parts) {
    if (place_of(parts, found.name) == parts.size()) add(unexpected, found.name);
  }
  if (missing.empty() && unexpected.empty() && others.empty()) return;
  fail<FileError>(op, "\"{}\": the parts do not match: missing [{}], unexpected [{}]{}", path, missing, unexpected,
                  others);
}

}  // namespace xtape::checkpoint
