#include "checkpoint/file.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

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

/// Reads `n` bytes that only the checksum needs.
void pass_over(FileReader& file, std::int64_t n) {
  std::vector<char> buffer(static_cast<std::size_t>(std::min<std::int64_t>(n, 1 << 16)));
  while (n > 0) {
    const std::int64_t some = std::min(n, static_cast<std::int64_t>(buffer.size()));
    file.read(buffer.data(), some, "the data");
    n -= some;
  }
}

/// Those whose names begin with `prefix`.
std::vector<NamedTensor> read_tensors(FileReader& file, io::Header& header, const std::string& prefix) {
  std::vector<NamedTensor> tensors;
  for (StoredTensor& t : header.tensors) {
    if (file.offset() != header.data + t.begin) {
      fail<FileError>(op, "\"{}\": the header names {} before tensors whose bytes come first", file.path(),
                      shown(t.name));
    }
    if (!t.name.starts_with(prefix)) {
      pass_over(file, t.end - t.begin);
      continue;
    }
    Tensor tensor = io::read_tensor(file, header, t);
    tensors.push_back({std::move(t.name), std::move(tensor)});
  }
  return tensors;
}

/// The part of that name, or null.
State* find(std::vector<State>& parts, std::string_view name) {
  const auto part = std::find_if(parts.begin(), parts.end(), [name](const State& p) { return p.name == name; });
  return part == parts.end() ? nullptr : &*part;
}

/// FileError, which lists all that do not match, unless the file has these parts and no other.
void check_parts(const Contents& contents, std::vector<State>& parts) {
  const io::Metadata& texts = contents.texts;
  std::string missing, unexpected, others;
  const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + shown(name); };
  for (const State& part : parts) {
    const std::string name = std::string(part_prefix) + part.name;
    if (!texts.contains(name)) {
      add(missing, part.name);
    } else if (texts.at(name) != part.kind) {
      others +=
          "; " + shown(part.name) + " is a " + shown(texts.at(name)) + " in the file, a " + shown(part.kind) + " here";
    }
  }
  for (const auto& [name, text] : texts) {
    if (!name.starts_with(part_prefix)) continue;
    const std::string part = name.substr(part_prefix.size());
    if (!find(parts, part)) add(unexpected, part);
  }
  if (missing.empty() && unexpected.empty() && others.empty()) return;
  fail<FileError>(op, "\"{}\": the parts do not match: missing [{}], unexpected [{}]{}", contents.path, missing,
                  unexpected, others);
}

void distribute(const Contents& contents, std::vector<State>& parts) {
  std::vector<std::vector<NamedTensor>> of_part(parts.size());
  for (const auto& [name, tensor] : contents.tensors) {
    const std::size_t dot = name.find('.');
    State* const part = dot == std::string::npos ? nullptr : find(parts, std::string_view(name).substr(0, dot));
    if (!part) fail<FileError>(op, "\"{}\": the tensor {} belongs to no part", contents.path, shown(name));
    of_part[static_cast<std::size_t>(part - parts.data())].push_back({name.substr(dot + 1), tensor});
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

Contents read_file(const std::string& path, const std::string& only_part) {
  SummedReader file(op, path);
  io::Header header = io::read_header(file);
  check_version(file, header.metadata);
  std::vector<NamedTensor> tensors = read_tensors(file, header, only_part.empty() ? "" : only_part + ".");
  check_sum(file, header.metadata);
  return {path, std::move(tensors), std::move(header.metadata)};
}

bool Contents::has_part(std::string_view name) const { return texts.contains(std::string(part_prefix).append(name)); }

StateDict Contents::state_of(std::string_view part) const {
  const std::string prefix = std::string(part) + ".";
  std::vector<NamedTensor> entries;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) entries.push_back({name.substr(prefix.size()), tensor});
  }
  return StateDict(std::move(entries));
}

void take_states(const Contents& contents, std::vector<State>& parts) {
  check_parts(contents, parts);
  distribute(contents, parts);
}

io::Metadata own_texts(const Contents& contents) {
  std::vector<io::Metadata::Entry> own;
  for (const auto& [name, text] : contents.texts) {
    if (name.starts_with(text_prefix)) {
      own.emplace_back(name.substr(text_prefix.size()), text);
    } else if (name != checksum_name && name != version_name && !name.starts_with(part_prefix)) {
      fail<FileError>(op, "\"{}\": the text {} does not belong in a checkpoint", contents.path, shown(name));
    }
  }
  return io::Metadata(std::move(own));
}

}  // namespace xtape::checkpoint
