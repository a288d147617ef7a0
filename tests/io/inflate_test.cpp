#include "io/inflate.hpp"

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape::io {
namespace {

using testing::deflated;
using testing::expect_errors;
using testing::TempDir;
using testing::write_file;

/// All that is left of a source, read in pieces of `piece` bytes.
std::string rest_of(ByteSource& source, std::size_t piece = 4096) {
  std::string all, next(piece, '\0');
  std::int64_t got;
  do {
    got = source.read_some(next.data(), static_cast<std::int64_t>(piece));
    all += next.substr(0, static_cast<std::size_t>(got));
  } while (got == static_cast<std::int64_t>(piece));
  return all;
}

/// 100,000 bytes that deflate halves.
std::string text() {
  std::string s;
  for (std::uint32_t i = 0, u = 1; i < 100000; ++i)
    s += static_cast<char>('a' + ((u = u * 1664525 + 1013904223) >> 28));
  return s;
}

TEST(Inflate, ReadsAStreamInTheMiddleOfAFileAndKnowsItsSize) {
  TempDir dir;
  const std::string stream = deflated(text(), testing::Format::raw);
  write_file(dir / "x", "before" + stream + "behind");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
    FileReader file("op", dir / "x");
    file.seek(6);
    InflateSource source(file, Wrapper::none);
    EXPECT_EQ(rest_of(source, piece), text());
    EXPECT_EQ(source.compressed_size(), static_cast<std::int64_t>(stream.size()));
    EXPECT_EQ(source.offset(), 100000);
    EXPECT_EQ(source.most_left(), 0);
  }
}

TEST(Inflate, KnowsTheMostThatCanComeOut) {
  TempDir dir;
  const std::string zeros(1 << 20, '\0'), stream = deflated(zeros, testing::Format::raw);
  write_file(dir / "x", stream);
  FileReader file("op", dir / "x");
  InflateSource source(file, Wrapper::none);
  EXPECT_EQ(source.most_left(), 1032 * static_cast<std::int64_t>(stream.size()));
  std::string read(zeros.size(), 'x');
  source.read(read.data(), 1 << 19, "a half");
  EXPECT_GE(source.most_left(), 1 << 19);
  source.read(read.data() + (1 << 19), 1 << 19, "the other half");
  EXPECT_EQ(read, zeros);
}

}  // namespace
}  // namespace xtape::io
