#include "io/zip.hpp"

#include <sys/stat.h>

#include "io/zip_writer.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/misuse.hpp"
#include "support/zip.hpp"

namespace xtape::io {
namespace {

using testing::deflated_member;
using testing::expect_errors;
using testing::little;
using testing::stored;
using testing::TempDir;
using testing::write_file;
using testing::ZipFile;
using testing::ZipMember;
namespace local = testing::local;
namespace central = testing::central;
namespace end = testing::end;
namespace end64 = testing::end64;
namespace locator = testing::locator;

std::string contents_of(const ZipReader& archive, const ZipEntry& entry) {
  const std::unique_ptr<ByteSource> source = archive.open(entry);
  std::string contents(static_cast<std::size_t>(entry.size), '\0');
  source->read(contents.data(), entry.size, "the contents");
  EXPECT_EQ(source->most_left(), 0);
  return contents;
}

const std::string bs(100, 'b');

/// A stored entry of five bytes, headers at 0 and 73; a deflated one of 100 bytes in 6, headers at 36 and 120.
ZipFile two_entries() {
  ZipFile archive({stored("a", "hello"), stored("b", bs)});
  archive.members[1].method = 8;
  archive.members[1].contents = std::string("\x4b\x4a\xa2\x3d\0\0", 6);
  return archive;
}

/// "a=hello b=bbb", as the directory lists the entries, or the error.
std::string read_all(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);  // some file systems sync a file that is written over
  write_file(path, bytes);
  FileReader file("op", path);
  const ZipReader archive(file);
  std::string all;
  for (const ZipEntry& entry : archive.entries()) {
    EXPECT_EQ(archive.find(entry.name), &entry);
    all += (all.empty() ? "" : " ") + entry.name + "=" + contents_of(archive, entry);
  }
  return all;
}

TEST(Zip, ReadsStoredAndDeflatedEntriesInTheDirectorysOrder) {
  TempDir dir;
  EXPECT_EQ(read_all(dir / "x", two_entries().bytes()), "a=hello b=" + bs);
  EXPECT_EQ(read_all(dir / "x", ZipFile().bytes()), "");
  EXPECT_EQ(read_all(dir / "x", ZipFile({stored("empty", ""), deflated_member("void", "")}).bytes()), "empty= void=");
}

TEST(Zip, ReadsWhatWritersAdd) {
  TempDir dir;
  ZipFile archive = two_entries();
  archive.comment = "a comment";
  archive.members[0].comment = "another";
  archive.members[0].local_extra = "FB" + little(2, 2) + "ZZ";  // PyTorch's padding
  archive.members[0].central_extra = std::string("UT\5\0\3....", 9);
  archive.members[1].descriptor = "PK\7\x8" + std::string(12, '.');
  archive.members[1].flags = 0x8 | 0x2;
  archive.set_local(1, local::crc, 0);
  archive.set_local(1, local::compressed, 0);
  archive.set_local(1, local::size, 0);
  EXPECT_EQ(read_all(dir / "x", archive.bytes()), "a=hello b=" + bs);
}

TEST(Zip, ReadsZip64) {
  TempDir dir;
  ZipFile archive = two_entries();
  archive.is_zip64 = true;  // as PyTorch: the end record has its own numbers
  EXPECT_EQ(read_all(dir / "x", archive.bytes()), "a=hello b=" + bs);
  for (const auto field : {end::count_here, end::count, end::size, end::offset}) archive.set_end(field, UINT64_MAX);
  archive.members[0].local_extra = little(1, 2) + little(16, 2) + little(5, 8) + little(5, 8);  // as NumPy
  archive.set_local(0, local::size, UINT64_MAX);
  archive.set_local(0, local::compressed, UINT64_MAX);
  archive.members[1].central_extra =
      "FB" + little(0, 2) + little(1, 2) + little(16, 2) + little(100, 8) + little(55, 8);
  archive.set_central(1, central::size, UINT64_MAX);
  archive.set_central(1, central::offset, UINT64_MAX);
  archive.members[1].central_extra.replace(16, 8, little(36 + 20, 8));
  EXPECT_EQ(read_all(dir / "x", archive.bytes()), "a=hello b=" + bs);
}

TEST(Zip, NamesAreUtf8) {
  TempDir dir;
  ZipFile archive({stored("\xc3\xa4/../b", "x")});
  archive.members[0].flags = 0x800;
  EXPECT_EQ(read_all(dir / "x", archive.bytes()), "\xc3\xa4/../b=x");
}

TEST(Zip, FindsNames) {
  TempDir dir;
  write_file(dir / "x", ZipFile({stored("b", "1"), stored("a", "2"), stored("a/b", "3")}).bytes());
  FileReader file("op", dir / "x");
  const ZipReader archive(file);
  EXPECT_EQ(archive.find("a"), &archive.entries()[1]);
  EXPECT_EQ(archive.find("a/"), nullptr);
  EXPECT_EQ(archive.find(""), nullptr);
  EXPECT_EQ(archive.find("c"), nullptr);
}

TEST(Zip, EntriesMayBeReadInTurns) {
  TempDir dir;
  std::string numbers;
  for (int i = 0; i < 50000; ++i) numbers += std::to_string(i * 7919 % 65536);
  write_file(dir / "x", ZipFile({stored("a", numbers), deflated_member("b", numbers)}).bytes());
  FileReader file("op", dir / "x");
  const ZipReader archive(file);
  const auto a = archive.open(archive.entries()[0]), b = archive.open(archive.entries()[1]);
  std::string from_a(numbers.size(), '\0'), from_b = from_a;
  for (std::size_t at = 0; at < numbers.size(); at += 1000) {
    const auto n = static_cast<std::int64_t>(std::min<std::size_t>(1000, numbers.size() - at));
    a->read(from_a.data() + at, n, "a");
    b->read(from_b.data() + at, n, "b");
  }
  EXPECT_EQ(from_a, numbers);
  EXPECT_EQ(from_b, numbers);
}

TEST(Zip, ReadsAPartOfAnEntryWithoutItsEnd) {
  TempDir dir;
  ZipFile archive = two_entries();
  archive.set_local(0, local::crc, 1);
  archive.set_central(0, central::crc, 1);
  write_file(dir / "x", archive.bytes());
  FileReader file("op", dir / "x");
  const ZipReader reader(file);
  const auto source = reader.open(reader.entries()[0]);
  char bytes[5];
  source->read(bytes, 4, "a part");
  EXPECT_EQ(source->offset(), 4);
  EXPECT_EQ(source->path(), dir / "x: a");
  testing::expect_error<FileError>([&] { source->read(bytes, 1, "the rest"); }, "CRC-32");
}

TEST(Zip, HeadersOfLargeEntriesUseZip64) {
  TempDir dir;
  constexpr std::int64_t large = std::int64_t{5} << 30;
  ZipEntry a{"a", 0, 0, large, large, 7, false}, b{"b", 0, 0, 5, 5, stored("", "hello").crc, false};
  const std::string header_a = local_header_text(a), header_b = local_header_text(b);
  EXPECT_EQ(header_a.size(), 30u + 1 + 20);
  EXPECT_EQ(header_b.size(), 30u + 1);
  b.offset = static_cast<std::int64_t>(header_a.size()) + large;
  const std::int64_t begin = b.offset + static_cast<std::int64_t>(header_b.size()) + 5;
  std::ofstream out(dir / "x", std::ios::binary);
  out << header_a;
  out.seekp(b.offset);  // no file system stores the zeros between
  out << header_b << "hello" << directory_text({a, b}, begin);
  out.close();
  FileReader file("op", dir / "x");
  const ZipReader archive(file);
  EXPECT_EQ(archive.entries()[0].size, large);
  EXPECT_EQ(archive.entries()[1].offset, b.offset);
  EXPECT_EQ(contents_of(archive, archive.entries()[1]), "hello");
  char zeros[100];
  archive.open(archive.entries()[0])->read(zeros, 100, "its start");
}

TEST(Zip, MoreEntriesThan65534UseZip64) {
  TempDir dir;
  for (const std::int64_t count : {65534, 65535, 65536}) {
    std::vector<ZipEntry> entries;
    for (std::int64_t i = 0; i < count; ++i) entries.push_back({std::to_string(i), i * 35, 0, 0, 0, 0, false});
    const std::string directory = directory_text(entries, 35 * count);
    EXPECT_EQ(directory.find("PK\6\7") != std::string::npos, count > 65534);
    write_file(dir / "x", "PK\3\4" + std::string(static_cast<std::size_t>(35 * count - 4), '\0') + directory);
    FileReader file("op", dir / "x");
    const ZipReader archive(file);
    EXPECT_EQ(archive.entries().size(), entries.size());
    EXPECT_EQ(archive.find("65533")->offset, 35 * 65533);
  }
}

// ---- archives that lie -------------------------------------------------------------------------------------------

struct Malformed {
  std::function<void(ZipFile&)> edit;  // of two_entries()
  const char* error;                   // PATH stands for the path
};

/// A ZIP64 field.
std::string zip64(const std::string& numbers) { return little(1, 2) + little(numbers.size(), 2) + numbers; }

// clang-format off
const std::vector<Malformed> malformed_ends = {
    {[](ZipFile& z) { z.before = "#!/bin/sh\n"; }, "\"PATH\" is no ZIP archive: it does not begin with PK\\x03\\x04"},
    {[](ZipFile& z) { z.before = "PK\3\4"; z.set_end(end::offset, 73); }, "\"PATH\": the archive is damaged: its directory of 94 bytes at byte 73 does not end at byte 171"},
    {[](ZipFile& z) { z.set_local(0, local::magic, 0x08074b50); }, "\"PATH\" is no ZIP archive: it does not begin with PK\\x03\\x04"},
    {[](ZipFile& z) { z.set_end(end::magic, 0); }, "\"PATH\" is truncated or damaged: the archive has no end record"},
    {[](ZipFile& z) { z.set_end(end::comment, 1); }, "\"PATH\": the archive is damaged: its comment ends at byte 190, the file at 189"},
    {[](ZipFile& z) { z.comment = "hello"; z.set_end(end::comment, 0); }, "\"PATH\": the archive is damaged: its comment ends at byte 189, the file at 194"},
    {[](ZipFile& z) { z.comment = "PK\5\6" + std::string(18, 'x'); }, "\"PATH\": the archive is damaged: its comment ends at byte 31051, the file at 211"},
    {[](ZipFile& z) { z.set_end(end::part, 1); }, "\"PATH\" is a part of an archive of several files, which is not read"},
    {[](ZipFile& z) { z.set_end(end::directory_part, 1); }, "\"PATH\" is a part of an archive of several files, which is not read"},
    {[](ZipFile& z) { z.set_end(end::count_here, 1); }, "\"PATH\" is a part of an archive of several files, which is not read"},
    {[](ZipFile& z) { z.set_end(end::count_here, 0xffff); z.set_end(end::count, 0xffff); }, "\"PATH\": the archive is damaged: 65535 entries do not fit into 94 bytes"},
    {[](ZipFile& z) { z.members[0].comment = std::string(46, 'x'); z.set_end(end::count_here, 3); z.set_end(end::count, 3); }, "\"PATH\": the archive is damaged: the directory has no entry 2 at byte 213"},
    {[](ZipFile& z) { z.set_end(end::count_here, 1); z.set_end(end::count, 1); }, "\"PATH\": the archive is damaged: its directory has 47 bytes after the last entry, at byte 120"},
    {[](ZipFile& z) { z.set_end(end::count_here, 0); z.set_end(end::count, 0); }, "\"PATH\": the archive is damaged: its directory has 94 bytes after the last entry, at byte 73"},
    {[](ZipFile& z) { z.set_end(end::size, 93); }, "\"PATH\": the archive is damaged: its directory of 93 bytes at byte 73 does not end at byte 167"},
    {[](ZipFile& z) { z.set_end(end::size, 0xfffffff0); }, "\"PATH\": the archive is damaged: its directory of 4294967280 bytes at byte 73 does not end at byte 167"},
    {[](ZipFile& z) { z.set_end(end::offset, 72); }, "\"PATH\": the archive is damaged: its directory of 94 bytes at byte 72 does not end at byte 167"},
    {[](ZipFile& z) { z.set_end(end::offset, 0xffffffff); }, "\"PATH\": the archive is damaged: its directory of 94 bytes at byte 4294967295 does not end at byte 167"},
    {[](ZipFile& z) { z.set_end(end::offset, 74); z.set_end(end::size, 93); }, "\"PATH\": the archive is damaged: the directory has no entry 0 at byte 74"},
    {[](ZipFile& z) { z.set_end(end::offset, 0); z.set_end(end::size, 167); }, "\"PATH\": the archive is damaged: the directory has no entry 0 at byte 0"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_locator(locator::offset, 0); }, "\"PATH\": the archive is damaged: its ZIP64 end record is not the 56 bytes before the locator at byte 223"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_locator(locator::offset, UINT64_MAX); }, "\"PATH\": the archive is damaged: its ZIP64 end record is not the 56 bytes before the locator at byte 223"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_locator(locator::magic, 0); }, "\"PATH\": the archive is damaged: its directory of 94 bytes at byte 73 does not end at byte 243"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::magic, 0); }, "\"PATH\": the archive is damaged: its ZIP64 end record is not the 56 bytes before the locator at byte 223"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::record, 45); }, "\"PATH\": the archive is damaged: its ZIP64 end record is not the 56 bytes before the locator at byte 223"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::part, 1); }, "\"PATH\": the archive is damaged: its two end records differ: 1 and 0"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::count, 3); }, "\"PATH\": the archive is damaged: its two end records differ: 3 and 2"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::size, UINT64_MAX); z.set_end(end::size, UINT64_MAX); }, "\"PATH\": the archive is damaged: its directory of 18446744073709551615 bytes at byte 73 does not end at byte 167"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::offset, std::uint64_t{1} << 63); z.set_end(end::offset, UINT64_MAX); }, "\"PATH\": the archive is damaged: its directory of 94 bytes at byte 9223372036854775808 does not end at byte 167"},
    {[](ZipFile& z) { z.is_zip64 = true; z.set_end64(end64::count_here, UINT64_MAX); z.set_end64(end64::count, UINT64_MAX); z.set_end(end::count_here, 0xffff); z.set_end(end::count, 0xffff); }, "\"PATH\": the archive is damaged: 18446744073709551615 entries do not fit into 94 bytes"},
    {[](ZipFile& z) { z.members.clear(); z.comment = "PK\6\7" + std::string(16, '\0') + "PK\5\6" + std::string(18, '\0'); }, "\"PATH\": the archive is damaged: its ZIP64 end record is not the 56 bytes before the locator at byte 22"},
};

