#include <fcntl.h>

#include <cmath>
#include <cstring>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_errors;
using testing::inf;
using testing::read_file;
using testing::TempDir;
using testing::write_file;

/// A file of these header bytes and data, with the right length before them.
std::string safetensors(const std::string& header, const std::string& data = "") {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header + data;
}

StateDict every_dtype() {
  StateDict dict;
  dict.insert("weight", tensor({{1.5f, -2.f, 0.f}, {3.f, 1e-40f, -0.f}}));
  dict.insert("double", tensor({1. / 3, -1e300}, {.dtype = float64}));
  dict.insert("int", tensor({-1, 2147483647}, {.dtype = int32}));
  dict.insert("long", tensor({INT64_MIN, INT64_MAX}));
  dict.insert("byte", tensor({0, 255, 7}, {.dtype = uint8}));
  dict.insert("truth", tensor({true, false, true}));
  dict.insert("scalar", tensor(2.5f));
  dict.insert("nothing", zeros({0, 3}));
  return dict;
}

void expect_same(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_TRUE(equal(tensor, b[name])) << name;
    EXPECT_EQ(tensor.dtype(), b[name].dtype()) << name;
  }
}

TEST(Safetensors, GiveBackEveryDtypeAndShape) {
  TempDir dir;
  io::save_safetensors(dir / "all.safetensors", every_dtype());
  expect_same(io::load_safetensors(dir / "all.safetensors"), every_dtype());
}

TEST(Safetensors, GiveBackTheBitsOfNaN) {
  TempDir dir;
  StateDict dict;
  dict.insert("x", tensor({std::nanf("0x123"), -std::nanf("0x7"), float(inf), float(-inf)}));
  io::save_safetensors(dir / "nan", dict);
  const Tensor y = io::load_safetensors(dir / "nan")["x"];
  EXPECT_EQ(std::memcmp(y.data<float>(), dict["x"].data<float>(), 16), 0);
}

TEST(Safetensors, GiveBackAModel) {
  TempDir dir;
  nn::Sequential model{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Linear(3, 2)};
  io::save_safetensors(dir / "model.safetensors", model.state_dict());
  nn::Sequential other{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Linear(3, 2)};
  other.load_state_dict(io::load_safetensors(dir / "model.safetensors"));
  expect_same(other.state_dict(), model.state_dict());
}

TEST(Safetensors, LayTensorsOutAsPythonDoes) {
  TempDir dir;
  StateDict dict;
  dict.insert("b", tensor({1, 2}, {.dtype = uint8}));
  dict.insert("c", tensor({1.f}));
  dict.insert("a", tensor({2.f}));
  dict.insert("d", tensor({1}));
  io::save_safetensors(dir / "x", dict, {{"format", "pt"}});
  const std::string file = read_file(dir / "x");
  EXPECT_EQ(file.substr(8, file.size() - 8 - 18),
            R"({"__metadata__":{"format":"pt"},"d":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
            R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"c":{"dtype":"F32","shape":[1],)"
            R"("data_offsets":[12,16]},"b":{"dtype":"U8","shape":[2],"data_offsets":[16,18]}})");
  EXPECT_EQ(static_cast<unsigned char>(file[0]) % 8, 0);
}

TEST(Safetensors, KeepTexts) {
  TempDir dir;
  io::save_safetensors(dir / "x", every_dtype(), {{"classes", "shirt,shoe"}, {"quote\"\n", "\xc3\xa9\t"}});
  const io::Metadata m = io::safetensors_metadata(dir / "x");
  EXPECT_EQ(m.at("classes"), "shirt,shoe");
  EXPECT_EQ(m.at("quote\"\n"), "\xc3\xa9\t");
  EXPECT_TRUE(m.contains("classes"));
  EXPECT_FALSE(m.contains("shirt"));
  EXPECT_EQ(m.size(), 2u);
  io::save_safetensors(dir / "y", every_dtype());
  EXPECT_TRUE(io::safetensors_metadata(dir / "y").empty());
}

