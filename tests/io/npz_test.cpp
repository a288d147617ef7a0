#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/misuse.hpp"
#include "support/zip.hpp"

namespace xtape {
namespace {

using testing::deflated_member;
using testing::expect_close;
using testing::expect_errors;
using testing::little;
using testing::read_file;
using testing::stored;
using testing::TempDir;
using testing::write_file;
using testing::ZipFile;
using testing::ZipMember;
namespace local = testing::local;
namespace central = testing::central;

/// A file of tests/io/files.
std::string numpys_npz(const std::string& name) { return testing::source_file("tests/io/files/" + name + ".npz"); }

TEST(Npz, ReadsWhatNumpyWrites) {
  for (const char* name : {"stored", "deflated"}) {
    SCOPED_TRACE(name);
    const StateDict dict = io::load_npz(numpys_npz(name));
    std::string names;
    for (const auto& [key, tensor] : dict) names += key + " ";
    EXPECT_EQ(names, "bool uint8 int32 int64 float32 float64 scalar empty fortran big_endian \xc3\xa4/b.npy ");
    for (DType dtype : {uint8, int32, int64, float32, float64}) {
      const Tensor& x = dict[to_string(dtype)];
      EXPECT_EQ(x.dtype(), dtype);
      EXPECT_EQ(x.shape(), (Shape{2, 3}));
      expect_close(x, {0, 1, 2, 3, 4, 5});
    }
    EXPECT_TRUE(equal(dict["bool"], tensor({{false, true, true}, {true, true, true}})));
    EXPECT_TRUE(equal(dict["scalar"], tensor(7)));
    EXPECT_EQ(dict["empty"].shape(), (Shape{0, 3}));
    EXPECT_TRUE(equal(dict["fortran"], arange(24, {.dtype = float32}).reshape({2, 3, 4})));
    EXPECT_TRUE(equal(dict["big_endian"], dict["float64"]));
    EXPECT_TRUE(equal(dict["\xc3\xa4/b.npy"], dict["float32"]));
  }
}

TEST(Npz, ReadsEveryVersionAndWhatWasWrittenToAPipe) {
  const StateDict dict = io::load_npz(numpys_npz("streamed"));
  EXPECT_EQ(dict.size(), 2u);
  expect_close(dict["version_2"], {0, 1, 2, 3, 4, 5});
  expect_close(dict["version_3"], {0, 1, 2, 3, 4, 5});
}

TEST(Npz, RoundTripsEveryDtypeShapeAndName) {
  TempDir dir;
  std::filesystem::create_directory(dir / "files");
  const std::string path = dir / "files/x", again = dir / "y";
  StateDict dict;
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3}, Shape{2, 0, 5}, Shape{1, 2, 1, 2, 1, 2, 1, 2}}) {
      dict.insert("x" + std::to_string(dict.size()), randint(0, 256, shape).to(dtype));
    }
  }
  for (const char* name : {"", "/", "..", "../../x", "/dev/null", "a/b\\c", "\xc3\xa4", "new\nline", " ", "y.npy"}) {
    dict.insert(name, randn({2}));
  }
  dict.insert(std::string(65531, 'x'), randn({2}));
  io::save_npz(path, dict);
  const StateDict back = io::load_npz(path);
  ASSERT_EQ(back.size(), dict.size());
  auto read = back.begin();
  for (const auto& [name, tensor] : dict) {
    EXPECT_EQ(read->name, name);
    EXPECT_EQ(read->tensor.dtype(), tensor.dtype());
    EXPECT_TRUE(equal(read->tensor, tensor)) << name;
    EXPECT_FALSE(read++->tensor.requires_grad());
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir / "files"), {}), 1);  // no name became a path
  io::save_npz(again, back);
  EXPECT_EQ(read_file(again), read_file(path));
}

TEST(Npz, RoundTripsNothingAndNaN) {
  TempDir dir;
  io::save_npz(dir / "x", {});
  EXPECT_TRUE(io::load_npz(dir / "x").empty());
  StateDict dict;
  dict.insert("nan", tensor({std::nanf("1"), -0.f, INFINITY}));
  dict.insert("null", from_blob(static_cast<float*>(nullptr), {0}));
  io::save_npz(dir / "x", dict);
  const StateDict back = io::load_npz(dir / "x");
  EXPECT_EQ(std::memcmp(back["nan"].data<float>(), dict["nan"].data<float>(), 12), 0);
  EXPECT_EQ(back["null"].shape(), (Shape{0}));
}

