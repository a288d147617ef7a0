// A file of torch.save is a ZIP archive: NAME/data.pkl is the pickle with the names, NAME/data/0, 1, ... are storages,
// the elements of tensors, each in one entry. The pickle is gone before elements are read; a storage is read once.
#include "xtape/io/torch.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/file.hpp"
#include "io/pickle.hpp"
#include "io/text.hpp"
#include "io/zip.hpp"

namespace xtape::io {

namespace {

struct TorchTensor : PickledTensor {
  std::string name;
};

/// The archive, with the errors of what is another kind of file.
class TorchArchive {
 public:
  explicit TorchArchive(FileReader& file) : file_(expect_zip(file)), zip_(file) {
    if (!zip_.entries().empty()) folder_ = zip_.entries()[0].name;
    folder_ = folder_.substr(0, folder_.find('/')) + "/";
    if (find("constants.pkl")) {
      fail<FileError>(file_.op(), "\"{}\" is a TorchScript archive; save its module.state_dict() by torch.save",
                      file_.path());
    }
    expect_little_endian();
  }

  const FileReader& file() const noexcept { return file_; }

  Pickle pickle() const {
    const ZipEntry* entry = find("data.pkl");
    if (!entry) fail<FileError>(file_.op(), "\"{}\" has no data.pkl: no file of torch.save", file_.path());
    // With the values of the pickle, no more than twice the file, 12 MiB, and 512 bytes an entry.
    constexpr std::int64_t mebibyte = 1 << 20;
    const std::int64_t most = std::min<std::int64_t>(file_.size() + 4 * mebibyte, UINT32_MAX);
    if (entry->size > most) {
      fail<FileError>(file_.op(), "\"{}\": {} has {} bytes, at most {} are read", file_.path(), shown(entry->name),
                      entry->size, most);
    }
    const auto entries = static_cast<std::int64_t>(zip_.entries().size());
    return Pickle(*zip_.open(*entry), entry->size, file_.size() + 8 * mebibyte + 512 * entries);
  }

  /// The elements of the tensor's storage.
  Tensor storage_of(const TorchTensor& t) const {
    const std::string name = shown(t.name), part = fmt::format("data/{}", t.key);
    const ZipEntry* entry = find(part);
    if (!entry)
      fail<FileError>(file_.op(), "\"{}\": {} has its elements in {}, which is missing", file_.path(), name, part);
    const std::optional<std::int64_t> bytes = bytes_of({t.numel}, size_of(t.stored));
    if (!bytes || *bytes != entry->size) {
      fail<FileError>(file_.op(), "\"{}\": {} has {} elements of {} bytes in {}, which has {} bytes", file_.path(),
                      name, t.numel, size_of(t.stored), part, entry->size);
    }
    const Tensor y = make_array(file_, name, {t.numel}, dtype_of_stored(t.stored));
    read_elements(*zip_.open(*entry), name, t.stored, y);
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
      fail<FileError>(file.op(),
                      "\"{}\" has the form of PyTorch before 1.6; save it again: torch.save(torch.load(path), path)",
                      file.path());
    }
    fail<FileError>(file.op(), "\"{}\" is no file of torch.save: it is {}", file.path(),
                    begin.substr(0, 1) == "\x80" ? "a pickle, not a ZIP archive" : "no ZIP archive");
  }

  const ZipEntry* find(const std::string& part) const { return zip_.find(folder_ + part); }

  void expect_little_endian() const {
    const ZipEntry* entry = find("byteorder");
    if (!entry) return;  // PyTorch before 2.1
    char text[8] = {};
    const std::string_view order(text, static_cast<std::size_t>(zip_.open(*entry)->read_some(text, sizeof text)));
    if (order == "little") return;
    fail<FileError>(file_.op(), "\"{}\" has the byte order {}; save it again on a little-endian machine", file_.path(),
                    shown(std::string(order)));
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
      reject(" holds {}, not a state dict; save model.state_dict()", pickle_.described(root));
    }
    return tensors_of(key ? under(*key) : root, key);
  }

