// A file of torch.save is a ZIP archive: NAME/data.pkl is the pickle with the names, NAME/data/0, 1, ... are storages,
// the elements of tensors, each in one entry. The pickle is gone before elements are read; a storage is read once.
#include "xtape/io/torch.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/file.hpp"
#include "io/inflate.hpp"
#include "io/pickle.hpp"
#include "io/text.hpp"
#include "io/zip.hpp"

namespace xtape::io {

namespace {

struct TorchTensor : PickledTensor {
  std::string name;
};

/// FileError: the path in quotes, then the rest of the line.
[[noreturn, gnu::noinline]] void fail_about(const FileReader& file, const std::string& rest) {
  fail<FileError>(file.op(), "\"{}\"{}", file.path(), rest);
}
template <class... Args>
[[noreturn]] void reject_torch(const FileReader& file, fmt::format_string<Args...> format, const Args&... args) {
  fail_about(file, xtape::detail::format_line(format, xtape::detail::format_argument(args)...));
}

/// The archive, with the errors of what is another kind of file.
class TorchArchive {
 public:
  explicit TorchArchive(FileReader& file) : file_(expect_zip(file)), zip_(file) {
    if (!zip_.entries().empty()) folder_ = zip_.entries()[0].name;
    folder_.erase(folder_.find('/') + 1);
    if (find("constants.pkl")) {
      reject_torch(file_, " is a TorchScript archive; save its module.state_dict() by torch.save");
    }
    expect_little_endian();
  }

  const FileReader& file() const noexcept { return file_; }

  Pickle pickle() const {
    const ZipEntry* entry = find("data.pkl");
    if (!entry) {
      reject_torch(file_, " has no {}: it is no file of torch.save", shown(folder_ + "data.pkl"));
    }
    // With the values of the pickle, no more than twice the file, 12 MiB, and 512 bytes an entry.
    constexpr std::int64_t mebibyte = 1 << 20;
    const std::int64_t most = std::min<std::int64_t>(file_.size() + 4 * mebibyte, UINT32_MAX);
    if (entry->size > most) {
      reject_torch(file_, ": {} has {} bytes, at most {} are read", shown(entry->name), entry->size, most);
    }
    const auto entries = static_cast<std::int64_t>(zip_.entries().size());
    return Pickle(*zip_.open(*entry), entry->size, file_.size() + 8 * mebibyte + 512 * entries);
  }

  /// The entry with the tensor's storage, which has as many bytes as the tensor says.
  const ZipEntry& entry_of(const TorchTensor& t) const {
    const std::string part = fmt::format("data/{}", t.key);
    const ZipEntry* entry = find(part);
    if (!entry) reject_torch(file_, ": {} has its elements in {}, which is missing", shown(t.name), part);
    const std::optional<std::int64_t> bytes = bytes_of({t.numel}, size_of(t.stored));
    if (bytes && *bytes == entry->size) return *entry;
    reject_torch(file_, ": {} has {} elements of {} bytes in {}, which has {} bytes", shown(t.name), t.numel,
                 size_of(t.stored), part, entry->size);
  }

  /// The elements of the tensor's storage.
  Tensor storage_of(const TorchTensor& t) const {
    const std::string name = shown(t.name);
    const Tensor y = make_array(file_, name, {t.numel}, dtype_of_stored(t.stored));
    read_elements(*zip_.open(entry_of(t)), name, t.stored, y);
    return y;
  }

 private:
  /// Files of torch.save that are no archive, and other files, are told by how they begin.
  static FileReader& expect_zip(FileReader& file) {
    char head[32] = {};
    const std::string_view begin(head, static_cast<std::size_t>(file.read_some(head, sizeof head)));
    file.seek(0);
    if (begin.substr(0, 2) == "PK") return file;
    if (begin.find("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") != std::string_view::npos) {
      reject_torch(file, " has the form of PyTorch before 1.6; save it again: torch.save(torch.load(path), path)");
    }
    reject_torch(file, " is no file of torch.save: it is {}",
                 begin.substr(0, 1) == "\x80" ? "a pickle, not a ZIP archive" : "no ZIP archive");
  }

  const ZipEntry* find(const std::string& part) const { return zip_.find(folder_ + part); }

  void expect_little_endian() const {
    const ZipEntry* entry = find("byteorder");
    if (!entry) return;  // PyTorch before 2.1
    char text[8] = {};
    const std::string_view order(text, static_cast<std::size_t>(zip_.open(*entry)->read_some(text, sizeof text)));
    if (order == "little") return;
    reject_torch(file_, " has the byte order {}; save it again on a little-endian machine", shown(std::string(order)));
  }