TEST(Npz, RefusesNamesThatNumpyWouldNotFind) {
  TempDir dir;
  const std::string path = dir / "x", x80(80, 'x');
  const auto save = [&path](const std::vector<std::string>& names) {
    return [&path, names] {
      StateDict dict;
      for (const std::string& name : names) dict.insert(name, ones({1}));
      io::save_npz(path, dict);
    };
  };
  const std::string long_name =
      "ValueError: save_npz: the name \"" + x80 + "...\" takes 65532 bytes, at most 65531 are allowed";
  expect_errors({
      {"ValueError: save_npz: the name \"a\\u0000b\" has a NUL byte", save({std::string("a\0b", 3)})},
      {"ValueError: save_npz: the name \"\xef\xbf\xbd\" is not UTF-8", save({"\xff"})},
      {long_name.c_str(), save({std::string(65532, 'x')})},
      {"ValueError: save_npz: NumPy would mix up \"a\" and \"a.npy\"; rename one of them", save({"a.npy", "a"})},
      {"ValueError: save_npz: NumPy would mix up \"\" and \".npy\"; rename one of them", save({"", ".npy"})},
  });
  EXPECT_TRUE(std::filesystem::is_empty(dir.string()));
}

// ---- files that lie ----------------------------------------------------------------------------------------------

/// An array file of version 1.0.
std::string array_file(const std::string& descr, const std::string& shape, const std::string& data,
                       const std::string& order = "False") {
  const std::string dict = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dict.size()) + '\0' + dict + data;
}
const std::string one_float = array_file("<f4", "(1,)", "1234");  // of 71 bytes

/// The error of loading must be this, where PATH stands for the path.
void expect_npz_error(const std::string& path, const std::string& bytes, const std::string& error) {
  std::filesystem::remove(path);  // some file systems sync a file that is written over
  write_file(path, bytes);
  std::string expected = "FileError: load_npz: " + error;
  expected.replace(std::min(expected.find("PATH"), expected.size()), 4, path);
  expect_errors({{expected.c_str(), [&path] { io::load_npz(path); }}});
}

/// What a member "w.npy" holds, in an archive where others follow.
struct MalformedMember {
  std::string contents;
  const char* error;
};