 private:
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, const Args&... args) const {
    fail<FileError>(file_.op(), "\"{}\"{}", file_.path(), detail::format_line(format, args...));
  }

  bool is_text(const PickleValue& value, std::string_view text) const {
    return value.kind == PickleValue::text && pickle_.text(value) == text;
  }

  const PickleValue& under(const std::string& key) const {
    const PickleValue* found = nullptr;
    for (std::int64_t at = pickle_.first_entry(pickle_.root()); at != 0; at = pickle_.next_entry(at)) {
      if (!is_text(pickle_.key(at), key)) continue;
      if (found) reject(": the key {} occurs twice", shown(key));
      found = &pickle_.value(at);
    }
    if (!found) reject(" has no key {}{}", shown(key), keys_of_state_dicts());
    if (found->kind != PickleValue::dict) {
      reject(": {} is {}, not a state dict{}", shown(key), pickle_.described(*found), keys_of_state_dicts());
    }
    return *found;
  }

  /// A hint: dicts in the outermost one that begin as state dicts do.
  std::string keys_of_state_dicts() const {
    constexpr int most = 8;
    std::string keys;
    int count = 0;
    for (std::int64_t at = pickle_.first_entry(pickle_.root()); at != 0 && count < most; at = pickle_.next_entry(at)) {
      const PickleValue &key = pickle_.key(at), &value = pickle_.value(at);
      if (key.kind != PickleValue::text || value.kind != PickleValue::dict) continue;
      const std::int64_t first = pickle_.first_entry(value);
      if (first == 0 || pickle_.value(first).kind != PickleValue::tensor) continue;
      keys += (count++ == 0 ? "" : ", ") + shown(std::string(pickle_.text(key)));
    }
    return count == 0 ? "" : "; it has state dicts under these keys: " + keys;
  }

  std::vector<TorchTensor> tensors_of(const PickleValue& dict, const std::string* key) const {
    expect_unique_names(dict);
    std::vector<TorchTensor> tensors;
    for (std::int64_t at = pickle_.first_entry(dict); at != 0; at = pickle_.next_entry(at)) {
      const PickleValue& value = pickle_.value(at);
      const std::string name(pickle_.text(pickle_.key(at)));
      if (value.kind != PickleValue::tensor) {
        if (const char* form = pickle_.readable_form(value)) {
          reject(": {} is {}, which is not read; save {}", shown(name), pickle_.described(value), form);
        }
        reject(": {} is {}, not a tensor{}", shown(name), pickle_.described(value), key ? "" : keys_of_state_dicts());
      }
      tensors.push_back({pickle_.tensor(value), name});
    }
    return tensors;
  }

  /// Before any is copied, so that a name in the memo cannot be copied once for each of its uses.
  void expect_unique_names(const PickleValue& dict) const {
    std::vector<std::string_view> names;
    for (std::int64_t at = pickle_.first_entry(dict); at != 0; at = pickle_.next_entry(at)) {
      const PickleValue& key = pickle_.key(at);
      if (key.kind != PickleValue::text)
        reject(": a key of the state dict is {}, not a string", pickle_.described(key));
      names.push_back(pickle_.text(key));
    }
    const auto expect_no_two = [this, &names](auto is_less, auto is_same) {
      std::sort(names.begin(), names.end(), is_less);
      const auto twice = std::adjacent_find(names.begin(), names.end(), is_same);
      if (twice != names.end()) reject(": the name {} occurs twice", shown(std::string(*twice)));
    };
    // First by their places: then the texts that are compared are different parts of the pickle.
    using Name = std::string_view;
    expect_no_two([](Name a, Name b) { return std::less<>()(a.data(), b.data()); },
                  [](Name a, Name b) { return a.data() == b.data() && a.size() == b.size(); });
    expect_no_two([](Name a, Name b) { return a < b; }, [](Name a, Name b) { return a == b; });
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

/// The elements of t, which has some, must lie in its storage and be no more than those of it. The strides of dims that
/// have one element become 0: they say nothing, and may be any number.
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
    fail<FileError>(file.op(),
                    "\"{}\": {} of shape {} and strides {} from element {} on leaves its storage of {} elements",
                    file.path(), shown(t.name), t.shape, t.strides, t.offset, t.numel);
  }
  if (t.shape.numel() > t.numel) {
    fail<FileError>(file.op(), "\"{}\": {} of shape {} has more elements than its storage, {}; save x.contiguous()",
                    file.path(), shown(t.name), t.shape, t.numel);
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
void expect_loadable(const FileReader& file, std::vector<TorchTensor>& tensors) {
  constexpr std::int64_t most_times_file = 1032;  // of copies; as much as deflate can make of a file
  double copied = 0;
  for (TorchTensor& t : tensors) {
    if (t.is_negated) {
      fail<FileError>(file.op(), "\"{}\": {} has its neg bit set; save x.resolve_neg()", file.path(), shown(t.name));
    }
    if (t.shape.numel() == 0) continue;
    expect_in_storage(file, t);
    if (!is_contiguous(t)) {
      copied += static_cast<double>(t.shape.numel()) * static_cast<double>(itemsize(dtype_of_stored(t.stored)));
    }
  }
  if (copied <= static_cast<double>(most_times_file * file.size())) return;
  fail<FileError>(file.op(), "\"{}\": its tensors are copies of more than {} times its bytes; save x.contiguous()",
                  file.path(), most_times_file);
}

StateDict load_tensors(const TorchArchive& archive, std::vector<TorchTensor> tensors) {
  expect_loadable(archive.file(), tensors);
  std::vector<std::size_t> by_storage(tensors.size());
  std::iota(by_storage.begin(), by_storage.end(), std::size_t{0});
  std::stable_sort(by_storage.begin(), by_storage.end(),
                   [&tensors](std::size_t i, std::size_t j) { return tensors[i].key < tensors[j].key; });
  std::vector<NamedTensor> entries(tensors.size());
  Tensor storage;
  const TorchTensor* last = nullptr;
  for (std::size_t i : by_storage) {
    TorchTensor& t = tensors[i];
    if (!last || last->key != t.key) {
      storage = Tensor();  // before there is memory for the next one
      storage = archive.storage_of(t);
    } else if (last->stored != t.stored || last->numel != t.numel) {
      fail<FileError>(archive.file().op(), "\"{}\": {} and {} disagree about their storage, data/{}",
                      archive.file().path(), shown(last->name), shown(t.name), t.key);
    }
    last = &t;
    entries[i] = {t.name, tensor_in(archive.file(), t, storage)};
  }
  return StateDict(std::move(entries));
}

StateDict load_torch_file(const std::string& path, const std::string* key) {
  FileReader file("load_torch", path);
  const TorchArchive archive(file);
  return load_tensors(archive, StateDictFinder(file, archive.pickle()).find(key));
}

}  // namespace

StateDict load_torch(const std::string& path) { return load_torch_file(path, nullptr); }

StateDict load_torch(const std::string& path, const std::string& key) { return load_torch_file(path, &key); }

}  // namespace xtape::io