const std::vector<Malformed> malformed_directories = {
    {[](ZipFile& z) { z.set_central(0, central::magic, 0); }, "\"PATH\": the archive is damaged: the directory has no entry 0 at byte 73"},
    {[](ZipFile& z) { z.set_central(1, central::magic, 0x04034b50); }, "\"PATH\": the archive is damaged: the directory has no entry 1 at byte 120"},
    {[](ZipFile& z) { z.set_central(1, central::name, 2); }, "\"PATH\": the archive is damaged: entry 1 of the directory, at byte 120, ends at byte 168, the directory at 167"},
    {[](ZipFile& z) { z.set_central(1, central::extra, 1); }, "\"PATH\": the archive is damaged: entry 1 of the directory, at byte 120, ends at byte 168, the directory at 167"},
    {[](ZipFile& z) { z.set_central(1, central::comment, 0xffff); }, "\"PATH\": the archive is damaged: entry 1 of the directory, at byte 120, ends at byte 65702, the directory at 167"},
    {[](ZipFile& z) { z.set_central(0, central::comment, 47); }, "\"PATH\": the archive is damaged: the directory has no entry 1 at byte 167"},
    {[](ZipFile& z) { z.set_central(0, central::flags, 0x1); }, "\"PATH\": \"a\" is encrypted, which is not read"},
    {[](ZipFile& z) { z.set_central(0, central::flags, 0x41); }, "\"PATH\": \"a\" is encrypted, which is not read"},
    {[](ZipFile& z) { z.set_central(0, central::flags, 0x2000); }, "\"PATH\": \"a\" is encrypted, which is not read"},
    {[](ZipFile& z) { z.set_central(0, central::flags, 0x20); }, "\"PATH\": \"a\" has the flags 0x0020; encryption, patches and the like are not read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 6); }, "\"PATH\": \"a\" is compressed by method 6; stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 9); }, "\"PATH\": \"a\" is compressed by method 9 (Deflate64); stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 12); }, "\"PATH\": \"a\" is compressed by method 12 (BZIP2); stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 14); }, "\"PATH\": \"a\" is compressed by method 14 (LZMA); stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 93); }, "\"PATH\": \"a\" is compressed by method 93 (Zstandard); stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_central(0, central::method, 95); }, "\"PATH\": \"a\" is compressed by method 95 (XZ); stored and deflated entries are read"},
    {[](ZipFile& z) { z.members[1].name = ""; }, "\"PATH\": the archive is damaged: entry 1 has no name"},
    {[](ZipFile& z) { z.members[1].name = std::string("b\0.npy", 6); }, "\"PATH\": the archive is damaged: the name \"b\\u0000.npy\" has a NUL byte"},
    {[](ZipFile& z) { z.members[1].name = "\xc3\xa4"; }, "\"PATH\": the name \"\xC3\xA4\" is neither ASCII nor marked as UTF-8; no other encoding is read"},
    {[](ZipFile& z) { z.members[1].name = "\xc3"; z.members[1].flags = 0x800; }, "\"PATH\": the archive is damaged: the name \"\xEF\xBF\xBD\" is not UTF-8"},
    {[](ZipFile& z) { z.members[1].name = "a"; }, "\"PATH\": the archive is damaged: \"a\" occurs twice"},
    {[](ZipFile& z) { z.set_central(0, central::part, 1); }, "\"PATH\": the archive is damaged: \"a\" is in part 1 of the archive, which has one"},
    {[](ZipFile& z) { z.set_central(0, central::offset, 0xfffffff0); }, "\"PATH\": the archive is damaged: \"a\" of 5 bytes at byte 4294967280 is not in the file of 189 bytes"},
    {[](ZipFile& z) { z.set_central(0, central::compressed, 0xfffffff0); z.set_central(0, central::size, 0xfffffff0); }, "\"PATH\": the archive is damaged: \"a\" of 4294967280 bytes at byte 0 is not in the file of 189 bytes"},
    {[](ZipFile& z) { z.set_central(0, central::compressed, 6); }, "\"PATH\": the archive is damaged: \"a\" is stored as it is, but has two sizes, 5 and 6"},
    {[](ZipFile& z) { z.set_central(0, central::size, 4); }, "\"PATH\": the archive is damaged: \"a\" is stored as it is, but has two sizes, 4 and 5"},
    {[](ZipFile& z) { z.set_central(1, central::size, 6193); }, "\"PATH\": the archive is damaged: \"b\" cannot have 6193 bytes: 6 deflated ones become at most 6192"},
    {[](ZipFile& z) { z.set_central(0, central::compressed, 6); z.set_central(0, central::size, 6); }, "\"PATH\": the archive is damaged: \"a\" of 6 bytes at byte 0 reaches into \"b\""},
    {[](ZipFile& z) { z.set_central(1, central::compressed, 7); }, "\"PATH\": the archive is damaged: \"b\" of 7 bytes at byte 36 reaches into the directory"},
    {[](ZipFile& z) { z.set_central(1, central::offset, 0); }, "\"PATH\": the archive is damaged: \"a\" of 5 bytes at byte 0 reaches into \"b\""},
    {[](ZipFile& z) { z.set_central(1, central::offset, 35); }, "\"PATH\": the archive is damaged: \"a\" of 5 bytes at byte 0 reaches into \"b\""},
    {[](ZipFile& z) { z.set_central(1, central::offset, 73); }, "\"PATH\": the archive is damaged: \"b\" of 6 bytes at byte 73 reaches into the directory"},
    {[](ZipFile& z) { z.set_central(1, central::offset, 100); }, "\"PATH\": the archive is damaged: \"b\" of 6 bytes at byte 100 reaches into the directory"},
    {[](ZipFile& z) { z.members[0].central_extra = "FB" + little(5, 2) + "ZZZZ"; }, "\"PATH\": the archive is damaged: an extra field of \"a\" has only 4 of its 5 bytes"},
    {[](ZipFile& z) { z.set_central(0, central::size, 0xffffffff); }, "\"PATH\": the archive is damaged: \"a\" is stored as it is, but has two sizes, 4294967295 and 5"},
    {[](ZipFile& z) { z.members[0].central_extra = zip64(""); z.set_central(0, central::size, 0xffffffff); }, "\"PATH\": the archive is damaged: the ZIP64 field of \"a\" is too short"},
    {[](ZipFile& z) { z.members[0].central_extra = zip64(little(5, 8) + little(5, 7)); z.set_central(0, central::size, 0xffffffff); z.set_central(0, central::compressed, 0xffffffff); }, "\"PATH\": the archive is damaged: the ZIP64 field of \"a\" is too short"},
    {[](ZipFile& z) { z.members[0].central_extra = zip64("") + zip64(""); }, "\"PATH\": the archive is damaged: \"a\" has two ZIP64 fields"},
    {[](ZipFile& z) { z.members[0].central_extra = zip64(little(UINT64_MAX, 8)); z.set_central(0, central::offset, 0xffffffff); }, "\"PATH\": the archive is damaged: \"a\" of 5 bytes at byte 18446744073709551615 is not in the file of 201 bytes"},
    {[](ZipFile& z) { z.members[0].central_extra = zip64(little(INT64_MAX, 8) + little(INT64_MAX, 8)); z.set_central(0, central::size, 0xffffffff); z.set_central(0, central::compressed, 0xffffffff); }, "\"PATH\": the archive is damaged: \"a\" of 9223372036854775807 bytes at byte 0 is not in the file of 209 bytes"},
    {[](ZipFile& z) { z.members[1].central_extra = zip64(little(UINT64_MAX, 8)); z.set_central(1, central::size, 0xffffffff); }, "\"PATH\": the archive is damaged: \"b\" cannot have 18446744073709551615 bytes: 6 deflated ones become at most 6192"},
    {[](ZipFile& z) { z.members[1].central_extra = zip64(little(100'000'000'000, 8)); z.set_central(1, central::size, 0xffffffff); }, "\"PATH\": the archive is damaged: \"b\" cannot have 100000000000 bytes: 6 deflated ones become at most 6192"},
};

const std::vector<Malformed> malformed_entries = {
    {[](ZipFile& z) { z.set_local(1, local::magic, 0x02014b50); }, "\"PATH\": the archive is damaged: \"b\" has no header at byte 36"},
    {[](ZipFile& z) { z.set_central(0, central::offset, 1); z.members[0].descriptor = "x"; }, "\"PATH\": the archive is damaged: \"a\" has no header at byte 1"},
    {[](ZipFile& z) { z.set_local(0, local::flags, 1); }, "\"PATH\": \"a\" is encrypted, which is not read"},
    {[](ZipFile& z) { z.set_local(0, local::method, 12); }, "\"PATH\": \"a\" is compressed by method 12 (BZIP2); stored and deflated entries are read"},
    {[](ZipFile& z) { z.set_local(0, local::method, 8); }, "\"PATH\": the archive is damaged: the header of \"a\" at byte 0 has the method 8, the directory says 0"},
    {[](ZipFile& z) { z.set_local(1, local::method, 0); }, "\"PATH\": the archive is damaged: the header of \"b\" at byte 36 has the method 0, the directory says 8"},
    {[](ZipFile& z) { z.members[0].local_name = "A"; }, "\"PATH\": the archive is damaged: the header at byte 0 is that of \"A\", expected \"a\""},
    {[](ZipFile& z) { z.members[0].local_name = "ab"; }, "\"PATH\": the archive is damaged: the header at byte 0 is that of \"ab\", expected \"a\""},
    {[](ZipFile& z) { z.members[0].local_name = ""; z.members[0].descriptor = "x"; }, "\"PATH\": the archive is damaged: the header at byte 0 is that of \"\", expected \"a\""},
    {[](ZipFile& z) { z.set_local(0, local::name, 2); }, "\"PATH\": the archive is damaged: \"a\" ends at byte 37, but what follows it begins at byte 36"},
    {[](ZipFile& z) { z.set_local(0, local::extra, 1); }, "\"PATH\": the archive is damaged: \"a\" ends at byte 37, but what follows it begins at byte 36"},
    {[](ZipFile& z) { z.set_local(1, local::extra, 0xffff); }, "\"PATH\": the archive is damaged: \"b\" ends at byte 65608, but what follows it begins at byte 73"},
    {[](ZipFile& z) { z.set_local(0, local::crc, 1); }, "\"PATH\": the archive is damaged: the header of \"a\" at byte 0 has the CRC-32 00000001, the directory says 3610a686"},
    {[](ZipFile& z) { z.set_local(0, local::size, 4); }, "\"PATH\": the archive is damaged: the header of \"a\" at byte 0 has the size 4, the directory says 5"},
    {[](ZipFile& z) { z.set_local(1, local::compressed, 5); }, "\"PATH\": the archive is damaged: the header of \"b\" at byte 36 has the compressed size 5, the directory says 6"},
    {[](ZipFile& z) { z.set_local(1, local::size, 0); }, "\"PATH\": the archive is damaged: the header of \"b\" at byte 36 has the size 0, the directory says 100"},
    {[](ZipFile& z) { z.members[1].flags = 8; z.set_local(1, local::size, 101); }, "\"PATH\": the archive is damaged: the header of \"b\" at byte 36 has the size 101, the directory says 100"},
    {[](ZipFile& z) { z.members[1].flags = 8; z.set_local(1, local::crc, 1); }, "\"PATH\": the archive is damaged: the header of \"b\" at byte 36 has the CRC-32 00000001, the directory says 250162db"},
    {[](ZipFile& z) { z.members[0].local_extra = "FB" + little(3, 2); }, "\"PATH\": the archive is damaged: an extra field of \"a\" has only 0 of its 3 bytes"},
    {[](ZipFile& z) { z.members[0].local_extra = zip64(little(5, 8)); z.set_local(0, local::size, 0xffffffff); z.set_local(0, local::compressed, 0xffffffff); }, "\"PATH\": the archive is damaged: the ZIP64 field of \"a\" is too short"},
    {[](ZipFile& z) { z.members[0].local_extra = zip64(little(5, 8) + little(6, 8)); z.set_local(0, local::size, 0xffffffff); z.set_local(0, local::compressed, 0xffffffff); }, "\"PATH\": the archive is damaged: the header of \"a\" at byte 0 has the compressed size 6, the directory says 5"},
    {[](ZipFile& z) { z.members[0].contents = "hellO"; }, "\"PATH: a\" is damaged: its CRC-32 is 0d7e864e, the archive says 3610a686"},
    {[](ZipFile& z) { z.members[0].crc = 0; }, "\"PATH: a\" is damaged: its CRC-32 is 3610a686, the archive says 00000000 (it may have been written without)"},
    {[](ZipFile& z) { z.members[0] = stored("a", ""); z.members[0].crc = 5; }, "\"PATH: a\" is damaged: its CRC-32 is 00000000, the archive says 00000005"},
    {[](ZipFile& z) { z.members[1].crc = 5; }, "\"PATH: b\" is damaged: its CRC-32 is 250162db, the archive says 00000005"},
    {[](ZipFile& z) { z.members[1].contents[0] = '\xff'; }, "\"PATH: b\" is damaged: invalid block type at byte 1, in its deflate stream"},
    {[](ZipFile& z) { z.members[1].contents.pop_back(); }, "\"PATH: b\" is truncated: its deflate stream has no end, the file ends at byte 5"},
    {[](ZipFile& z) { z.members[1].contents.clear(); z.members[1].size = 0; }, "\"PATH: b\" is truncated: its deflate stream has no end, the file ends at byte 0"},
    {[](ZipFile& z) { z.members[1].contents += "x"; }, "\"PATH: b\" is damaged: its deflate stream has 6 bytes, the archive says 7"},
    {[](ZipFile& z) { z.members[1].size = 99; }, "\"PATH: b\" is damaged: it holds more than the 99 bytes that the archive says"},
    {[](ZipFile& z) { z.members[1].size = 0; }, "\"PATH: b\" is damaged: it holds more than the 0 bytes that the archive says"},
    {[](ZipFile& z) { z.members[1].size = 101; }, "\"PATH: b\" is damaged: it has 100 bytes, the archive says 101"},
    {[](ZipFile& z) { z.members[1].method = 0; z.members[1].size = 6; }, "\"PATH: b\" is damaged: its CRC-32 is 0dcfbca9, the archive says 250162db"},
    {[](ZipFile& z) { z.members[0].method = 8; }, "\"PATH: a\" is damaged: invalid stored block lengths at byte 5, in its deflate stream"},
};
// clang-format on

TEST(Zip, RefusesMalformedArchivesWithOneLine) {
  TempDir dir;
  const std::string path = dir / "x";
  for (const auto* table : {&malformed_ends, &malformed_directories, &malformed_entries}) {
    for (const Malformed& row : *table) {
      ZipFile archive = two_entries();
      row.edit(archive);
      std::string expected = std::string("FileError: op: ") + row.error;
      expected.replace(std::min(expected.find("PATH"), expected.size()), 4, path);
      expect_errors({{expected.c_str(), [&] { read_all(path, archive.bytes()); }}});
    }
  }
}

}  // namespace
}  // namespace xtape::io
