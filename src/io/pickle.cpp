// The machine of Python's pickle (Lib/pickletools.py describes its opcodes), as far as state dicts need it: protocols 2
// to 5 as Python's own pickler writes them. It never recurses, and never follows what it has made.
#include "io/pickle.hpp"

#include <algorithm>

#include "core/fail.hpp"
#include "io/pickle_globals.hpp"
#include "io/text.hpp"

namespace xtape::io {

namespace {

constexpr const char* kinds[] = {"a mark",
                                 "None",
                                 "a bool",
                                 "an int",
                                 "an int",
                                 "a float",
                                 "a string",
                                 "bytes",
                                 "a tuple",
                                 "a list",
                                 "a set",
                                 "a dict",
                                 "a class or function",
                                 "a storage",
                                 "a tensor"};

const PickleGlobal& global_of(const PickleValue& value) { return pickle_global(static_cast<int>(value.at)); }

std::string_view dtype_of_object(const PickleGlobal& global) {
  return global.role == PickleRole::dtype ? global.name : global.role == PickleRole::storage ? global.what : "";
}

}  // namespace

class PickleMachine {
 public:
  PickleMachine(ByteSource& file, Pickle& pickle, std::int64_t most_bytes)
      : file_(file),
        pickle_(pickle),
        most_values_(std::min<std::size_t>(static_cast<std::size_t>(most_bytes) / sizeof(PickleValue), UINT32_MAX)) {}

  void run() {
    if (at_ + 2 > bytes_.size() || bytes_[0] != '\x80' || bytes_[1] < 2 || bytes_[1] > 5) {
      reject("it does not begin with a protocol from 2 to 5");
    }
    for (at_ = 2;;) {
      opcode_at_ = at_;
      if (at_ == bytes_.size()) reject("it has no end");
      const auto opcode = static_cast<std::uint8_t>(bytes_[at_++]);
      if (opcode == '.') break;
      expect_room(2);  // a value on the stack and one beside it
      if (!run_constant(opcode) && !run_container(opcode) && !run_object(opcode)) {
        reject("the opcode {:#04x} is not read", opcode);
      }
    }
    if (stack_.size() != 1) reject("{} values are left on the stack, expected 1", stack_.size());
    if (stack_.back().kind == PickleValue::mark) reject("only a mark is left on the stack");
    if (at_ != bytes_.size()) reject("it goes on after its end");
  }

 private:
  [[noreturn, gnu::noinline]] void fail_here(const std::string& what) const {
    fail<FileError>(file_.op(), "\"{}\": the pickle is wrong: {} (at byte {})", file_.path(), what, opcode_at_);
  }
  template <class... Args>
  [[noreturn]] void reject(fmt::format_string<Args...> format, const Args&... args) const {
    fail_here(xtape::detail::format_line(format, args...));
  }

  // ---- the opcodes: false for one that is of another group -------------------------------------------------------

  bool run_constant(std::uint8_t opcode) {
    switch (opcode) {
      case 'N': push(PickleValue::none); return true;
      case 0x88: push(PickleValue::boolean, 1); return true;
      case 0x89: push(PickleValue::boolean, 0); return true;
      case 'J': push(PickleValue::integer, static_cast<std::int32_t>(number(4))); return true;
      case 'K': push(PickleValue::integer, number(1)); return true;
      case 'M': push(PickleValue::integer, number(2)); return true;
      case 0x8a: push_long(number(1)); return true;
      case 0x8b: push_long(number(4)); return true;
      case 'G': part(8), push(PickleValue::real); return true;
      case 'X': push_text(number(4)); return true;
      case 0x8c: push_text(number(1)); return true;
      case 0x8d: push_text(number(8)); return true;
      case 'C': part(number(1)), push(PickleValue::bytes); return true;
      case 'B': part(number(4)), push(PickleValue::bytes); return true;
      case 0x8e: part(number(8)), push(PickleValue::bytes); return true;
      default: return false;
    }
  }

