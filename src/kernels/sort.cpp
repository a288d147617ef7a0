#include "kernels/sort.hpp"

#include <algorithm>

namespace xtape::kernels {

void sort_front(Keyed* elements, std::int64_t n, std::int64_t k) {
  const auto before = [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.position < b.position;
  };
  if (k < n) std::nth_element(elements, elements + k, elements + n, before);
  std::sort(elements, elements + k, before);
}

}  // namespace xtape::kernels
