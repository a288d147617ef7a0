// The page's style sheet.
#pragma once

namespace xtape::report {

/// CSS without any reference. Text has a contrast of 4.5 or more in both color schemes, which tests/report measures.
extern const char* const style_sheet;

}  // namespace xtape::report
