// Calls of MPI, whose errors become exceptions.
#pragma once

#include <mpi.h>

#include <string>

namespace xtape::mpi {

/// Error with MPI's text, unless `code` is MPI_SUCCESS. `function` is the one that returned it.
void check(int code, const char* function);

/// "Open MPI 4.1" or "MPICH 4.0", for a text of MPI_Get_library_version; for other libraries its first line.
std::string library_name(const std::string& library_version);
/// The library whose mpi.h this was compiled with, named like that; "" for one that does not say.
std::string compiled_with();

}  // namespace xtape::mpi
