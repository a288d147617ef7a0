#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_errors;
using testing::read_file;
using testing::TempDir;
using testing::write_file;

/// A file of tests/io/files.
std::string numpys(const std::string& name) { return testing::source_file("tests/io/files/" + name); }

const std::vector<double> counted = {0, 1, 2, 3, 4, 5};

TEST(Npy, ReadsEveryDtypeThatNumpyWrites) {
  for (DType dtype : {uint8, int32, int64, float32, float64}) {
    const Tensor x = io::load_npy(numpys(to_string(dtype) + std::string(".npy")));
    EXPECT_EQ(x.dtype(), dtype);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    expect_close(x, counted);
  }
  EXPECT_TRUE(equal(io::load_npy(numpys("bool.npy")), tensor({{false, true, true}, {true, true, true}})));
}

TEST(Npy, ReadsBigEndianFiles) {
  for (const auto& [name, dtype] : {std::pair{"i4", int32}, {"i8", int64}, {"f4", float32}, {"f8", float64}}) {
    const Tensor x = io::load_npy(numpys("big_endian_" + std::string(name) + ".npy"));
    EXPECT_EQ(x.dtype(), dtype);
    expect_close(x, counted);
  }
}

TEST(Npy, ReadsFortranOrder) {
  EXPECT_TRUE(equal(io::load_npy(numpys("fortran.npy")), arange(24, {.dtype = float32}).reshape({2, 3, 4})));
}

TEST(Npy, ReadsEveryVersionAndEveryRank) {
  expect_close(io::load_npy(numpys("version_2.npy")), counted);
  expect_close(io::load_npy(numpys("version_3.npy")), counted);
  EXPECT_TRUE(equal(io::load_npy(numpys("scalar.npy")), tensor(7)));
  EXPECT_EQ(io::load_npy(numpys("empty.npy")).shape(), (Shape{0, 3}));
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  TempDir dir;
  for (const char* name : {"bool", "uint8", "int32", "int64", "float32", "float64", "scalar", "empty"}) {
    const std::string file = numpys(name + std::string(".npy"));
    io::save_npy(dir / "x.npy", io::load_npy(file));
    EXPECT_EQ(read_file(dir / "x.npy"), read_file(file)) << name;
  }
}