TEST(Safetensors, HoldNothingAtAll) {
  TempDir dir;
  io::save_safetensors(dir / "x", {});
  EXPECT_TRUE(io::load_safetensors(dir / "x").empty());
  EXPECT_EQ(read_file(dir / "x").substr(8), "{}      ");
}

TEST(Safetensors, StoreHalvesOnRequest) {
  TempDir dir;
  StateDict dict;
  dict.insert("x", tensor({1.f, 1.0009765f, 65504.f, 1e-8f, -2049.f, -2051.f, float(inf), std::nanf("")}));
  dict.insert("n", tensor({1, 2}));
  io::save_safetensors(dir / "half", dict, {}, {.floats = io::FloatFormat::float16});
  const StateDict half = io::load_safetensors(dir / "half");
  EXPECT_EQ(half["x"].dtype(), float32);
  expect_close(half["x"], {1, 1.0009765625, 65504, 0, -2048, -2052, inf, std::nan("")});
  EXPECT_TRUE(equal(half["n"], dict["n"]));
  io::save_safetensors(dir / "bfloat", dict, {}, {.floats = io::FloatFormat::bfloat16});
  expect_close(io::load_safetensors(dir / "bfloat")["x"],
               {1, 1, 65536, 1.0011717677116394e-08, -2048, -2048, inf, std::nan("")});
}

TEST(Safetensors, StoreNoInfinityForAFiniteNumber) {
  TempDir dir;
  StateDict dict;
  dict.insert("w", tensor({1.f, 65520.f}));
  StateDict large;
  large.insert("w", tensor({3.4e38f}));
  StateDict largest;
  largest.insert("w", tensor({1e300}, {.dtype = float64}));
  const std::string path = dir / "x";
  expect_errors({
      {"ValueError: save_safetensors: \"w\": element 0 is 1e+300, too large for bfloat16",
       [&] { io::save_safetensors(path, largest, {}, {.floats = io::FloatFormat::bfloat16}); }},
      {"ValueError: save_safetensors: \"w\": element 1 is 65520, too large for float16; store bfloat16 or float32",
       [&] { io::save_safetensors(path, dict, {}, {.floats = io::FloatFormat::float16}); }},
      {"ValueError: save_safetensors: \"w\": element 0 is 3.4e+38, too large for bfloat16",
       [&] { io::save_safetensors(path, large, {}, {.floats = io::FloatFormat::bfloat16}); }},
  });
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Safetensors, HoldThousandsOfEntriesAndParameters) {
  TempDir dir;
  StateDict dict;
  for (int i = 10000; i > 0; --i) dict.insert(std::to_string(i), full({1}, static_cast<float>(i)).requires_grad_());
  io::save_safetensors(dir / "x", dict);
  const StateDict back = io::load_safetensors(dir / "x");
  EXPECT_EQ(back.size(), 10000u);
  EXPECT_EQ(back["777"].item<float>(), 777);
  EXPECT_FALSE(back["777"].requires_grad());
}

TEST(Safetensors, HoldTextsOfTwoMegabytesAtMost) {
  TempDir dir;
  const std::string path = dir / "x", longest(1'999'998, 'x');  // and two quotes
  io::save_safetensors(path, {}, {{"x", longest}, {"y", longest}});
  EXPECT_EQ(io::safetensors_metadata(path).at("y"), longest);
  const std::string shown = "\"" + longest.substr(0, 80) + "...\"";
  const std::string error =
      "ValueError: save_safetensors: the name or text " + shown + " takes 2000001 bytes, at most 2000000 are allowed";
  expect_errors({{error.c_str(), [&] { io::save_safetensors(path, {}, {{"x", longest + "x"}}); }}});
}

