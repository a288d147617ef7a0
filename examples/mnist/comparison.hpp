// Several runs side by side, as `xtape-mnist report RUN RUN...` prints them.
#pragma once

#include <string>
#include <vector>

#include "recorded.hpp"

/// Three tables, of results, of the options that differ and of verdicts, and lines that name the best run and those
/// that cannot be told from it.
std::string comparison_of(const std::vector<RecordedRun>& runs);
