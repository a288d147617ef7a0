// The kernels for every CPU of the family that the library is built for (x86-64: SSE2; 64-bit ARM: NEON).
#define XTAPE_ISA_TABLE baseline_isa
#define XTAPE_ISA_NAME "baseline"
#include "kernels/isa/table.hpp"