TEST(Safetensors, RefuseNamesAndTextsThatTheFormatCannotHold) {
  TempDir dir;
  StateDict bad, reserved;
  bad.insert("\xff", ones({1}));
  reserved.insert("__metadata__", ones({1}));
  const std::string path = dir / "x";
  expect_errors({
      {"ValueError: save_safetensors: \"\xef\xbf\xbd\" is not UTF-8", [&] { io::save_safetensors(path, bad); }},
      {"ValueError: save_safetensors: \"a\xef\xbf\xbd\" is not UTF-8",
       [&] {
         io::save_safetensors(path, {}, {{"x", "a\xc3"}});
       }},
      {"ValueError: save_safetensors: no tensor can be named \"__metadata__\"",
       [&] { io::save_safetensors(path, reserved); }},
      {"ValueError: Metadata: \"a\" occurs twice",
       [] {
         io::Metadata({{"a", "1"}, {"a", "2"}});
       }},
      {"IndexError: Metadata: there is no \"b\"",
       [] {
         io::Metadata({{"a", "1"}}).at("b");
       }},
  });
  EXPECT_TRUE(std::filesystem::is_empty(dir.string()));
}

// ---- files that lie ----------------------------------------------------------------------------------------------

struct Malformed {
  std::string bytes;
  const char* error;  // what follows "load_safetensors: "PATH""
};

/// A tensor of the header, as it should be but for what is given.
std::string entry(const std::string& dtype = "\"F32\"", const std::string& shape = "[1]",
                  const std::string& offsets = "[0,4]") {
  return R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}
std::string one(const std::string& tensor, const std::string& data = "1234") {
  return safetensors("{\"w\":" + tensor + "}", data);
}

