#include "xtape/io/npy.hpp"

#include <algorithm>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/file.hpp"
#include "io/npy_header.hpp"
#include "io/npy_reader.hpp"
#include "ops/dims.hpp"

namespace xtape::io {

Tensor read_npy(ByteSource& file) {
  const NpyHeader header = read_npy_header(file);
  const std::int64_t bytes = checked_bytes(file, to_string(header.dtype), header.shape, itemsize(header.dtype));
  Shape stored = header.shape;
  if (header.is_fortran_order) std::reverse(stored.begin(), stored.end());
  const Tensor y = make_array(file, "the array", stored, header.dtype);
  read_elements(file, "the array", static_cast<Stored>(header.dtype), y);  // Stored begins as DType does
  if (header.is_big_endian) reverse_bytes(y.impl()->data, bytes, itemsize(header.dtype));
  expect_end(file);
  if (!header.is_fortran_order) return y;
  Shape dims;
  for (std::int64_t d = stored.size(); d-- > 0;) dims.push_back(d);
  return xtape::detail::permuted(y, dims);
}

void save_npy(const std::string& path, const Tensor& t) {
  if (!t.defined()) fail<ValueError>("save_npy", "the tensor is undefined");
  const std::string header = npy_header_text(t.dtype(), t.shape());
  AtomicFile file("save_npy", path);
  file.write(header.data(), static_cast<std::int64_t>(header.size()));
  file.write(t.impl()->data, t.numel() * itemsize(t.dtype()));
  file.commit();
}

Tensor load_npy(const std::string& path) {
  FileReader file("load_npy", path);
  return read_npy(file);
}

}  // namespace xtape::io