// clang-format off
const std::vector<MalformedMember> malformed_members = {
    {"", "\"PATH: w.npy\" is truncated: the magic string ends at byte 8, the file at 0"},
    {"hello", "\"PATH: w.npy\" is truncated: the magic string ends at byte 8, the file at 5"},
    {"hello, world", "\"PATH: w.npy\" is no .npy file: it does not begin with \\x93NUMPY"},
    {std::string("\x93NUMPY\1", 7), "\"PATH: w.npy\" is truncated: the magic string ends at byte 8, the file at 7"},
    {std::string("\x93NUMPY\4\0\0\0", 10), "\"PATH: w.npy\" has version 4.0; 1.0, 2.0 and 3.0 are read"},
    {std::string("\x93NUMPY\1\0\5", 9), "\"PATH: w.npy\" is truncated: the length of the header ends at byte 10, the file at 9"},
    {std::string("\x93NUMPY\1\0\x77\0{", 11), "\"PATH: w.npy\" is truncated: the header ends at byte 129, the file at 11"},
    {std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), "\"PATH: w.npy\": the header would have 4294967295 bytes, at most 65536 are read"},
    {one_float.substr(0, 40), "\"PATH: w.npy\" is truncated: the header ends at byte 67, the file at 40"},
    {one_float.substr(0, 66), "\"PATH: w.npy\" is truncated: the header ends at byte 67, the file at 66"},
    {one_float.substr(0, 69), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (1), more than it can hold"},
    {one_float + "5", "\"PATH: w.npy\" has data after the array, at byte 71"},
    {one_float + one_float, "\"PATH: w.npy\" has data after the array, at byte 71"},
    {array_file("<f4", "(3,)", "1234"), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (3), more than it can hold"},
    {array_file("<f4", "(25000000000,)", "1234"), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (25000000000), more than it can hold"},
    {array_file("<f4", "(4294967296, 4294967296)", "1234"), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (4294967296, 4294967296), more than it can hold"},
    {array_file("<f4", "(0,)", "1234"), "\"PATH: w.npy\" has data after the array, at byte 67"},
    {array_file("|u1", "(2305843009213693952, 0)", ""), "\"PATH: w.npy\": there is no memory for the array of shape (2305843009213693952, 0)"},
    {array_file("<f4", "()", ""), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (), more than it can hold"},
    {array_file("<f4", "(-1,)", "1234"), "\"PATH: w.npy\": the header is wrong: an extent is no number"},
    {array_file("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "1234"), "\"PATH: w.npy\": the header is wrong: more than 8 dims"},
    {array_file("|O", "(1,)", "\x80\4N."), "\"PATH: w.npy\": the header is wrong: it holds pickled Python objects, which are never read"},
    {array_file("<i2", "(2,)", "1234"), "\"PATH: w.npy\": the header is wrong: the dtype '<i2' is not read; these are: bool, uint8, int32, int64, float32, float64"},
    {array_file("<f2", "(2,)", "1234"), "\"PATH: w.npy\": the header is wrong: the dtype '<f2' is not read; these are: bool, uint8, int32, int64, float32, float64"},
    {array_file(">b1", "(4,)", std::string(4, '\0')), "\"PATH: w.npy\": the header is wrong: the dtype '>b1' is not read; these are: bool, uint8, int32, int64, float32, float64"},
    {array_file("|b1", "(4,)", std::string("\0\1\2\1", 4)), "\"PATH: w.npy\": byte 69 is 2, a bool of the array is 0 or 1"},
    {array_file(">f8", "(1,)", "1234567"), "\"PATH: w.npy\" is truncated or damaged: its header says float64 of shape (1), more than it can hold"},
    {array_file("<f4", "(2, 2)", "123456789012345", "True"), "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (2, 2), more than it can hold"},
    {"PK\3\4 is an archive", "\"PATH: w.npy\" is no .npy file: it does not begin with \\x93NUMPY"},
    {"\x1f\x8b\x8 is gzip", "\"PATH: w.npy\" is no .npy file: it does not begin with \\x93NUMPY"},
    {"\x80\2}q\0. is a pickle", "\"PATH: w.npy\" is truncated: the magic string ends at byte 8, the file at 4"},
};

/// Changes of an archive of two stored members, "w.npy" and "b.npy", of 71 bytes.
struct MalformedArchive {
  std::function<void(ZipFile&)> edit;
  const char* error;
};
const std::vector<MalformedArchive> malformed_archives = {
    {[](ZipFile& z) { z.members[0].contents[21] ^= 2; }, "\"PATH: w.npy\" is damaged: its CRC-32 is e782dc3e, the archive says 3491e99d"},  // '<f4' becomes '>f4'
    {[](ZipFile& z) { z.members[0].contents[69] ^= 1; }, "\"PATH: w.npy\" is damaged: its CRC-32 is 2d8ad8dc, the archive says 3491e99d"},
    {[](ZipFile& z) { z.members[1].contents[69] ^= 1; }, "\"PATH: b.npy\" is damaged: its CRC-32 is 2d8ad8dc, the archive says 3491e99d"},
    {[](ZipFile& z) { z.members[0].contents[0] = 'x'; }, "\"PATH: w.npy\" is no .npy file: it does not begin with \\x93NUMPY"},
    {[](ZipFile& z) { z.members[0].crc = 0; }, "\"PATH: w.npy\" is damaged: its CRC-32 is 3491e99d, the archive says 00000000 (it may have been written without)"},
    {[](ZipFile& z) { z.members[0].local_name = "x.npy"; }, "\"PATH\": the archive is damaged: the header at byte 0 is that of \"x.npy\", expected \"w.npy\""},
    {[](ZipFile& z) { z.members[1] = stored("w", one_float); }, "\"PATH\" has two arrays named \"w\", one of them without .npy"},
    {[](ZipFile& z) { z.members[1] = stored("w.npy", one_float); }, "\"PATH\": the archive is damaged: \"w.npy\" occurs twice"},
    {[](ZipFile& z) { z.members[1] = stored("folder/", ""); }, "\"PATH: folder/\" is truncated: the magic string ends at byte 8, the file at 0"},
    {[](ZipFile& z) { z.members[1] = stored("notes.txt", "Made by hand."); }, "\"PATH: notes.txt\" is no .npy file: it does not begin with \\x93NUMPY"},
    {[](ZipFile& z) { z.members[1] = stored("model/data.pkl", "\x80\2}q\1. and more"); }, "\"PATH: model/data.pkl\" is no .npy file: it does not begin with \\x93NUMPY"},
    {[](ZipFile& z) { z.members[1] = stored("new\nline.npy", "Made by hand."); }, "\"PATH: new\\nline.npy\" is no .npy file: it does not begin with \\x93NUMPY"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = std::string("b\0.npy", 6); }, "\"PATH\": the archive is damaged: the name \"b\\u0000.npy\" has a NUL byte"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = "\xe4.npy"; }, "\"PATH\": the name \"\xEF\xBF\xBD.npy\" is neither ASCII nor marked as UTF-8; no other encoding is read"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = ""; }, "\"PATH\": the archive is damaged: entry 1 has no name"},
    {[](ZipFile& z) { z.members[0].size = 72; }, "\"PATH\": the archive is damaged: \"w.npy\" is stored as it is, but has two sizes, 72 and 71"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 70; }, "\"PATH: w.npy\" is truncated or damaged: its header says float32 of shape (1), more than it can hold"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 72; }, "\"PATH: w.npy\" is damaged: it has 71 bytes, the archive says 72"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 20; }, "\"PATH: w.npy\" is damaged: it holds more than the 20 bytes that the archive says"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].crc ^= 1; }, "\"PATH: w.npy\" is damaged: its CRC-32 is 3491e99d, the archive says 3491e99c"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].contents.resize(30); }, "\"PATH: w.npy\" is truncated: its deflate stream has no end, the file ends at byte 30"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].contents[0] = '\x07'; }, "\"PATH: w.npy\" is damaged: invalid block type before byte 1, in its deflate stream"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float, 0); z.members[0].contents += "more"; }, "\"PATH: w.npy\" is damaged: its deflate stream has 76 bytes, the archive says 80"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float + std::string(1000, 'x')); z.members[0].size = 71; z.members[0].crc = stored("", one_float).crc; }, "\"PATH: w.npy\" is damaged: it holds more than the 71 bytes that the archive says"},
    {[](ZipFile& z) { z.members[0].method = 8; }, "\"PATH: w.npy\" is damaged: it has 6 bytes, the archive says 71"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float, 0); z.members[0].method = 0; }, "\"PATH\": the archive is damaged: \"w.npy\" is stored as it is, but has two sizes, 71 and 76"},
    {[](ZipFile& z) { z.members[0].method = 14; }, "\"PATH\": \"w.npy\" is compressed by method 14 (LZMA); stored and deflated entries are read"},
    {[](ZipFile& z) { z.members[0].flags = 1; }, "\"PATH\": \"w.npy\" is encrypted, which is not read"},
    {[](ZipFile& z) { z.set_central(1, central::offset, 0); }, "\"PATH\": the archive is damaged: \"w.npy\" of 71 bytes at byte 0 reaches into \"b.npy\""},
    {[](ZipFile& z) { z.set_local(0, local::extra, 9); }, "\"PATH\": the archive is damaged: \"w.npy\" ends at byte 115, but what follows it begins at byte 106"},
    {[](ZipFile& z) { z.before = z.bytes(); z.set_end(testing::end::offset, 212); }, "\"PATH\": the archive is damaged: its directory of 102 bytes at byte 212 does not end at byte 650"},
};
// clang-format on