  FileReader& file_;
  ZipReader zip_;
  std::string folder_;
};

// ---- which tensors -----------------------------------------------------------------------------------------------

/// Chooses the state dict in a pickle and takes out what it says of its tensors.
class StateDictFinder {
 public:
  StateDictFinder(const FileReader& file, const Pickle& pickle) : file_(file), pickle_(pickle) {}

  std::vector<TorchTensor> find(const std::string* key) {
    const PickleValue& root = pickle_.root();
    if (root.kind != PickleValue::dict) {
      reject_torch(file_, " holds {}, not a state dict; save model.state_dict()", pickle_.described(root));
    }
    return tensors_of(key ? under(*key) : root);
  }

 private:
  bool is_text(const PickleValue& value, std::string_view text) const {
    return value.kind == PickleValue::text && pickle_.text(value) == text;
  }

  const PickleValue& under(const std::string& key) const {
    const PickleValue* found = nullptr;
    for (std::int64_t at = pickle_.first_entry(pickle_.root()); at != 0; at = pickle_.next_entry(at)) {
      if (!is_text(pickle_.key(at), key)) continue;
      if (found) reject_torch(file_, ": the key {} occurs twice", shown(key));
      found = &pickle_.value(at);
    }
    if (!found) reject_torch(file_, " has no key {}{}", shown(key), keys_of_state_dicts());
    if (found->kind != PickleValue::dict) {
      reject_torch(file_, ": {} is {}, not a state dict{}", shown(key), pickle_.described(*found),
                   keys_of_state_dicts());
    }
    return *found;
  }

  /// A hint: dicts in the outermost one that begin as state dicts do.
  std::string keys_of_state_dicts() const {
    constexpr int most = 8;
    std::string keys;
    int count = 0;
    for (std::int64_t at = pickle_.first_entry(pickle_.root()); at != 0; at = pickle_.next_entry(at)) {
      const PickleValue &key = pickle_.key(at), &value = pickle_.value(at);
      if (key.kind != PickleValue::text || value.kind != PickleValue::dict) continue;
      const std::int64_t first = pickle_.first_entry(value);
      if (first == 0 || pickle_.value(first).kind != PickleValue::tensor) continue;
      if (count == most) return keys + ", ...";
      keys += (count++ == 0 ? "; load_torch(path, key) takes one of these keys: " : ", ");
      keys += shown(std::string(pickle_.text(key)));
    }
    return keys;
  }

  std::vector<TorchTensor> tensors_of(const PickleValue& dict) const {
    std::vector<TorchTensor> tensors;
    std::size_t size = 0;
    for (std::int64_t at = pickle_.first_entry(dict); at != 0; at = pickle_.next_entry(at)) {
      const std::string_view name = name_of_tensor(pickle_.key(at), pickle_.value(at));
      // Different names are different parts of the pickle. One in the memo could be copied once for each of its uses.
      size += name.size();
      if (size > pickle_.size()) reject_torch(file_, ": the names of its tensors take more bytes than the pickle");
      tensors.push_back({pickle_.tensor(pickle_.value(at)), std::string(name)});
    }
    return tensors;
  }

  /// The name of an entry of a state dict.
  std::string_view name_of_tensor(const PickleValue& key, const PickleValue& value) const {
    if (key.kind != PickleValue::text) {
      reject_torch(file_, ": a key of the dict is {}, not a string", pickle_.described(key));
    }
    const std::string_view name = pickle_.text(key);
    if (value.kind == PickleValue::tensor) return name;
    if (const char* form = pickle_.readable_form(value)) {
      reject_torch(file_, ": {} is {}, which is not read; save {}", shown(std::string(name)), pickle_.described(value),
                   form);
    }
    reject_torch(file_, ": {} is {}, not a tensor{}", shown(std::string(name)), pickle_.described(value),
                 keys_of_state_dicts());
  }

