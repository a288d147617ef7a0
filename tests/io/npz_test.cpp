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
  io::save_npz(dir / "x", dict);
  const StateDict back = io::load_npz(dir / "x");
  EXPECT_EQ(std::memcmp(back["nan"].data<float>(), dict["nan"].data<float>(), 12), 0);
}

TEST(Npz, HoldsMoreEntriesThanAnArchiveWithoutZip64) {
  TempDir dir;
  std::vector<NamedTensor> entries;
  for (std::int64_t i = 0; i < 66000; ++i) entries.push_back({std::to_string(i), tensor(i)});
  io::save_npz(dir / "x", StateDict(std::move(entries)));
  const StateDict back = io::load_npz(dir / "x");
  EXPECT_EQ(back.size(), 66000u);
  EXPECT_EQ(back["65999"].item<std::int64_t>(), 65999);
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
const std::string one_float = array_file("<f4", "(1,)", "1234");  // of 70 bytes

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
    {"", "?"},
    {"hello", "?"},
    {"hello, world", "?"},
    {std::string("\x93NUMPY\1", 7), "?"},
    {std::string("\x93NUMPY\4\0\0\0", 10), "?"},
    {std::string("\x93NUMPY\1\0\5", 9), "?"},
    {std::string("\x93NUMPY\1\0\x77\0{", 11), "?"},
    {std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), "?"},
    {one_float.substr(0, 40), "?"},
    {one_float.substr(0, 66), "?"},
    {one_float.substr(0, 69), "?"},
    {one_float + "5", "?"},
    {one_float + one_float, "?"},
    {array_file("<f4", "(3,)", "1234"), "?"},
    {array_file("<f4", "(25000000000,)", "1234"), "?"},
    {array_file("<f4", "(4294967296, 4294967296)", "1234"), "?"},
    {array_file("<f4", "(0,)", "1234"), "?"},
    {array_file("|u1", "(2305843009213693952, 0)", ""), "?"},
    {array_file("<f4", "()", ""), "?"},
    {array_file("<f4", "(-1,)", "1234"), "?"},
    {array_file("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "1234"), "?"},
    {array_file("|O", "(1,)", "\x80\4N."), "?"},
    {array_file("<i2", "(2,)", "1234"), "?"},
    {array_file("<f2", "(2,)", "1234"), "?"},
    {array_file(">b1", "(4,)", std::string(4, '\0')), "?"},
    {array_file("|b1", "(4,)", std::string("\0\1\2\1", 4)), "?"},
    {array_file(">f8", "(1,)", "1234567"), "?"},
    {array_file("<f4", "(2, 2)", "123456789012345", "True"), "?"},
    {"PK\3\4 is an archive", "?"},
    {"\x1f\x8b\x8 is gzip", "?"},
    {"\x80\2}q\0. is a pickle", "?"},
};

/// Changes of an archive of two stored members, "w.npy" and "b.npy", of 70 bytes.
struct MalformedArchive {
  std::function<void(ZipFile&)> edit;
  const char* error;
};
const std::vector<MalformedArchive> malformed_archives = {
    {[](ZipFile& z) { z.members[0].contents[20] ^= 2; }, "?"},                                   // '<f4' becomes '>f4'
    {[](ZipFile& z) { z.members[0].contents[69] ^= 1; }, "?"},
    {[](ZipFile& z) { z.members[1].contents[69] ^= 1; }, "?"},
    {[](ZipFile& z) { z.members[0].contents[0] = 'x'; }, "?"},
    {[](ZipFile& z) { z.members[0].crc = 0; }, "?"},
    {[](ZipFile& z) { z.members[0].local_name = "x.npy"; }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("w", one_float); }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("w.npy", one_float); }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("folder/", ""); }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("notes.txt", "Made by hand."); }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("model/data.pkl", "\x80\2}q\1. and more"); }, "?"},
    {[](ZipFile& z) { z.members[1] = stored("new\nline.npy", "Made by hand."); }, "?"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = std::string("b\0.npy", 6); }, "?"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = "\xe4.npy"; }, "?"},
    {[](ZipFile& z) { z.members[1].name = z.members[1].local_name = ""; }, "?"},
    {[](ZipFile& z) { z.members[0].size = 71; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 69; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 71; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].size = 20; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].crc ^= 1; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].contents.resize(30); }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].contents[0] = '\x07'; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].contents += "more"; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float + std::string(1000, 'x')); z.members[0].size = 70; z.members[0].crc = stored("", one_float).crc; }, "?"},
    {[](ZipFile& z) { z.members[0].method = 8; }, "?"},
    {[](ZipFile& z) { z.members[0] = deflated_member("w.npy", one_float); z.members[0].method = 0; }, "?"},
    {[](ZipFile& z) { z.members[0].method = 14; }, "?"},
    {[](ZipFile& z) { z.members[0].flags = 1; }, "?"},
    {[](ZipFile& z) { z.set_central(1, central::offset, 0); }, "?"},
    {[](ZipFile& z) { z.set_local(0, local::extra, 9); }, "?"},
    {[](ZipFile& z) { z.before = z.bytes(); z.set_end(testing::end::offset, 210); }, "?"},
};
// clang-format on