TEST(Npz, RefusesMembersThatAreNoArraysWithOneLine) {
  TempDir dir;
  for (const MalformedMember& row : malformed_members) {
    for (const ZipMember& member : {stored("w.npy", row.contents), deflated_member("w.npy", row.contents)}) {
      expect_npz_error(dir / "x", ZipFile({member, stored("b.npy", one_float)}).bytes(), row.error);
    }
  }
}

TEST(Npz, RefusesMalformedArchivesWithOneLine) {
  TempDir dir;
  for (const MalformedArchive& row : malformed_archives) {
    ZipFile archive({stored("w.npy", one_float), stored("b.npy", one_float)});
    row.edit(archive);
    expect_npz_error(dir / "x", archive.bytes(), row.error);
  }
}

TEST(Npz, RefusesOtherFiles) {
  TempDir dir;
  expect_npz_error(dir / "x", "", "\"PATH\" is truncated: the magic string ends at byte 4, the file at 0");
  expect_npz_error(dir / "x", one_float, "\"PATH\" is no ZIP archive: it does not begin with PK\\x03\\x04");
  expect_npz_error(dir / "x", ZipFile({stored("w.npy", one_float)}).bytes().substr(0, 100),
                   "\"PATH\" is truncated or damaged: the archive has no end record");
  const std::string is_directory = "FileError: load_npz: \"" + dir.string() + "\" is a directory, not a file";
  expect_errors({{is_directory.c_str(), [&dir] { io::load_npz(dir.string()); }}});
}