/// A file of version 1.0 with this dict, unpadded, and this data.
std::string npy(const std::string& dict, const std::string& data = "") {
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dict.size()) + '\0' + dict + data;
}
std::string dict_of(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

TEST(Npy, RefusesMalformedFilesWithOneLine) {
  TempDir dir;
  const std::string path = dir / "x.npy", good = dict_of("'<f4'", "False", "(1,)");
  struct Malformed {
    std::string bytes;
    const char* error;
  };
  // clang-format off
  const std::vector<Malformed> files = {
      {"", " is truncated: the magic string ends at byte 8, the file at 0"},
      {"\x93NUMPY\1", " is truncated: the magic string ends at byte 8, the file at 7"},
      {std::string("\x93NUMPX\1\0", 8), " is no .npy file: it does not begin with \\x93NUMPY"},
      {"PK\3\4 is a zip file", " is no .npy file: it does not begin with \\x93NUMPY"},
      {std::string("\x93NUMPY\0\0\0\0", 10), " has version 0.0; 1.0, 2.0 and 3.0 are read"},
      {std::string("\x93NUMPY\4\0\0\0", 10), " has version 4.0; 1.0, 2.0 and 3.0 are read"},
      {std::string("\x93NUMPY\1\1\0\0", 10), " has version 1.1; 1.0, 2.0 and 3.0 are read"},
      {std::string("\x93NUMPY\1\0\5", 9), " is truncated: the length of the header ends at byte 10, the file at 9"},
      {std::string("\x93NUMPY\1\0\5\0", 10), " is truncated: the header ends at byte 15, the file at 10"},
      {std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), ": the header would have 4294967295 bytes, at most 65536 are read"},
      {npy(""), ": the header is wrong: '{' is expected at its byte 0"},
      {npy("[]"), ": the header is wrong: '{' is expected at its byte 0"},
      {npy("{"), ": the header is wrong: a string is expected at its byte 1"},
      {npy("{}"), ": the header is wrong: 'descr' is missing"},
      {npy("{1: 2}"), ": the header is wrong: a string is expected at its byte 1"},
      {npy("{'descr"), ": the header is wrong: a string has no end"},
      {npy("{'descr' '<f4'}"), ": the header is wrong: ':' is expected at its byte 9"},
      {npy("{'descr': '<f4' 'shape': ()}"), ": the header is wrong: '}' is expected at its byte 16"},
      {npy("{'descr': '<f4'}"), ": the header is wrong: 'fortran_order' is missing"},
      {npy("{'descr': '<f4', 'fortran_order': False}"), ": the header is wrong: 'shape' is missing"},
      {npy("{'descr': '<f4', 'descr': '<f4'}"), ": the header is wrong: 'descr' occurs twice"},
      {npy("{'description': '<f4'}"), ": the header is wrong: 'description' is no key of it"},
      {npy(good + "x", "1234"), ": the header is wrong: text follows the dict"},
      {npy(dict_of("'<f2'", "False", "(1,)")), ": the header is wrong: the dtype '<f2' is not read; these are: bool, uint8, int32, int64, float32, float64"},
      {npy(dict_of("'|f4'", "False", "(1,)")), ": the header is wrong: the dtype '|f4' is not read; these are: bool, uint8, int32, int64, float32, float64"},
      {npy(dict_of("'<b1'", "False", "(1,)")), ": the header is wrong: the dtype '<b1' is not read; these are: bool, uint8, int32, int64, float32, float64"},
      {npy(dict_of("''", "False", "(1,)")), ": the header is wrong: the dtype '' is not read; these are: bool, uint8, int32, int64, float32, float64"},
      {npy(dict_of("'|O'", "False", "(1,)")), ": the header is wrong: it holds pickled Python objects, which are never read"},
      {npy(dict_of("[('a', '<f4')]", "False", "(1,)")), ": the header is wrong: a string is expected at its byte 10"},
      {npy(dict_of("'<f4'", "0", "(1,)")), ": the header is wrong: 'fortran_order' is neither True nor False"},
      {npy(dict_of("'<f4'", "False", "1")), ": the header is wrong: '(' is expected at its byte 50"},
      {npy(dict_of("'<f4'", "False", "[1]")), ": the header is wrong: '(' is expected at its byte 50"},
      {npy(dict_of("'<f4'", "False", "(-1,)")), ": the header is wrong: an extent is no number"},
      {npy(dict_of("'<f4'", "False", "(1)"), "1234"), ": the header is wrong: the shape (1) is a number, not a tuple"},
      {npy(dict_of("'|u1'", "False", "(2305843009213693952, 0)")), ": there is no memory for the array of shape (2305843009213693952, 0)"},
      {npy(dict_of("'<f4'", "False", "(,)")), ": the header is wrong: an extent is no number"},
      {npy(dict_of("'<f4'", "False", "(1 2)")), ": the header is wrong: ')' is expected at its byte 53"},
      {npy(dict_of("'<f4'", "False", "(1.0,)")), ": the header is wrong: ')' is expected at its byte 52"},
      {npy(dict_of("'<f4'", "False", "(1L,)")), ": the header is wrong: ')' is expected at its byte 52"},
      {npy(dict_of("'<f4'", "False", "(9223372036854775808,)")), ": the header is wrong: an extent is larger than any file"},
      {npy(dict_of("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)")), ": the header is wrong: more than 8 dims"},
      {npy(dict_of("'<f4'", "False", "(4294967296, 4294967296)")), " is truncated or damaged: its header says float32 of shape (4294967296, 4294967296), more than it can hold"},
      {npy(dict_of("'<f4'", "False", "(4294967296, 4294967296, 0)")), " is truncated or damaged: its header says float32 of shape (4294967296, 4294967296, 0), more than it can hold"},
      {npy(good, "123"), " is truncated or damaged: its header says float32 of shape (1), more than it can hold"},
      {npy(good, "12345"), " has data after the array, at byte 71"},
      {npy(dict_of("'|b1'", "False", "(4,)"), std::string("\0\1\7\1", 4)), ": byte 69 is 7, a bool of the array is 0 or 1"},
      {npy(good, "1234"), nullptr},
      {npy("{\"shape\":(),\"fortran_order\":True,\"descr\":\">f8\"}", "12345678"), nullptr},
  };
  // clang-format on
  for (const Malformed& file : files) {
    write_file(path, file.bytes);
    const std::string error = file.error ? "FileError: load_npy: \"" + path + "\"" + file.error : "no error";
    expect_errors({{error.c_str(), [&path] { io::load_npy(path); }}});
  }
}

