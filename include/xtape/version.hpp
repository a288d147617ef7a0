// The version of xtape, and what else a record of a run or a bug report says about the machine.
#pragma once

#include <string>

#include "xtape/export.hpp"

#define XTAPE_VERSION_MAJOR 0
#define XTAPE_VERSION_MINOR 1
#define XTAPE_VERSION_PATCH 0

namespace xtape {

/// "0.1.0", of the library that the program runs with.
XTAPE_API const char* version() noexcept;
/// One line: version, compiler, and the instruction set of the kernels in use. For bug reports. ValueError when the
/// environment variable XTAPE_ISA names an instruction set that the CPU lacks, as from any op.
XTAPE_API std::string build_info();
/// The model of the CPU, such as "AMD EPYC 7763 64-Core Processor", as Linux tells it; "" if it does not.
XTAPE_API std::string cpu_name();

}  // namespace xtape
