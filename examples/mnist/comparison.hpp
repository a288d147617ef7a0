// Several runs side by side, as `xtape-mnist report RUN RUN...` prints them.
#pragma once

#include <string>
#include <vector>

#include "recorded.hpp"

/// Results, the options that differ, and the verdicts: three tables, with the run that is best on validation data.
std::string comparison_of(const std::vector<RecordedRun>& runs);