TEST(Npz, RefusesMembersThatAreNoArraysWithOneLine) {
  TempDir dir;
  for (const MalformedMember& row : malformed_members) {
    for (const auto& make : {stored, deflated_member}) {
      const ZipFile archive({make("w.npy", row.contents), stored("b.npy", one_float)});
      expect_npz_error(dir / "x", archive.bytes(), row.error);
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
  expect_npz_error(dir / "x", "", "?");
  expect_npz_error(dir / "x", one_float, "?");
  expect_npz_error(dir / "x", ZipFile({stored("w.npy", one_float)}).bytes().substr(0, 100), "?");
  expect_npz_error(dir.string(), "", "\"PATH\" is a directory, not a file");
}

/// Deflated bytes may declare what they can become, and no more: memory is asked for only then.
TEST(Npz, RefusesBombsBeforeTheyTakeMemory) {
  TempDir dir;
  const std::string zeros(1 << 20, '\0');
  ZipMember bomb = deflated_member("w.npy", array_file("|u1", "(100000000000,)", zeros));
  bomb.contents.resize(1 << 20);
  bomb.central_extra = bomb.local_extra = little(1, 2) + little(8, 2) + little(100'000'000'000, 8);
  bomb.size = 0xffffffff;
  expect_npz_error(dir / "x", ZipFile({bomb}).bytes(), "?");
  expect_npz_error(dir / "x", ZipFile({deflated_member("w.npy", array_file("|u1", "(100000000000,)", zeros))}).bytes(),
                   "?");
  // 1,000 names for the same bytes.
  ZipFile archive({stored("0.npy", array_file("|u1", "(1048576,)", zeros))});
  for (std::size_t i = 1; i < 1000; ++i) {
    archive.members.push_back(stored(std::to_string(i) + ".npy", ""));
    archive.members[i].size = archive.members[0].size;
    archive.members[i].crc = archive.members[0].crc;
    archive.set_central(i, central::offset, 0);
    archive.set_central(i, central::compressed, archive.members[0].size);
  }
  expect_npz_error(dir / "x", archive.bytes(), "?");
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
      std::filesystem::remove(path);  // some file systems sync a file that is written over
      write_file(path, bytes);
      try {
        const StateDict dict = io::load_npz(path);
        EXPECT_EQ(dict.size(), 2u);
        EXPECT_TRUE(equal(dict["w"], tensor({1.5f})));
        EXPECT_TRUE(equal(dict["b"], tensor({true, false})));
        ++loaded;
      } catch (const FileError& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      }
    };
    testing::for_each_truncation(whole, load);
    EXPECT_EQ(loaded, 0);
    testing::for_each_flipped_bit(whole, [&load](const std::string& bytes, std::size_t) { load(bytes); });
    EXPECT_GT(loaded, 100);  // dates, versions, attributes
  }
}

}  // namespace
}  // namespace xtape
