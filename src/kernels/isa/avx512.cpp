// The kernels for CPUs with AVX-512 F, CD, VL, BW and DQ.
#define XTAPE_ISA_TABLE avx512_isa
#define XTAPE_ISA_NAME "avx512"
#include "kernels/isa/table.hpp"