  bool run_container(std::uint8_t opcode) {
    switch (opcode) {
      case '(': push(PickleValue::mark); return true;
      case ')': push_tuple(0); return true;
      case 0x85: push_tuple(1); return true;
      case 0x86: push_tuple(2); return true;
      case 0x87: push_tuple(3); return true;
      case 't': {
        const std::size_t n = above_mark();
        push_tuple(n, 1);
        return true;
      }
      case ']': push(PickleValue::list); return true;
      case 0x8f: push(PickleValue::set); return true;
      case '}': push_dict(); return true;
      case 'a': fill(PickleValue::list, 1, 0); return true;
      case 'e': fill(PickleValue::list, above_mark(), 1); return true;
      case 0x90: fill(PickleValue::set, above_mark(), 1); return true;
      case 's': fill(PickleValue::dict, 2, 0); return true;
      case 'u': fill(PickleValue::dict, above_mark(), 1); return true;
      default: return false;
    }
  }

  bool run_object(std::uint8_t opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = line();
        push_global(module, line());
        return true;
      }
      case 0x93: {
        const PickleValue name = pop(), module = pop();
        if (name.kind != PickleValue::text || module.kind != PickleValue::text) reject("a global's name is no string");
        push_global(pickle_.text(module), pickle_.text(name));
        return true;
      }
      case 'Q': push_storage(pop()); return true;
      case 'R': {
        const PickleValue arguments = pop();
        call(pop(), arguments);
        return true;
      }
      case 'b': {
        pop();  // attributes, like the versions of modules that a state dict carries
        const PickleValue::Kind kind = top().kind;
        if (kind != PickleValue::dict && kind != PickleValue::object) reject("{} has no attributes", described(top()));
        return true;
      }
      case 'q': put(number(1)); return true;
      case 'r': put(number(4)); return true;
      case 0x94: put(static_cast<std::int64_t>(memo_.size())); return true;
      case 'h': get(number(1)); return true;
      case 'j': get(number(4)); return true;
      case 0x95: {
        const std::int64_t size = number(8);
        if (size < 0 || size > left()) reject("a frame of {} bytes is longer than what is left", size);
        return true;
      }
      default: return false;
    }
  }

  // ---- the bytes -------------------------------------------------------------------------------------------------

  std::int64_t left() const { return static_cast<std::int64_t>(bytes_.size() - at_); }

  /// The place of the next `n` bytes, which are consumed.
  std::size_t part(std::int64_t n) {
    if (n < 0 || n > left()) reject("{} more bytes are expected, {} are left", static_cast<std::uint64_t>(n), left());
    const std::size_t first = at_;
    at_ += static_cast<std::size_t>(n);
    return first;
  }
  /// A little-endian number of `n` bytes, unsigned where it has fewer than 8.
  std::int64_t number(std::int64_t n) {
    std::uint64_t value = 0;
    const std::size_t first = part(n);
    for (std::size_t i = at_; i-- > first;) value = value << 8 | static_cast<std::uint8_t>(bytes_[i]);
    return static_cast<std::int64_t>(value);
  }
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string::npos) reject("a line has no end");
    const std::string_view line = std::string_view(bytes_).substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }

  // ---- the stack and what it holds -------------------------------------------------------------------------------

  void expect_room(std::size_t added) const {
    if (stack_.size() + items_.size() + memo_.size() + added <= most_values_) return;
    reject("it makes more than {} values, too many for its file", most_values_);
  }

  void push(PickleValue::Kind kind, std::int64_t at = 0, std::size_t size = 0) {
    stack_.push_back({at, static_cast<std::uint32_t>(size), kind});
  }
  const PickleValue& top() const {
    if (stack_.empty() || stack_.back().kind == PickleValue::mark) reject("the stack is empty");
    return stack_.back();
  }
  PickleValue pop() {
    const PickleValue value = top();
    stack_.pop_back();
    return value;
  }
  /// How many values are above the last mark.
  std::size_t above_mark() const {
    for (std::size_t i = stack_.size(); i-- > 0;) {
      if (stack_[i].kind == PickleValue::mark) return stack_.size() - 1 - i;
    }
    reject("there is no mark on the stack");
  }

  void push_long(std::int64_t size) {
    const std::size_t first = part(size);
    if (size > 8) return push(PickleValue::long_integer);
    at_ = first;
    const auto value = static_cast<std::uint64_t>(number(size));
    const auto unused = static_cast<unsigned>(64 - 8 * size);
    push(PickleValue::integer, size == 0 ? 0 : static_cast<std::int64_t>(value << unused) >> unused);
  }
  void push_text(std::int64_t size) {
    push(PickleValue::text, static_cast<std::int64_t>(part(size)), static_cast<std::size_t>(size));
  }
  /// A tuple of the last `n` values, with the mark below them where there is one.
  void push_tuple(std::size_t n, std::size_t marks = 0) {
    if (n > stack_.size()) reject("the stack is empty");
    expect_room(n);
    const auto place = static_cast<std::int64_t>(items_.size());
    for (std::size_t i = stack_.size() - n; i < stack_.size(); ++i) {
      if (stack_[i].kind == PickleValue::mark) reject("the stack is empty");
      items_.push_back(stack_[i]);
    }
    stack_.resize(stack_.size() - n - marks);
    push(PickleValue::tuple, place, n);
  }
  void push_dict() {
    push(PickleValue::dict, static_cast<std::int64_t>(items_.size()));
    items_.emplace_back();
  }

  /// Puts the last `n` values into the container below them, or below the mark. What is in a list, a set or an object
  /// is forgotten.
  void fill(PickleValue::Kind kind, std::size_t n, std::size_t marks) {
    const std::size_t taken = n + marks;
    if (taken >= stack_.size()) reject("the stack is empty");
    const PickleValue target = stack_[stack_.size() - 1 - taken];
    for (std::size_t i = stack_.size() - n; i < stack_.size(); ++i) {
      if (stack_[i].kind == PickleValue::mark) reject("the stack is empty");
    }
    if (target.kind != kind && target.kind != PickleValue::object) {
      reject("an item is put into {}, expected {}", described(target), kinds[kind]);
    }
    if (kind == PickleValue::dict) {
      if (n % 2 != 0) reject("a key has no value");
      expect_room(n / 2 * 3);
      for (std::size_t i = stack_.size() - n; i < stack_.size() && target.kind == kind; i += 2) {
        add_entry(target.at, stack_[i], stack_[i + 1]);
      }
    }
    stack_.resize(stack_.size() - taken);
  }
  void add_entry(std::int64_t dict, const PickleValue& key, const PickleValue& value) {
    const auto place = static_cast<std::int64_t>(items_.size());
    PickleValue& ends = item(dict);
    (ends.at == 0 ? ends.at : item(std::int64_t{ends.size} + 2).at) = place;
    ends.size = static_cast<std::uint32_t>(place);
    items_.push_back(key);
    items_.push_back(value);
    items_.emplace_back();
  }
  PickleValue& item(std::int64_t at) { return items_[static_cast<std::size_t>(at)]; }

  void put(std::int64_t place) {
    const PickleValue value = top();
    if (place > static_cast<std::int64_t>(memo_.size())) {
      reject("memo {} is written after {} others", place, memo_.size());
    }
    if (place == static_cast<std::int64_t>(memo_.size())) memo_.emplace_back();
    memo_[static_cast<std::size_t>(place)] = value;
  }
  void get(std::int64_t place) {
    if (place >= static_cast<std::int64_t>(memo_.size())) reject("memo {} is read, of {}", place, memo_.size());
    stack_.push_back(memo_[static_cast<std::size_t>(place)]);
  }

  // ---- globals ---------------------------------------------------------------------------------------------------

  void push_global(std::string_view module, std::string_view name) {
    if (const int index = find_pickle_global(module, name); index >= 0) return push(PickleValue::global, index);
    const std::string full = shown(fmt::format("{:.100}.{:.100}", module, name));
    fail<FileError>(file_.op(),
                    "\"{}\" refers to {} (at byte {}): a state dict needs no such thing, and nothing in a file is run; "
                    "save model.state_dict()",
                    file_.path(), full, opcode_at_);
  }

  void call(const PickleValue& callee, const PickleValue& arguments) {
    if (callee.kind != PickleValue::global) reject("{} is called", described(callee));
    if (arguments.kind != PickleValue::tuple) reject("a call has {} for its arguments", described(arguments));
    const PickleGlobal& global = global_of(callee);
    switch (global.role) {
      case PickleRole::ordered_dict:
        if (arguments.size != 0) reject("an OrderedDict is made of arguments, expected none");
        return push_dict();
      case PickleRole::size: return push_first(global, arguments, PickleValue::tuple);
      case PickleRole::parameter: return push_first(global, arguments, PickleValue::tensor);
      case PickleRole::tensor:
      case PickleRole::tensor_of_dtype: return push_tensor(global, arguments);
      case PickleRole::tensor_with_attributes: return push_plain_tensor(global, arguments);
      case PickleRole::object: return push(PickleValue::object, callee.at);
      case PickleRole::tensor_type:
      case PickleRole::storage:
      case PickleRole::dtype: break;
    }
    reject("{} is called", global.name);
  }

  /// For what hands on its first argument.
  void push_first(const PickleGlobal& global, const PickleValue& arguments, PickleValue::Kind kind) {
    if (arguments.size == 0) reject("{} has no arguments", global.name);
    const PickleValue first = item(arguments.at);
    if (first.kind != kind && first.kind != PickleValue::object) {
      reject("{} is called with {}, expected {}", global.name, described(first), kinds[kind]);
    }
    stack_.push_back(first);
  }

  /// ('storage', torch.FloatStorage, '0', 'cpu', 6), which pickle calls a persistent id.
  void push_storage(const PickleValue& id) {
    if (id.kind != PickleValue::tuple || id.size != 5) reject("a storage's description is no tuple of 5 items");
    const PickleValue &tag = item(id.at), &type = item(id.at + 1), &key = item(id.at + 2), &numel = item(id.at + 4);
    if (tag.kind != PickleValue::text || pickle_.text(tag) != "storage") {
      reject("a storage's description has another tag");
    }
    if (type.kind != PickleValue::global || global_of(type).role != PickleRole::storage) {
      reject("the type of a storage is {}", described(type));
    }
    if (key.kind != PickleValue::text || !is_key(pickle_.text(key))) reject("the key of a storage is no number");
    if (numel.kind != PickleValue::integer || numel.at < 0) reject("the size of a storage is no number of elements");
    push(PickleValue::storage, id.at);
  }
  /// A number as Python writes it, of at most 18 digits.
  static bool is_key(std::string_view key) {
    return !key.empty() && key.size() <= 18 && key.find_first_not_of("0123456789") == std::string_view::npos &&
           (key[0] != '0' || key.size() == 1);
  }

  /// (storage, offset, size, stride, requires_grad, hooks[, metadata]), with a dtype before the metadata where the
  /// storage has none.
  void push_tensor(const PickleGlobal& global, const PickleValue& arguments) {
    const std::size_t with_dtype = global.role == PickleRole::tensor_of_dtype ? 1 : 0;
    if (arguments.size < 6 + with_dtype || arguments.size > 7 + with_dtype) {
      reject("{} is called with {} arguments", global.name, arguments.size);
    }
    const PickleValue &storage = item(arguments.at), &offset = item(arguments.at + 1);
    const PickleValue &size = item(arguments.at + 2), &stride = item(arguments.at + 3);
    if (storage.kind != PickleValue::storage) reject("the storage of a tensor is {}", described(storage));
    if (offset.kind != PickleValue::integer || offset.at < 0) reject("the offset of a tensor is no place in a storage");
    expect_extents(size, "size");
    expect_extents(stride, "stride");
    if (size.size != stride.size) {
      reject("a tensor has {} extents and {} strides", size.size, stride.size);
    }
    const PickleValue& metadata = item(arguments.at + arguments.size - 1);
    if (arguments.size == 7 + with_dtype && metadata.kind != PickleValue::dict && metadata.kind != PickleValue::none) {
      reject("the metadata of a tensor is {}", described(metadata));
    }
    if (with_dtype) {
      const PickleValue& dtype = item(arguments.at + 6);
      if (dtype.kind != PickleValue::global || global_of(dtype).role != PickleRole::dtype) {
        reject("the dtype of a tensor is {}", described(dtype));
      }
      return push(PickleValue::object, dtype.at);
    }
    const PickleValue& type = item(storage.at + 1);
    if (global_of(type).stored < 0) return push(PickleValue::object, type.at);
    push(PickleValue::tensor, arguments.at, arguments.size);
  }
  /// (function, torch.Tensor, its arguments, attributes): a tensor that Python code has given attributes, which it
  /// loses.
  void push_plain_tensor(const PickleGlobal& global, const PickleValue& arguments) {
    const auto has_role = [](const PickleValue& value, PickleRole role) {
      return value.kind == PickleValue::global && global_of(value).role == role;
    };
    if (arguments.size != 4) reject("{} is called with {} arguments", global.name, arguments.size);
    const PickleValue &function = item(arguments.at), &type = item(arguments.at + 1), &rest = item(arguments.at + 2);
    const bool makes_tensor = has_role(function, PickleRole::tensor) || has_role(function, PickleRole::tensor_of_dtype);
    if (!makes_tensor || !has_role(type, PickleRole::tensor_type) || rest.kind != PickleValue::tuple) {
      reject("{} is called for something other than a torch.Tensor", global.name);
    }
    push_tensor(global_of(function), rest);
  }
  void expect_extents(const PickleValue& extents, const char* what) {
    if (extents.kind != PickleValue::tuple) {
      reject("the {} of a tensor is {}, expected a tuple", what, described(extents));
    }
    if (extents.size > Shape::max_dim) reject("a tensor has more than {} dims", Shape::max_dim);
    for (std::size_t i = 0; i < extents.size; ++i) {
      const PickleValue& extent = item(extents.at + static_cast<std::int64_t>(i));
      if (extent.kind != PickleValue::integer) reject("the {} of a tensor has {} in it", what, described(extent));
      if (extent.at < 0) reject("the {} of a tensor has {} in it", what, extent.at);
    }
  }

  std::string described(const PickleValue& value) const { return pickle_.described(value); }

  ByteSource& file_;
  Pickle& pickle_;
  const std::string& bytes_ = pickle_.bytes_;
  std::deque<PickleValue>&stack_ = pickle_.stack_, &items_ = pickle_.items_;
  std::deque<PickleValue> memo_;
  std::size_t most_values_, at_ = 0, opcode_at_ = 0;
};

