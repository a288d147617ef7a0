// What the linker sees: nothing but xtape's own names leave the library, and no code compiled for one instruction set
// can be taken for another's.
#include <gtest/gtest.h>

#include <set>

#include "house/sources.hpp"

namespace xtape::house {
namespace {

struct Symbol {
  char kind;
  std::string name;
};

/// The lines "address kind name" that nm prints; sanitizers' own symbols are left out.
std::vector<Symbol> symbols(const std::string& options, const std::string& file) {
  const Ran ran = run(quote(XTAPE_NM) + " " + options + " " + quote(file));
  EXPECT_EQ(ran.status, 0) << file;
  std::vector<Symbol> found;  // by hand: std::regex recurses for every character, and these names are long
  for (const std::string& text : ran.lines) {
    const std::size_t space = text.find(' ');
    if (space == 0 || space + 3 >= text.size() || text[space + 2] != ' ') continue;
    const std::string name = text.substr(space + 3);
    if (name.find("__odr_asan") == std::string::npos) found.push_back({text[space + 1], name});
  }
  return found;
}

TEST(Symbols, TheSharedLibraryShowsNamesOfXtapeOnly) {
  const std::regex own("((vtable|VTT|typeinfo|typeinfo name) for |(non-)?virtual thunk to )?xtape::");
  const std::vector<Symbol> shown = symbols("-DC --defined-only", XTAPE_SHARED_LIBRARY);
  EXPECT_GT(shown.size(), 100u);
  for (const Symbol& symbol : shown) {
    EXPECT_TRUE(std::regex_search(symbol.name.substr(0, 80), own, std::regex_constants::match_continuous))
        << symbol.kind << ' ' << symbol.name;
  }
}

TEST(Symbols, TheSharedLibraryShowsItsErrorsToCatch) {
  std::set<std::string> shown;
  for (const Symbol& symbol : symbols("-DC --defined-only", XTAPE_SHARED_LIBRARY)) shown.insert(symbol.name);
  for (const char* error : {"Error", "ShapeError", "DTypeError", "IndexError", "ValueError", "GradError", "FileError"}) {
    EXPECT_EQ(shown.count(std::string("typeinfo for xtape::") + error), 1u) << error;
  }
}

TEST(Symbols, TheStaticLibraryDefinesNamesOfXtapeOnly) {
  // Weak ones aside: instances of templates, which the linker merges with the program's own.
  const std::vector<Symbol> defined = symbols("-gC --defined-only", XTAPE_STATIC_LIBRARY);
  EXPECT_GT(defined.size(), 100u);
  for (const Symbol& symbol : defined) {
    const bool strong = std::string("TDBRC").find(symbol.kind) != std::string::npos;
    if (strong) {
      EXPECT_NE(symbol.name.find("xtape::"), std::string::npos) << symbol.kind << ' ' << symbol.name;
    }
  }
}

}  // namespace
}  // namespace xtape::house