TEST(Npy, RefusesOtherDtypesByName) {
  const std::string rest = " is not read; these are: bool, uint8, int32, int64, float32, float64";
  for (const auto& [name, what] : {std::pair{"float16", "the dtype '<f2'" + rest},
                                   {"int16", "the dtype '<i2'" + rest},
                                   {"complex64", "the dtype '<c8'" + rest},
                                   {"U3", "the dtype '<U3'" + rest},
                                   {"datetime64", "the dtype '<M8[s]'" + rest},
                                   {"record", "a string is expected at its byte 10"}}) {
    const std::string path = numpys("refused_" + std::string(name) + ".npy");
    const std::string error = "FileError: load_npy: \"" + path + "\": the header is wrong: " + what;
    expect_errors({{error.c_str(), [&path] { io::load_npy(path); }}});
  }
  const std::string path = numpys("objects.npy");
  const std::string error = "FileError: load_npy: \"" + path +
                            "\": the header is wrong: it holds pickled Python objects, which are never read";
  expect_errors({{error.c_str(), [&path] { io::load_npy(path); }},
                 {"ValueError: save_npy: the tensor is undefined", [] { io::save_npy("x.npy", Tensor()); }}});
}

TEST(Npy, SurvivesEveryTruncationAndEveryFlippedBit) {
  TempDir dir;
  const std::string path = dir / "x.npy", whole = read_file(numpys("bool.npy"));
  int loaded = 0;
  const auto load = [&path, &loaded](const std::string& bytes) {
    loaded += testing::loads(path, bytes, [&path] { EXPECT_TRUE(io::load_npy(path).defined()); });
  };
  testing::for_each_truncation(whole, load);
  EXPECT_EQ(loaded, 0);
  testing::for_each_flipped_bit(whole, [&load](const std::string& bytes, std::size_t) { load(bytes); });
  EXPECT_GT(loaded, 5);  // the elements
}

TEST(SafetensorsOfPython, AreReadWithEveryDtype) {
  const StateDict dict = io::load_safetensors(numpys("python.safetensors"));
  EXPECT_EQ(dict.size(), 10u);
  for (const auto& [name, dtype] : {std::pair{"uint8", uint8},
                                    {"int32", int32},
                                    {"int64", int64},
                                    {"float32", float32},
                                    {"float64", float64},
                                    {"half", float32},
                                    {"bfloat", float32}}) {
    EXPECT_EQ(dict[name].dtype(), dtype) << name;
    EXPECT_EQ(dict[name].shape(), (Shape{2, 3})) << name;
    expect_close(dict[name], counted);
  }
  EXPECT_TRUE(equal(dict["bool"], tensor({{false, true, true}, {true, true, true}})));
  EXPECT_TRUE(equal(dict["scalar"], tensor(7.f)));
  EXPECT_EQ(dict["empty"].shape(), (Shape{0, 3}));
  const io::Metadata metadata = io::safetensors_metadata(numpys("python.safetensors"));
  EXPECT_EQ(metadata.at("classes"), "shirt,shoe");
}

TEST(SafetensorsOfPython, RefusesOtherDtypesByName) {
  const std::string path = numpys("int16.safetensors");
  testing::expect_error<FileError>([&path] { io::load_safetensors(path); }, path,
                                   "\"x\": the dtype \"I16\" is not read");
}

}  // namespace
}  // namespace xtape
