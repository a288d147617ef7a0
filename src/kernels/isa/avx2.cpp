// The kernels for CPUs with AVX2 and FMA.
#define XTAPE_ISA_TABLE avx2_isa
#define XTAPE_ISA_NAME "avx2"
#include "kernels/isa/table.hpp"
