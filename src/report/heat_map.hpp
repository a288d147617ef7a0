// A confusion matrix as a table whose cells are colored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/html.hpp"

namespace xtape::report {

/// Above this number of classes a heat map is too large to read.
inline constexpr std::int64_t most_heat_map_classes = 40;
/// Whether the cells have room for counts beside percentages.
constexpr bool shows_counts(std::int64_t classes) { return classes <= 16; }

/// `counts` is (C, C) by rows: how many samples of class [row] were taken for class [column]. A cell shows its share of
/// its row and, if shows_counts(C), the count, which is in the text on hover in any case.
Html heat_map(const std::string& caption, const std::vector<std::string>& classes,
              const std::vector<std::int64_t>& counts);

}  // namespace xtape::report
