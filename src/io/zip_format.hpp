// The marks of a ZIP archive, for reading and writing (the sections are those of PKWARE's APPNOTE.TXT).
#pragma once

#include <cstdint>
#include <string_view>

namespace xtape::io::zip {

constexpr std::string_view local_magic = "PK\3\4", central_magic = "PK\1\2", end_magic = "PK\5\6",
                           end64_magic = "PK\6\6", locator_magic = "PK\6\7";
constexpr std::int64_t end64_size = 56;
/// The largest numbers of 16 and 32 bits say that the number stands in a ZIP64 record or field.
constexpr std::uint64_t most16 = 0xffff, most32 = 0xffffffff;
constexpr unsigned zip64_id = 1;  // of that field (4.5.3)
constexpr unsigned utf8 = 0x800;  // a flag: the name is UTF-8 (4.4.4)

}  // namespace xtape::io::zip
