// Files of torch.save that are wrong, made by hand from a right one: archive() puts a pickle into a ZIP archive, the
// functions before it are its parts.
#include "support/files.hpp"
#include "support/misuse.hpp"
#include "support/zip.hpp"

namespace xtape::pickles {  // its short names are of no use to other tests
namespace {

using testing::expect_errors;
using testing::little;
using testing::TempDir;
using testing::write_file;

// ---- parts of a pickle -------------------------------------------------------------------------------------------

std::string num(std::int32_t number) { return "J" + little(static_cast<std::uint32_t>(number), 4); }
std::string text(const std::string& s) { return "X" + little(s.size(), 4) + s; }
std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }
std::string tuple(const std::string& items) { return "(" + items + "t"; }
std::string call(const std::string& callee, const std::string& arguments) { return callee + tuple(arguments) + "R"; }
const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2"), floats = global("torch", "FloatStorage"),
                  ordered_dict = global("collections", "OrderedDict") + ")R", no = "\x89";

/// The description of a storage, and the storage.
std::string id_of(const std::string& type, const std::string& key, const std::string& numel) {
  return tuple(text("storage") + type + key + text("cpu") + numel);
}
const std::string six = id_of(floats, text("0"), num(6)) + "Q";

/// A tensor on a storage of 6 elements.
std::string tensor_of(const std::string& offset, const std::string& size, const std::string& stride) {
  return call(rebuild, six + offset + size + stride + no + ordered_dict);
}
const std::string x = tensor_of(num(0), tuple(num(2) + num(3)), tuple(num(3) + num(1)));
/// A pickle of a dict of these entries.
std::string dict(const std::string& entries) { return "\x80\2}(" + entries + "u."; }
/// A pickle of a dict with one tensor.
std::string with(const std::string& tensor) { return dict(text("x") + tensor); }

// ---- the archive -------------------------------------------------------------------------------------------------

struct Part {
  std::string name, bytes;
};

std::string six_floats() {
  const float numbers[6] = {0, 1, 2, 3, 4, 5};
  return {reinterpret_cast<const char*>(numbers), sizeof numbers};
}

std::string zip(const std::vector<Part>& parts) {
  testing::ZipFile file;
  for (const auto& [name, bytes] : parts) file.members.push_back(testing::stored(name, bytes));
  return file.bytes();
}

std::string archive(const std::string& pickle, const std::string& storage = six_floats()) {
  return zip({{"x/data.pkl", pickle}, {"x/byteorder", "little"}, {"x/data/0", storage}, {"x/version", "3\n"}});
}

struct Wrong {
  std::string bytes;
  const char* error;  // null: none
};

/// Loading a file of these bytes gives this message, after the path.
void expect_refused(const std::vector<Wrong>& files, const std::string& before = "") {
  TempDir dir;
  const std::string path = dir / "x.pt";
  for (const Wrong& wrong : files) {
    write_file(path, wrong.bytes);
    const std::string error = wrong.error ? "FileError: load_torch: \"" + path + before + wrong.error : "no error";
    expect_errors({{error.c_str(), [&path] { io::load_torch(path); }}});
  }
}
/// The same of a pickle, alone in an archive with six floats.
void expect_refused_pickles(std::vector<Wrong> pickles, const std::string& before = "") {
  for (Wrong& wrong : pickles) wrong.bytes = archive(wrong.bytes);
  expect_refused(pickles, before);
}
const std::string is_wrong = ": x/data.pkl\": the pickle is wrong: ";

TEST(Pickle, OfTheTestsIsRight) {
  TempDir dir;
  write_file(dir / "x.pt", archive(with(x)));
  const StateDict d = io::load_torch(dir / "x.pt");
  EXPECT_TRUE(equal(d["x"], arange(6, {.dtype = float32}).reshape({2, 3})));
}

TEST(Pickle, MachineRefusesMalformedOpcodesWithOneLine) {
  // clang-format off
  expect_refused_pickles({
      {"", "it does not begin with a protocol from 2 to 5 (at byte 0)"},
      {"\x80", "it does not begin with a protocol from 2 to 5 (at byte 0)"},
      {"}.", "it does not begin with a protocol from 2 to 5 (at byte 0)"},
      {"\x80\1}.", "it does not begin with a protocol from 2 to 5 (at byte 0)"},
      {"\x80\6}.", "it does not begin with a protocol from 2 to 5 (at byte 0)"},
      {"\x80\2", "it has no end (at byte 2)"},
      {"\x80\2}", "it has no end (at byte 3)"},
      {"\x80\2.", "0 values are left on the stack, expected 1 (at byte 2)"},
      {"\x80\2(.", "only a mark is left on the stack (at byte 3)"},
      {"\x80\2}}.", "2 values are left on the stack, expected 1 (at byte 4)"},
      {"\x80\2}.}", "it goes on after its end (at byte 3)"},
      {"\x80\2}\x80\2.", "the opcode 0x80 is not read (at byte 3)"},
      {"\x80\2I1\n.", "the opcode 0x49 is not read (at byte 2)"},
      {"\x80\2}P0\n.", "the opcode 0x50 is not read (at byte 3)"},
      {std::string("\x80\2") + char(0x97) + ".", "the opcode 0x97 is not read (at byte 2)"},
      {"\x80\2X\5", "4 more bytes are expected, 1 are left (at byte 2)"},
      {"\x80\2X\5\1\1\1abc.", "16843013 more bytes are expected, 4 are left (at byte 2)"},
      {"\x80\4\x8c\5abc.", "5 more bytes are expected, 4 are left (at byte 2)"},
      {"\x80\4\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "18446744073709551615 more bytes are expected, 1 are left (at byte 2)"},
      {"\x80\3" "C\xff" "abc.", "255 more bytes are expected, 4 are left (at byte 2)"},
      {"\x80\3" "B\xff\xff\xff\xff" "abc.", "4294967295 more bytes are expected, 4 are left (at byte 2)"},
      {"\x80\2J\1", "4 more bytes are expected, 1 are left (at byte 2)"},
      {"\x80\2G\1", "8 more bytes are expected, 1 are left (at byte 2)"},
      {"\x80\2\x8a\xff\1.", "255 more bytes are expected, 2 are left (at byte 2)"},
      {"\x80\2\x8b\xff\xff\xff\xff\1.", "4294967295 more bytes are expected, 2 are left (at byte 2)"},
      {"\x80\4\x95\x64\1\1\1\1\1\1\1}.", "a frame of 72340172838076772 bytes is longer than what is left (at byte 2)"},
      {"\x80\4\x95\xff\xff\xff\xff\xff\xff\xff\xff}.", "a frame of -1 bytes is longer than what is left (at byte 2)"},
      {"\x80\2ctorch", "a line has no end (at byte 2)"},
      {"\x80\2ctorch\nSize", "a line has no end (at byte 2)"},
      {"\x80\2t.", "there is no mark on the stack (at byte 2)"},
      {"\x80\2}t.", "there is no mark on the stack (at byte 3)"},
      {"\x80\2\x85.", "the stack is empty (at byte 2)"},
      {"\x80\2N\x86.", "the stack is empty (at byte 3)"},
      {"\x80\2(NN\x87.", "the stack is empty (at byte 5)"},
      {"\x80\2}u.", "there is no mark on the stack (at byte 3)"},
      {"\x80\2(u.", "the stack is empty (at byte 3)"},
      {"\x80\2}(Nu.", "a key has no value (at byte 5)"},
      {"\x80\2N(NNu.", "an item is put into None, expected a dict (at byte 6)"},
      {"\x80\2}Ns.", "the stack is empty (at byte 4)"},
      {"\x80\2}(NNs.", "an item is put into a mark, expected a dict (at byte 6)"},
      {"\x80\2}N" "a.", "an item is put into a dict, expected a list (at byte 4)"},
      {"\x80\2}(N" "e.", "an item is put into a dict, expected a list (at byte 5)"},
      {"\x80\4](N\x90.", "an item is put into a list, expected a set (at byte 5)"},
      {"\x80\2q", "1 more bytes are expected, 0 are left (at byte 2)"},
      {"\x80\2q\1.", "the stack is empty (at byte 2)"},
      {"\x80\2(q\1.", "the stack is empty (at byte 3)"},
      {"\x80\2}q\1.", "memo 1 is written after 0 others (at byte 3)"},
      {std::string("\x80\2}r\0\0\0\1.", 8), "memo 16777216 is written after 0 others (at byte 3)"},
      {std::string("\x80\2}h\0.", 6), "memo 0 is read, of 0 (at byte 3)"},
      {"\x80\2}j\xff\xff\xff\xff.", "memo 4294967295 is read, of 0 (at byte 3)"},
      {"\x80\4NN\x93.", "a global's name is no string (at byte 4)"},
      {"\x80\2}R.", "the stack is empty (at byte 3)"},
      {"\x80\2})R.", "a dict is called (at byte 4)"},
      {"\x80\2}}b.", nullptr},
      {"\x80\2N}b.", "None has no attributes (at byte 4)"},
      {"\x80\2Q.", "the stack is empty (at byte 2)"},
      {"\x80\2}Q.", "a storage's description is no tuple of 5 items (at byte 3)"},
  }, is_wrong);
  // clang-format on
}

TEST(Pickle, MachineRefusesOtherGlobalsByTheirNames) {
  const std::string long_name(300, 'a');
  for (const auto& [pickle, name] : std::vector<std::pair<std::string, std::string>>{
           {with(global("os", "system")), "\"os.system\" (at byte 10)"},
           {with(global("builtins", "eval")), "\"builtins.eval\" (at byte 10)"},
           {with(global("torch", "load")), "\"torch.load\" (at byte 10)"},
           {with(global("torch.storage", "FloatStorage")), "\"torch.storage.FloatStorage\" (at byte 10)"},
           {with(global("a\tb\xff", "c")), "\"a\\tb\xef\xbf\xbd.c\" (at byte 10)"},
           {with(global("", "")), "\".\" (at byte 10)"},
           {with(global(long_name, "b")), "\"" + long_name.substr(0, 80) + "...\" (at byte 10)"},
           {"\x80\4\x8c\2os\x8c\6system\x93.", "\"os.system\" (at byte 14)"},
           {"\x80\2]cos\nsystem\na.", "\"os.system\" (at byte 3)"},
       }) {
    const std::string error =
        name + ": a state dict needs no such thing, and nothing in a file is run; save model.state_dict()";
    expect_refused_pickles({{pickle, error.c_str()}}, ": x/data.pkl\" refers to ");
  }
}

TEST(Pickle, MachineRefusesWrongTensorsWithOneLine) {
  const std::string none = "N", zero = num(0), flat = tuple(num(6)), one = tuple(num(1)), hooks = no + ordered_dict;
  const std::string plain = global("torch._tensor", "_rebuild_from_type_v2"), type = global("torch", "Tensor");
  const auto pair = [](std::int32_t a, std::int32_t b) { return tuple(num(a) + num(b)); };
  const auto storage = [](const std::string& id) {
    return call(rebuild, id + "Q" + num(0) + tuple(num(6)) + tuple(num(1)) + no + ordered_dict);
  };
  const std::string nine = tuple(num(1) + num(1) + num(1) + num(1) + num(1) + num(1) + num(1) + num(1) + num(1));
  // clang-format off
  expect_refused_pickles({
      {with(global("torch", "Size") + "NR"), "a call has None for its arguments (at byte 23)"},
      {with(call(global("torch", "Size"), "")), "Size has no arguments (at byte 24)"},
      {with(call(global("torch", "Size"), none)), "Size is called with None, expected a tuple (at byte 25)"},
      {with(call(global("collections", "OrderedDict"), "]")), "an OrderedDict is made of arguments, expected none (at byte 38)"},
      {with(call(global("torch", "float32"), "")), "float32 is called (at byte 27)"},
      {with(call(floats, "")), "FloatStorage is called (at byte 32)"},
      {with(call(global("torch._utils", "_rebuild_parameter"), "")), "_rebuild_parameter has no arguments (at byte 45)"},
      {with(call(global("torch._utils", "_rebuild_parameter"), "N" + hooks)), "_rebuild_parameter is called with None, expected a tensor (at byte 74)"},
      {with(storage(tuple(""))), "a storage's description is no tuple of 5 items (at byte 46)"},
      {with(storage(tuple(text("module") + floats + text("0") + text("cpu") + num(6)))), "a storage's description has another tag (at byte 96)"},
      {with(storage(id_of("N", text("0"), num(6)))), "the type of a storage is None (at byte 78)"},
      {with(storage(id_of(global("torch", "Size"), text("0"), num(6)))), "the type of a storage is a class or function (at byte 89)"},
      {with(storage(id_of(floats, num(0), num(6)))), "the key of a storage is no number (at byte 96)"},
      {with(storage(id_of(floats, text(""), num(6)))), "the key of a storage is no number (at byte 96)"},
      {with(storage(id_of(floats, text("../0"), num(6)))), "the key of a storage is no number (at byte 100)"},
      {with(storage(id_of(floats, text("00"), num(6)))), "the key of a storage is no number (at byte 98)"},
      {with(storage(id_of(floats, text("9999999999999999999"), num(6)))), "the key of a storage is no number (at byte 115)"},
      {with(storage(id_of(floats, text("0"), num(-1)))), "the size of a storage is no number of elements (at byte 97)"},
      {with(storage(id_of(floats, text("0"), "N"))), "the size of a storage is no number of elements (at byte 93)"},
      {with(call(rebuild, "")), "_rebuild_tensor_v2 is called with 0 arguments (at byte 45)"},
      {with(call(rebuild, six + zero + flat + one + hooks + "}N")), "_rebuild_tensor_v2 is called with 8 arguments (at byte 148)"},
      {with(call(rebuild, none + zero + flat + one + hooks)), "the storage of a tensor is None (at byte 93)"},
      {with(tensor_of(none, flat, one)), "the offset of a tensor is no place in a storage (at byte 142)"},
      {with(tensor_of(num(-1), flat, one)), "the offset of a tensor is no place in a storage (at byte 146)"},
      {with(tensor_of(zero, none, one)), "the size of a tensor is None, expected a tuple (at byte 140)"},
      {with(tensor_of(zero, "]", one)), "the size of a tensor is a list, expected a tuple (at byte 140)"},
      {with(tensor_of(zero, flat, none)), "the stride of a tensor is None, expected a tuple (at byte 140)"},
      {with(tensor_of(zero, tuple("N"), one)), "the size of a tensor has None in it (at byte 142)"},
      {with(tensor_of(zero, tuple("\x8a\x9" + std::string(9, '\1')), one)), "the size of a tensor has an int in it (at byte 152)"},
      {with(tensor_of(zero, tuple(num(-6)), one)), "the size of a tensor has -6 in it (at byte 146)"},
      {with(tensor_of(zero, flat, tuple(num(-1)))), "the stride of a tensor has -1 in it (at byte 146)"},
      {with(tensor_of(zero, flat, pair(1, 1))), "a tensor has 1 extents and 2 strides (at byte 151)"},
      {with(tensor_of(zero, nine, nine)), "a tensor has more than 8 dims (at byte 226)"},
      {with(call(rebuild, six + zero + flat + one + hooks + "]")), "the metadata of a tensor is a list (at byte 147)"},
      {with(call(plain, rebuild + type + tuple(""))), "_rebuild_from_type_v2 is called with 3 arguments (at byte 98)"},
      {with(call(plain, plain + type + tuple("") + none)), "_rebuild_from_type_v2 is called for something other than a torch.Tensor (at byte 103)"},
      {with(call(plain, rebuild + none + tuple("") + none)), "_rebuild_from_type_v2 is called for something other than a torch.Tensor (at byte 86)"},
      {with(call(plain, rebuild + type + none + none)), "_rebuild_from_type_v2 is called for something other than a torch.Tensor (at byte 98)"},
      {with(call(plain, rebuild + type + tuple("") + none)), "_rebuild_tensor_v2 is called with 0 arguments (at byte 99)"},
      {with(call(global("torch._utils", "_rebuild_tensor_v3"), six + zero + flat + one + hooks + "N")), "the dtype of a tensor is None (at byte 147)"},
      {with(call(global("torch._utils", "_rebuild_tensor_v3"), six + zero + flat + one + hooks + floats)), "the dtype of a tensor is a class or function (at byte 166)"},
  }, is_wrong);
  // clang-format on
}

TEST(Pickle, OfNoStateDictIsRefusedWithOneLine) {
  const std::string zero = num(0), flat = tuple(num(6)), one = tuple(num(1));
  const auto pair = [](std::int32_t a, std::int32_t b) { return tuple(num(a) + num(b)); };
  const auto of = [](const std::string& id) {
    return call(rebuild, id + "Q" + num(0) + tuple(num(6)) + tuple(num(1)) + no + ordered_dict);
  };
  const std::string large = "\x8a\x8" + little(INT64_MAX, 8);
  // clang-format off
  expect_refused_pickles({
      {"\x80\2N.", "\" holds None, not a state dict; save model.state_dict()"},
      {"\x80\2" + x + ".", "\" holds a tensor, not a state dict; save model.state_dict()"},
      {dict("NN"), "\": a key of the dict is None, not a string"},
      {dict(num(1) + x), "\": a key of the dict is an int, not a string"},
      {dict(text("x") + "N"), "\": \"x\" is None, not a tensor"},
      {dict(text("x") + "}"), "\": \"x\" is a dict, not a tensor"},
      {dict(text("x") + floats), "\": \"x\" is a class or function, not a tensor"},
      {dict(text("x") + six), "\": \"x\" is a storage, not a tensor"},
      {dict(text("x") + x + text("x") + x), "\": a name of the state dict occurs twice"},
      {dict(text("a\nb") + x + text("a\nb") + x), "\": a name of the state dict occurs twice"},
      {dict(text("a\nb\xff") + "N"), "\": \"a\\nb�\" is None, not a tensor"},
      {dict(text(std::string(500, 'a')) + "N"), "\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is None, not a tensor"},
      {dict(text("a") + "}" + text("b") + x + "s" + text("c") + "}"), "\": \"a\" is a dict, not a tensor; load_torch(path, key) takes one of these keys: \"a\""},
      {with(tensor_of(num(1), flat, one)), "\": \"x\" of shape (6) and strides (1) from element 1 on leaves its storage of 6 elements"},
      {with(tensor_of(large, flat, one)), "\": \"x\" of shape (6) and strides (1) from element 9223372036854775807 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, tuple(num(7)), one)), "\": \"x\" of shape (7) and strides (1) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, pair(2, 3), pair(4, 1))), "\": \"x\" of shape (2, 3) and strides (4, 1) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, pair(2, 2), tuple(large + num(1)))), "\": \"x\" of shape (2, 2) and strides (9223372036854775807, 1) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, pair(3, 2), tuple(large + num(1)))), "\": \"x\" of shape (3, 2) and strides (9223372036854775807, 1) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, tuple(large), one)), "\": \"x\" of shape (9223372036854775807) and strides (1) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, tuple(large + large), tuple(large + large))), "\": \"x\" of shape (9223372036854775807, 9223372036854775807) and strides (9223372036854775807, 9223372036854775807) from element 0 on leaves its storage of 6 elements"},
      {with(tensor_of(zero, tuple(large + large), pair(0, 0))), "\": \"x\" of shape (9223372036854775807, 9223372036854775807) has more elements than its storage, 6; save x.contiguous()"},
      {with(tensor_of(zero, tuple(num(7)), tuple(num(0)))), "\": \"x\" of shape (7) has more elements than its storage, 6; save x.contiguous()"},
      {with(tensor_of(zero, tuple(large + large + num(0)), tuple(num(1) + num(1) + num(1)))), "\": there is no memory for \"x\" of shape (9223372036854775807, 9223372036854775807, 0)"},
      {with(of(id_of(floats, text("0"), num(5)))), "\": \"x\" has 5 elements of 4 bytes in data/0, which has 24 bytes"},
      {with(of(id_of(floats, text("0"), num(7)))), "\": \"x\" has 7 elements of 4 bytes in data/0, which has 24 bytes"},
      {with(call(rebuild, id_of(floats, text("0"), large) + "Q" + zero + tuple(large + large) + pair(0, 0) + no + ordered_dict)), "\": \"x\" has 9223372036854775807 elements of 4 bytes in data/0, which has 24 bytes"},
      {with(of(id_of(floats, text("0"), large))), "\": \"x\" has 9223372036854775807 elements of 4 bytes in data/0, which has 24 bytes"},
      {with(of(id_of(floats, text("1"), num(6)))), "\": \"x\" has its elements in data/1, which is missing"},
      {with(of(id_of(global("torch", "BoolStorage"), text("0"), num(24)))), ": x/data/0\": byte 6 is 128, a bool of \"x\" is 0 or 1"},
      {dict(text("x") + x + text("y") + of(id_of(global("torch", "IntStorage"), text("0"), num(6)))), "\": \"x\" and \"y\" disagree about their storage, data/0"},
      {with(call(rebuild, six + zero + flat + one + no + ordered_dict + "}" + text("neg") + "\x88s")), "\": \"x\" has its neg bit set; save x.resolve_neg()"},
      // These are right.
      {"\x80\2}.", nullptr},
      {with(tensor_of(zero, pair(0, 3), pair(3, 1))), nullptr},
      {with(tensor_of(num(5), tuple(""), tuple(""))), nullptr},
      {with(tensor_of(zero, pair(1, 6), tuple(large + num(1)))), nullptr},
      {with(tensor_of(zero, pair(2, 3), pair(0, 2))), nullptr},
      {with(tensor_of(num(9), tuple(num(0)), one)), nullptr},
      {with(call(rebuild, six + zero + flat + one + no + ordered_dict + "}")), nullptr},
      {with(call(rebuild, six + zero + call(global("torch", "Size"), flat) + one + no + ordered_dict)), nullptr},
  });
  // clang-format on
}

TEST(Pickle, ArchiveOfAnotherLayoutIsRefusedWithOneLine) {
  const std::string good = with(x);
  const Part pickle{"x/data.pkl", good}, storage{"x/data/0", six_floats()};
  std::string damaged = archive(good);
  damaged[damaged.find(six_floats()) + 5] ^= 1;
  // clang-format off
  expect_refused({
      {zip({}), "\" has no \"data.pkl\": it is no file of torch.save"},
      {zip({storage}), "\" has no \"x/data.pkl\": it is no file of torch.save"},
      {zip({{"y/other", ""}, pickle, storage}), "\" has no \"y/data.pkl\": it is no file of torch.save"},
      {zip({pickle}), "\": \"x\" has its elements in data/0, which is missing"},
      {zip({pickle, {"x/data/00", six_floats()}}), "\": \"x\" has its elements in data/0, which is missing"},
      {zip({pickle, {"x/data/0", ""}}), "\": \"x\" has 6 elements of 4 bytes in data/0, which has 0 bytes"},
      {zip({pickle, {"x/data/0", six_floats() + "more"}}), "\": \"x\" has 6 elements of 4 bytes in data/0, which has 28 bytes"},
      {zip({pickle, storage, {"x/byteorder", "big"}}), "\" has the byte order \"big\"; save it again on a little-endian machine"},
      {zip({pickle, storage, {"x/byteorder", ""}}), "\" has the byte order \"\"; save it again on a little-endian machine"},
      {zip({pickle, storage, {"x/byteorder", "little and more"}}), "\" has the byte order \"little a\"; save it again on a little-endian machine"},
      {zip({pickle, storage, {"x/constants.pkl", ""}}), "\" is a TorchScript archive; save its module.state_dict() by torch.save"},
      {zip({pickle, storage, pickle}), "\": the archive is damaged: \"x/data.pkl\" occurs twice"},
      {damaged, ": x/data/0\" is damaged: its CRC-32 is 4605104f, the archive says 91e79017"},
      {"\x80\2\x8a\nl\xfc\x9c" "F\xf9 j\xa8P\x19.", "\" has the form of PyTorch before 1.6; save it again: torch.save(torch.load(path), path)"},
      {"\x80\4\x95\n\1\1\1\1\1\1\1\x8a\nl\xfc\x9c" "F\xf9 j\xa8P\x19.", "\" has the form of PyTorch before 1.6; save it again: torch.save(torch.load(path), path)"},
      {good, "\" is no file of torch.save: it is a pickle, not a ZIP archive"},
      {"PK", "\" is truncated: the magic string ends at byte 4, the file at 2"},
      {"0123", "\" is no file of torch.save: it is no ZIP archive"},
      {zip({pickle, storage}), nullptr},
      {zip({{"data.pkl", good}, {"data/0", six_floats()}}), nullptr},
      {zip({pickle, {"x/data/1", "other"}, storage, {"y/data/0", "other"}}), nullptr},
  });
  // clang-format on
}

// ---- what no test can list ---------------------------------------------------------------------------------------

/// Whether the file can be loaded.
bool loads(const std::string& path, const std::string& bytes) {
  return testing::loads(path, bytes, [&path] { EXPECT_FALSE(io::load_torch(path).to_string().empty()); });
}

TEST(Pickle, SurvivesEveryTruncationAndEveryFlippedBit) {
  TempDir dir;
  const std::string good = with(x);
  int loaded = 0;
  testing::for_each_truncation(good, [&](const std::string& bytes) { loaded += loads(dir / "x", archive(bytes)); });
  EXPECT_EQ(loaded, 0);
  testing::for_each_flipped_bit(
      good, [&](const std::string& bytes, std::size_t) { loaded += loads(dir / "x", archive(bytes)); });
  EXPECT_GT(loaded, 30);  // other names, other numbers
}

TEST(Pickle, ArchiveWithAFlippedBitIsRefusedOrTheSame) {
  TempDir dir;
  const std::string good = archive(with(x)), path = dir / "x";
  testing::for_each_truncation(good, [&](const std::string& bytes) { EXPECT_FALSE(loads(path, bytes)); });
  int loaded = 0;
  testing::for_each_flipped_bit(good, [&](const std::string& bytes, std::size_t bit) {
    if (!loads(path, bytes)) return;
    ++loaded;
    const StateDict d = io::load_torch(path);
    EXPECT_EQ(d.size(), 1u) << bit;
    EXPECT_TRUE(equal(d["x"], arange(6, {.dtype = float32}).reshape({2, 3}))) << bit;
  });
  EXPECT_GT(loaded, 50);  // times and versions, which say nothing
}

TEST(Pickle, OfManyReferencesTakesNoMoreThanItsBytes) {
  // Each dict, or tuple, refers to the one before twice: 2^100 leaves for whoever follows them.
  const auto put = [](char i) { return std::string("q") + i; };
  const auto get = [](char i) { return std::string("h") + i; };
  std::string tuples = text("x") + ")", dicts = "\x80\2}]}" + put(0) + "a";  // the list is dropped in the end
  for (char i = 0; i < 100; ++i) {
    const char next = static_cast<char>(i + 1);
    tuples += put(i) + get(i) + "\x86";
    dicts += "}(" + text("a") + get(i) + text("b") + get(i) + "u" + put(next) + "a";
  }
  dicts += "b(" + text("x") + get(100) + "u.";
  const std::string itself = "\x80\2}" + put(0) + "(" + text("x") + get(0) + "u.";
  expect_refused_pickles({
      {dicts, "\": \"x\" is a dict, not a tensor"},
      {dict(tuples), "\": \"x\" is a tuple, not a tensor"},
      {itself, "\": \"x\" is a dict, not a tensor"},
  });
}

TEST(Pickle, OfMoreValuesThanItsFileAccountsForIsRefused) {
  const auto many = [](char opcode) { return "\x80\4}" + std::string(1 << 20, opcode) + "."; };
  const std::string values = "it makes more than 589979 values, too many for its file (at byte ";
  for (const auto& [opcode, place] :
       {std::pair{'\x94', "589979)"}, {']', "589979)"}, {'(', "589979)"}, {'}', "294991)"}, {')', "589979)"}}) {
    expect_refused_pickles({{many(opcode), (values + place).c_str()}}, is_wrong);
  }
}

TEST(Pickle, NamesAreNotCopiedForEachReference) {
  // 100 KB of name, given to 10,000 tensors.
  std::string entries = text(std::string(100'000, 'a')) + "q" + '\0' + x + "q\1";
  for (int i = 0; i < 10'000; ++i) entries += std::string("h\0h\1", 4);
  TempDir dir;
  write_file(dir / "x", archive(dict(entries)));
  const std::string error =
      "FileError: load_torch: \"" + (dir / "x") + "\": the names of its tensors take more bytes than the pickle";
  expect_errors({{error.c_str(), [&dir] { io::load_torch(dir / "x"); }}});
}

TEST(Pickle, CopiesOfAStorageAreLimitedViewsAreNot) {
  // 20,000 names of one storage of 40,000 bytes.
  constexpr int extent = 100, count = 20'000;
  const auto file = [](bool is_transposed) {
    const std::string size = tuple(num(extent) + num(extent)),
                      floats_id = id_of(floats, text("0"), num(extent * extent));
    const std::string stride = is_transposed ? tuple(num(1) + num(extent)) : tuple(num(extent) + num(1));
    std::string entries = text("x") + call(rebuild, floats_id + "Q" + num(0) + size + stride + no + ordered_dict) + "q";
    entries += '\0';
    for (int i = 0; i < count; ++i) entries += text(std::to_string(i)) + std::string("h\0", 2);
    return archive(dict(entries), std::string(4 * extent * extent, '\0'));
  };
  TempDir dir;
  write_file(dir / "x", file(true));
  const std::string error = "FileError: load_torch: \"" + (dir / "x") +
                            "\": its tensors are copies of more than 1032 times its bytes; save x.contiguous()";
  expect_errors({{error.c_str(), [&dir] { io::load_torch(dir / "x"); }}});
  write_file(dir / "x", file(false));
  EXPECT_EQ(io::load_torch(dir / "x").size(), count + 1u);
}

}  // namespace
}  // namespace xtape::pickles