  const FileReader& file_;
  const Pickle& pickle_;
};

// ---- their elements ----------------------------------------------------------------------------------------------

/// Whether a tensor's elements lie one after another in its storage, in their order.
bool is_contiguous(const TorchTensor& t) {
  std::int64_t expected = 1;
  for (std::int64_t d = t.shape.size(); d-- > 0; expected *= t.shape[d]) {
    if (t.shape[d] != 1 && t.strides[d] != expected) return false;
  }
  return true;
}

/// The elements of t, which has some, must lie in its storage, whose size is true, and be no more than it has. The
/// strides of dims that have one element become 0: they say nothing, and may be any number.
void expect_in_storage(const FileReader& file, TorchTensor& t) {
  std::int64_t last = t.offset;
  bool is_in = true;
  for (std::int64_t d = 0; d < t.shape.size(); ++d) {
    if (t.shape[d] == 1) t.strides[d] = 0;
    std::int64_t span = 0;
    is_in = is_in && !__builtin_mul_overflow(t.shape[d] - 1, t.strides[d], &span) &&
            !__builtin_add_overflow(last, span, &last);
  }
  if (!is_in || last >= t.numel) {
    reject_torch(file, ": {} of shape {} and strides {} from element {} on leaves its storage of {} elements",
                 shown(t.name), t.shape, t.strides, t.offset, t.numel);
  }
  if (t.shape.numel() > t.numel) {
    reject_torch(file, ": {} of shape {} has more elements than its storage, {}; save x.contiguous()", shown(t.name),
                 t.shape, t.numel);
  }
}

/// to = the elements of t out of its storage, row-major.
template <class T>
void gather(const TorchTensor& t, const T* storage, T* to) {
  std::int64_t index[Shape::max_dim] = {};
  const T* from = storage + t.offset;
  for (std::int64_t i = 0, n = t.shape.numel(); i < n; ++i) {
    to[i] = *from;
    for (std::int64_t d = t.shape.size(); d-- > 0;) {
      if (++index[d] < t.shape[d]) {
        from += t.strides[d];
        break;
      }
      from -= (index[d] - 1) * t.strides[d];
      index[d] = 0;
    }
  }
}

Tensor tensor_in(const FileReader& file, const TorchTensor& t, const Tensor& storage) {
  if (t.shape.numel() > 0 && is_contiguous(t)) return xtape::detail::make_view(storage, t.shape, t.offset);
  const Tensor y = make_array(file, shown(t.name), t.shape, storage.dtype());
  if (t.shape.numel() == 0) return y;
  visit_width(itemsize(y.dtype()), [&]<class T>() {
    gather(t, reinterpret_cast<const T*>(storage.impl()->data), reinterpret_cast<T*>(y.impl()->data));
  });
  return y;
}

/// Checks what can be checked before elements are read.
void expect_loadable(const TorchArchive& archive, std::vector<TorchTensor>& tensors) {
  const FileReader& file = archive.file();
  constexpr auto most_times_file = static_cast<double>(most_inflation);  // of copies
  double copied = 0;
  for (TorchTensor& t : tensors) {
    if (t.is_negated) {
      reject_torch(file, ": {} has its neg bit set; save x.resolve_neg()", shown(t.name));
    }
    archive.entry_of(t);
    if (t.shape.numel() == 0) continue;
    expect_in_storage(file, t);
    if (!is_contiguous(t)) {
      copied += static_cast<double>(t.shape.numel()) * static_cast<double>(itemsize(dtype_of_stored(t.stored)));
    }
  }
  if (copied <= most_times_file * static_cast<double>(file.size())) return;
  reject_torch(file, ": its tensors are copies of more than {} times its bytes; save x.contiguous()", most_times_file);
}

StateDict load_tensors(const TorchArchive& archive, std::vector<TorchTensor> tensors) {
  expect_loadable(archive, tensors);
  std::vector<std::pair<std::int64_t, std::size_t>> by_storage;  // keys and indices
  for (std::size_t i = 0; i < tensors.size(); ++i) by_storage.emplace_back(tensors[i].key, i);
  std::sort(by_storage.begin(), by_storage.end());
  std::vector<NamedTensor> entries(tensors.size());
  Tensor storage;
  const TorchTensor* last = nullptr;
  for (const auto& [key, i] : by_storage) {
    const TorchTensor& t = tensors[i];
    if (!last || last->key != key) {
      storage = Tensor();  // before there is memory for the next one
      storage = archive.storage_of(t);
    } else if (last->stored != t.stored || last->numel != t.numel) {
      reject_torch(archive.file(), ": {} and {} disagree about their storage, data/{}", shown(last->name),
                   shown(t.name), t.key);
    }
    last = &t;
    entries[i] = {t.name, tensor_in(archive.file(), t, storage)};
  }
  try {
    return StateDict(std::move(entries));
  } catch (const ValueError&) {
    reject_torch(archive.file(), ": a name of the state dict occurs twice");
  }
}

StateDict load_torch_file(const std::string& path, const std::string* key) {
  FileReader file("load_torch", path);
  const TorchArchive archive(file);
  std::vector<TorchTensor> tensors = StateDictFinder(file, archive.pickle()).find(key);
  return load_tensors(archive, std::move(tensors));
}

}  // namespace

StateDict load_torch(const std::string& path) { return load_torch_file(path, nullptr); }

StateDict load_torch(const std::string& path, const std::string& key) { return load_torch_file(path, &key); }

}  // namespace xtape::io
