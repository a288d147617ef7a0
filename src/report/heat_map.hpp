// A confusion matrix as a table whose cells are colored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/html.hpp"

namespace xtape::report {

/// Above this number of classes a heat map is too large to read.
inline constexpr std::int64_t most_heat_map_classes = 40;
/// Above this one its cells have room for the percentage only.
inline constexpr std::int64_t most_classes_with_counts = 16;

/// `counts` is (C, C) by rows: how many samples of class [row] were taken for class [column]. A cell shows its share of
/// its row and, up to most_classes_with_counts, the count, which is in the text on hover in any case.
Html heat_map(const std::string& caption, const std::vector<std::string>& classes,
              const std::vector<std::int64_t>& counts);

}  // namespace xtape::report
