// What the linker sees: the library exports only xtape's own names, and the linker cannot use code compiled for one
// instruction set in place of another's.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

struct Symbol {
  char kind;
  std::string name;
};

/// The symbols that nm lists, in lines "address kind name", without those of sanitizers.
std::vector<Symbol> symbols(const std::string& options, const std::string& file) {
  const Ran ran = run(quote(XTAPE_NM) + " " + options + " " + quote(file));
  EXPECT_EQ(ran.status, 0) << file;
  std::vector<Symbol> found;  // without std::regex, which recurses for every character: these names are long
  for (const std::string& text : ran.lines) {
    const std::size_t space = text.find(' ');
    if (space == 0 || space + 3 >= text.size() || text[space + 2] != ' ') continue;
    const std::string name = text.substr(space + 3);
    if (name.find("__odr_asan") == std::string::npos) found.push_back({text[space + 1], name});
  }
  return found;
}

/// Returns how many names the library exports.
std::size_t expect_names_of_xtape(const std::string& library) {
  const std::regex own("((vtable|VTT|typeinfo|typeinfo name) for |(non-)?virtual thunk to )?xtape::");
  const std::vector<Symbol> shown = symbols("-DC --defined-only", library);
  for (const Symbol& symbol : shown) {
    EXPECT_TRUE(std::regex_search(symbol.name.substr(0, 80), own, std::regex_constants::match_continuous))
        << symbol.kind << ' ' << symbol.name;
  }
  return shown.size();
}

TEST(Symbols, TheSharedLibraryExportsOnlyNamesOfXtape) { EXPECT_GT(expect_names_of_xtape(XTAPE_SHARED_LIBRARY), 100u); }

#ifdef XTAPE_SHARED_IMAGES
TEST(Symbols, TheSharedLibraryOfImagesExportsOnlyItsPublicFunctions) {
  const std::size_t shown = expect_names_of_xtape(XTAPE_SHARED_IMAGES);
  EXPECT_GE(shown, 10u);
  EXPECT_LE(shown, 40u);
}
#endif

#ifdef XTAPE_SHARED_MPI
TEST(Symbols, TheSharedLibraryOfMpiExportsOnlyItsPublicFunctions) {
  const std::size_t shown = expect_names_of_xtape(XTAPE_SHARED_MPI);
  EXPECT_GE(shown, 10u);
  EXPECT_LE(shown, 30u);
}
#endif

TEST(Symbols, TheSharedLibraryExportsTheTypesOfItsErrors) {
  std::set<std::string> shown;
  for (const Symbol& symbol : symbols("-DC --defined-only", XTAPE_SHARED_LIBRARY)) shown.insert(symbol.name);
  for (const char* error :
       {"Error", "ShapeError", "DTypeError", "IndexError", "ValueError", "GradError", "FileError"}) {
    EXPECT_EQ(shown.count(std::string("typeinfo for xtape::") + error), 1u) << error;
  }
}

TEST(Symbols, TheStaticLibraryDefinesOnlyNamesOfXtape) {
  // Except weak symbols: instances of templates, which the linker merges with the program's own.
  const std::vector<Symbol> defined = symbols("-gC --defined-only", XTAPE_STATIC_LIBRARY);
  EXPECT_GT(defined.size(), 100u);
  for (const Symbol& symbol : defined) {
    const bool strong = std::string("TDBRC").find(symbol.kind) != std::string::npos;
    if (strong) {
      EXPECT_NE(symbol.name.find("xtape::"), std::string::npos) << symbol.kind << ' ' << symbol.name;
    }
  }
}

#if defined(__x86_64__)  // elsewhere there is one instruction set
TEST(Symbols, NoCodeOfOneInstructionSetCanBeTakenForAnothers) {
  // Of several weak symbols with one name the linker keeps one, which may be code that only newer CPUs can run.
  // Therefore such an object has no weak symbols: it exports its table and nothing else.
  int objects = 0;
  for (const fs::path& source : files("src/kernels/isa", {".cpp"})) {
    const std::string object = source.filename().string() + ".o";
    const std::string library = quote(XTAPE_STATIC_LIBRARY);
    const Ran listed = run("ar t " + library);
    if (std::find(listed.lines.begin(), listed.lines.end(), object) == listed.lines.end()) continue;
    ++objects;
    const Ran ran = run(quote(XTAPE_NM) + " -gC --defined-only " + library);
    std::string member;
    int own = 0;
    for (const std::string& line : ran.lines) {
      if (!line.empty() && line.back() == ':') member = line.substr(0, line.size() - 1);
      if (member != object || line.find("__odr_asan") != line.npos || line.size() < 20 || line.back() == ':') continue;
      if (line.find(" V ") != line.npos) continue;  // data that sanitizers look types up in
      EXPECT_NE(line.find("_isa"), line.npos) << object << " shows " << line << ", the table alone should be seen";
      ++own;
    }
    EXPECT_EQ(own, 1) << object;
  }
  EXPECT_EQ(objects, 3);
}
#endif

}  // namespace
}  // namespace xtape::house