// clang-format off
std::vector<Malformed> malformed() {
  const std::string w = "\"w\":" + entry();
  return {
      {"", " is truncated: the length of the header ends at byte 8, the file at 0"},
      {"1234567", " is truncated: the length of the header ends at byte 8, the file at 7"},
      {safetensors(""), " is no safetensors file: its header does not begin with '{' (at byte 8)"},
      {safetensors(" {}"), " is no safetensors file: its header does not begin with '{' (at byte 8)"},
      {safetensors("[]"), " is no safetensors file: its header does not begin with '{' (at byte 8)"},
      {std::string(8, '\xff') + "{}", " is no safetensors file: its header would have 18446744073709551615 bytes, at most 100000000 are allowed"},
      {std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10), " is no safetensors file: its header would have 100000001 bytes, at most 100000000 are allowed"},
      {safetensors("{}").substr(0, 9), " is truncated: the header ends at byte 10, the file at 9"},
      {std::string("PK\x03\x04\0\0\0\0\0\0\0\0", 12), " is truncated: the header ends at byte 67324760, the file at 12"},
      {safetensors("{"), ": the header is no JSON: syntax error while parsing object key - unexpected end of input; expected string literal (at byte 9)"},
      {safetensors("{}}"), ": the header is no JSON: syntax error while parsing value - unexpected '}'; expected end of input (at byte 11)"},
      {safetensors("{,}"), ": the header is no JSON: syntax error while parsing object key - unexpected ','; expected string literal (at byte 10)"},
      {safetensors("{\"w\":1}"), ": the header is wrong: \"w\": a number is not expected here (at byte 15)"},
      {safetensors("{\"w\":null}"), ": the header is wrong: \"w\": null is not expected here (at byte 17)"},
      {safetensors("{\"w\":[]}"), ": the header is wrong: \"w\": an array is not expected here (at byte 14)"},
      {safetensors("{\"w\":\"x\"}"), ": the header is wrong: \"w\": a string is not expected here (at byte 16)"},
      {safetensors("{\"w\":{}}"), ": the header is wrong: \"w\": \"dtype\" is missing (at byte 15)"},
      {safetensors("{\"w\":{\"dtype\":\"F32\"}}"), ": the header is wrong: \"w\": \"shape\" is missing (at byte 28)"},
      {safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[]}}"), ": the header is wrong: \"w\": \"data_offsets\" is missing (at byte 39)"},
      {safetensors("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"), ": the header is wrong: \"w\": \"dtype\" occurs twice (at byte 35)"},
      {safetensors("{\"w\":{\"strides\":[1]}}"), ": the header is wrong: \"w\": \"strides\" is no field of a tensor (at byte 23)"},
      {one(entry("\"I16\"")), ": the header is wrong: \"w\": the dtype \"I16\" is not read; these are: BOOL, U8, I32, I64, F32, F64, F16, BF16 (at byte 27)"},
      {one(entry("\"f32\"")), ": the header is wrong: \"w\": the dtype \"f32\" is not read; these are: BOOL, U8, I32, I64, F32, F64, F16, BF16 (at byte 27)"},
      {one(entry("5")), ": the header is wrong: \"w\": a number is not expected here (at byte 24)"},
      {one(entry("{}")), ": the header is wrong: \"w\": an object is not expected here (at byte 23)"},
      {one(entry("\"F32\"", "3")), ": the header is wrong: \"w\": a number is not expected here (at byte 38)"},
      {one(entry("\"F32\"", "[-1]")), ": the header is wrong: \"w\": -1 is negative (at byte 40)"},
      {one(entry("\"F32\"", "[1.0]")), ": the header is wrong: \"w\": the number 1.0 is not expected here (at byte 41)"},
      {one(entry("\"F32\"", "[1e0]")), ": the header is wrong: \"w\": the number 1e0 is not expected here (at byte 41)"},
      {one(entry("\"F32\"", "[true]")), ": the header is wrong: \"w\": a boolean is not expected here (at byte 41)"},
      {one(entry("\"F32\"", "[[1]]")), ": the header is wrong: \"w\": an array is not expected here (at byte 38)"},
      {one(entry("\"F32\"", "[18446744073709551615]")), ": the header is wrong: \"w\": 18446744073709551615 is larger than any file (at byte 58)"},
      {one(entry("\"F32\"", "[1,1,1,1,1,1,1,1,1]")), ": the header is wrong: \"w\": more than 8 dims (at byte 55)"},
      {one(entry("\"F32\"", "[4294967296,4294967296]")), ": the header is wrong: \"w\" of shape (4294967296, 4294967296) is larger than any file"},
      {one(entry("\"F32\"", "[4294967296,4294967296,0]")), ": the header is wrong: \"w\" of shape (4294967296, 4294967296, 0) is larger than any file"},
      {one(entry("\"F32\"", "[1]", "[0]")), ": the header is wrong: \"w\": data_offsets are 1 numbers, expected 2 (at byte 58)"},
      {one(entry("\"F32\"", "[1]", "[0,4,4]")), ": the header is wrong: \"w\": data_offsets are more than 2 numbers (at byte 62)"},
      {one(entry("\"F32\"", "[1]", "[4,0]")), ": the header is wrong: \"w\" begins at byte 4 of the data, expected 0"},
      {one(entry("\"F32\"", "[1]", "[1,5]"), "12345"), ": the header is wrong: \"w\" begins at byte 1 of the data, expected 0"},
      {one(entry("\"F32\"", "[2]")), ": the header is wrong: \"w\" of dtype F32 and shape (2) takes 8 bytes, data_offsets [0, 4] say 4"},
      {one(entry("\"F32\"", "[0]")), ": the header is wrong: \"w\" of dtype F32 and shape (0) takes 0 bytes, data_offsets [0, 4] say 4"},
      {one(entry(), "123"), " is truncated: the data ends at byte 66, the file at 65"},
      {one(entry(), "12345"), " has 1 bytes after the last tensor, at byte 66"},
      {one(entry("\"BOOL\"", "[4]"), std::string("\0\1\2\1", 4)), ": byte 65 is 2, a bool of \"w\" is 0 or 1"},
      {safetensors("{" + w + "," + w + "}", "1234"), ": the header is wrong: the tensor \"w\" occurs twice"},
      {safetensors("{" + w + ",\"v\":" + entry("\"F32\"", "[1]", "[0,4]") + "}", "1234"), ": the header is wrong: \"v\" begins at byte 0 of the data, expected 4"},
      {safetensors("{" + w + ",\"v\":" + entry("\"F32\"", "[1]", "[8,12]") + "}", "123456789012"), ": the header is wrong: \"v\" begins at byte 8 of the data, expected 4"},
      {safetensors("{\"__metadata__\":1}"), ": the header is wrong: __metadata__: a number is not expected here (at byte 26)"},
      {safetensors("{\"__metadata__\":{\"a\":1}}"), ": the header is wrong: __metadata__: a number is not expected here (at byte 31)"},
      {safetensors("{\"__metadata__\":{\"a\":{}}}"), ": the header is wrong: __metadata__: an object is not expected here (at byte 30)"},
      {safetensors("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"), ": the header is wrong: the text \"a\" occurs twice"},
      {safetensors("{\"__metadata__\":{},\"__metadata__\":{}}"), ": the header is wrong: __metadata__ occurs twice (at byte 41)"},
      {safetensors("{\"\xff\":{}}"), ": the header is no JSON: syntax error while parsing object key - invalid string: ill-formed UTF-8 byte; last read: '\"?'; expected string literal (at byte 11)"},
      {safetensors("{\"w\":" + std::string(100000, '[')), ": the header is wrong: \"w\": an array is not expected here (at byte 14)"},
      {one(entry("\"U8\"", "[2305843009213693952,0]", "[0,0]"), ""), ": there is no memory for \"w\" of shape (2305843009213693952, 0)"},
      {one(entry("\"F32\"", "[" + std::string(100, '9') + "]")), ": the header is wrong: \"w\": the number 9999999999999999999999999999999999999999... is not expected here (at byte 138)"},
      {one(entry("\"F32\"", "[1e999]")), ": the header is no JSON: number overflow parsing '1e999' (at byte 43)"},
      {one(entry("\"F32\"", "[1" + std::string(3'000'000, ' ') + "]")), ": the header is wrong: more than 2000000 bytes from one name or text to the next (at byte 2000052)"},
      {safetensors("{\"" + std::string(3'000'000, 'x')), ": the header is wrong: more than 2000000 bytes from one name or text to the next (at byte 2000025)"},
      {safetensors("{}\n", ""), nullptr},  // white space may follow
      {one(entry()), nullptr},
  };
}
// clang-format on