Pickle::Pickle(ByteSource& file, std::int64_t size, std::int64_t most_bytes)
    : bytes_(static_cast<std::size_t>(size), '\0') {
  file.read(bytes_.data(), size, "the pickle");
  PickleMachine(file, *this, most_bytes).run();
}

PickledTensor Pickle::tensor(const PickleValue& tensor) const {
  const PickleValue &storage = item(tensor.at), &type = item(storage.at + 1);
  PickledTensor t;
  t.stored = static_cast<Stored>(global_of(type).stored);
  for (char digit : text(item(storage.at + 2))) t.key = t.key * 10 + (digit - '0');
  t.numel = item(storage.at + 4).at;
  t.offset = item(tensor.at + 1).at;
  const PickleValue &size = item(tensor.at + 2), &stride = item(tensor.at + 3);
  for (std::int64_t i = 0; i < size.size; ++i) {
    t.shape.push_back(item(size.at + i).at);
    t.strides.push_back(item(stride.at + i).at);
  }
  if (tensor.size == 7 && item(tensor.at + 6).kind == PickleValue::dict) {
    t.is_negated = item(item(tensor.at + 6).at).at != 0;  // a dict with entries
  }
  return t;
}

std::string Pickle::described(const PickleValue& value) const {
  if (value.kind != PickleValue::object) return kinds[value.kind];
  const std::string_view dtype = dtype_of_object(global_of(value));
  return dtype.empty() ? global_of(value).what : "a tensor of " + std::string(dtype);
}

const char* Pickle::readable_form(const PickleValue& value) const {
  if (value.kind != PickleValue::object) return nullptr;
  const std::string_view what = global_of(value).what, dtype = dtype_of_object(global_of(value));
  if (what == "a sparse tensor") return "x.to_dense()";
  if (what == "a quantized tensor" || dtype.starts_with('q')) return "x.dequantize()";
  if (dtype.starts_with("complex")) return "torch.view_as_real(x)";
  if (dtype.starts_with("float")) return "x.to(torch.float32)";
  if (dtype == "uint32" || dtype == "uint64") return "x.to(torch.int64)";
  return dtype.starts_with("int") || dtype == "uint16" ? "x.to(torch.int32)" : nullptr;
}

}  // namespace xtape::io