TEST(Npz, RefusesObjectsAndOtherDtypesByName) {
  for (const auto& [name, what] :
       {std::pair{"objects", ": bad.npy\": the header is wrong: it holds pickled Python objects, which are never read"},
        {"refused_int16",
         ": x.npy\": the header is wrong: the dtype '<i2' is not read; these are: bool, uint8, int32, int64, float32, "
         "float64"}}) {
    const std::string path = numpys_npz(name), error = "FileError: load_npz: \"" + path + what;
    expect_errors({{error.c_str(), [&path] { io::load_npz(path); }}});
  }
}

/// Deflated bytes may declare what they can become, and no more: memory is asked for only then.
TEST(Npz, RefusesBombsBeforeTheyTakeMemory) {
  TempDir dir;
  const std::string zeros(1 << 20, '\0');
  ZipMember bomb = deflated_member("w.npy", array_file("|u1", "(100000000000,)", zeros));
  bomb.contents.resize(1 << 20);
  bomb.central_extra = bomb.local_extra = little(1, 2) + little(8, 2) + little(100'000'000'000, 8);
  bomb.size = 0xffffffff;
  expect_npz_error(dir / "x", ZipFile({bomb}).bytes(),
                   "\"PATH\": the archive is damaged: \"w.npy\" cannot have 100000000000 bytes: 1048576 deflated ones "
                   "become at most 1082130432");
  expect_npz_error(
      dir / "x", ZipFile({deflated_member("w.npy", array_file("|u1", "(100000000000,)", zeros))}).bytes(),
      "\"PATH: w.npy\" is truncated or damaged: its header says uint8 of shape (100000000000), more than it can hold");
  // 1,000 names for the same bytes.
  ZipFile archive({stored("0.npy", array_file("|u1", "(1048576,)", zeros))});
  for (std::size_t i = 1; i < 1000; ++i) {
    archive.members.push_back(stored(std::to_string(i) + ".npy", ""));
    archive.members[i].size = archive.members[0].size;
    archive.members[i].crc = archive.members[0].crc;
    archive.set_central(i, central::offset, 0);
    archive.set_central(i, central::compressed, archive.members[0].size);
  }
  expect_npz_error(dir / "x", archive.bytes(),
                   "\"PATH\": the archive is damaged: \"0.npy\" of 1048649 bytes at byte 0 reaches into \"1.npy\"");
}

/// Of a flipped bit, either nothing is noticed because nothing depends on it, or the file is refused.
TEST(Npz, SurvivesEveryTruncationAndEveryFlippedBit) {
  TempDir dir;
  const std::string path = dir / "x";
  for (const char* name : {"small_stored", "small_deflated"}) {
    SCOPED_TRACE(name);
    const std::string whole = read_file(numpys_npz(name));
    int loaded = 0;
    const auto load = [&path, &loaded](const std::string& bytes) {
      loaded += testing::loads(path, bytes, [&path] {
        const StateDict dict = io::load_npz(path);
        EXPECT_EQ(dict.size(), 2u);
        EXPECT_TRUE(equal(dict["w"], tensor({1.5f})));
        EXPECT_TRUE(equal(dict["b"], tensor({true, false})));
      });
    };
    testing::for_each_truncation(whole, load);
    EXPECT_EQ(loaded, 0);
    testing::for_each_flipped_bit(whole, [&load](const std::string& bytes, std::size_t) { load(bytes); });
    EXPECT_GT(loaded, 100);  // dates, versions, attributes
  }
}

}  // namespace
}  // namespace xtape
