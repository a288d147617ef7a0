#include "mpi/call.hpp"

#include <array>
#include <cstddef>

#include "xtape/error.hpp"

namespace xtape::mpi {

void check(int code, const char* function) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  std::string line(text.data(), static_cast<std::size_t>(length));
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  throw Error(function, line.empty() ? "error " + std::to_string(code) : line);
}

namespace {

/// "4.1" of "v4.1.4, package: Debian" and of " Version:\t4.1.4".
std::string first_two_numbers(const std::string& text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string::npos) return "";
  const std::size_t dot = text.find('.', begin);
  if (dot == std::string::npos) return text.substr(begin);
  return text.substr(begin, text.find_first_not_of("0123456789", dot + 1) - begin);
}

}  // namespace

std::string library_name(const std::string& library_version) {
  const std::string line = library_version.substr(0, library_version.find('\n'));
  for (const char* library : {"Open MPI", "MPICH"}) {
    if (line.starts_with(library)) return library + (' ' + first_two_numbers(line));
  }
  return line;
}

std::string compiled_with() {
#if defined(OPEN_MPI)
  return "Open MPI " + std::to_string(OMPI_MAJOR_VERSION) + '.' + std::to_string(OMPI_MINOR_VERSION);
#elif defined(MPICH_NAME) && defined(MPICH_VERSION) && !defined(MVAPICH2_VERSION) && !defined(I_MPI_VERSION)
  return library_name("MPICH " MPICH_VERSION);
#else
  return "";
#endif
}

}  // namespace xtape::mpi