TEST(Safetensors, RefuseMalformedFilesWithOneLine) {
  TempDir dir;
  const std::string path = dir / "x";
  for (const Malformed& file : malformed()) {
    write_file(path, file.bytes);
    const std::string error = file.error ? "FileError: load_safetensors: \"" + path + "\"" + file.error : "no error";
    expect_errors({{error.c_str(), [&path] { io::load_safetensors(path); }}});
  }
  EXPECT_GE(malformed().size(), 40u);
}

TEST(Safetensors, SurviveEveryTruncationAndEveryFlippedBit) {
  TempDir dir;
  const std::string path = dir / "x";
  StateDict dict;
  dict.insert("w", tensor({1.5f}));
  dict.insert("b", tensor({true, false}));
  io::save_safetensors(path, dict, {{"format", "pt"}});
  const std::string whole = read_file(path);
  int loaded = 0;
  const auto load = [&path, &loaded](const std::string& bytes) {  // it is well-formed, or a FileError
    loaded += testing::loads(path, bytes, [&path] {
      for (const auto& [name, tensor] : io::load_safetensors(path)) EXPECT_TRUE(tensor.defined());
    });
  };
  testing::for_each_truncation(whole, load);
  EXPECT_EQ(loaded, 0);
  testing::for_each_flipped_bit(whole, [&load](const std::string& bytes, std::size_t) { load(bytes); });
  EXPECT_GT(loaded, 30);  // elements, names and texts have no redundancy
}

TEST(Safetensors, RefuseWhatIsNoFile) {
  TempDir dir;
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink(dir / "gone", dir / "dangling");
  for (const auto& [name, what] : {std::pair{"", " is a directory, not a file"},
                                   {"fifo", " is not a regular file"},
                                   {"none", ": No such file or directory"},
                                   {"dangling", ": No such file or directory"}}) {
    const std::string path = dir / name, error = "FileError: load_safetensors: \"" + path + "\"" + what;
    expect_errors({{error.c_str(), [&path] { io::load_safetensors(path); }}});
  }
}

}  // namespace
}  // namespace xtape
