# Kernels compiled once for each instruction set; chosen at run time.
