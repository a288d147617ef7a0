// y[b] = sum of s[e] w[word[e]] over the entries e of bag b         dw[k] = sum of s[e] gy[bag[e]] where word[e] = k
// (mean: divided by the number of entries)                          ds[e] = gy[bag[e]] . w[word[e]]
// max: y[b][j] = the largest w[word[e]][j]                          dw[k][j] = sum of gy[b][j] where it is w[k][j]
// Keeps word and bag of each entry that is not padding; max the rows that it took. The gradient of the sum is the same
// sum with word and bag exchanged, so that one loop serves gradients of every order; it visits only rows that occur.
#include "xtape/embedding_bag.hpp"

#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/parallel.hpp"
#include "kernels/bags.hpp"
#include "ops/checks.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"

namespace xtape {

namespace {

constexpr char bag_op[] = "embedding_bag";

using detail::elements;

/// The indices (checked, int64) and the bags that they are in.
struct Indices {
  Tensor at;
  std::int64_t bags = 0;
  Tensor begin = {};  // of each bag; undefined: all are equally long

  std::int64_t begin_of(std::int64_t bag) const {
    if (!begin.defined()) return bags == 0 ? 0 : at.impl()->numel / bags * bag;
    return bag < begin.impl()->numel ? elements<std::int64_t>(begin)[bag] : at.impl()->numel;
  }
};

/// The indices that are not padding, in order.
struct Entries {
  Tensor word, bag;         // int64 (K)
  Tensor position;          // int64 (K): among the indices
  std::int64_t bags, rows;  // how many there are; of the weight
};

// ---- checks ------------------------------------------------------------------------------------------------------

std::int64_t checked_offsets(const Tensor& offsets, std::int64_t length, bool include_last) {
  const std::int64_t* at = elements<std::int64_t>(offsets);
  const std::int64_t n = offsets.impl()->numel;
  if (n == 0 && (include_last || length > 0)) {
    fail<ValueError>(bag_op, "no offsets for {} indices; they begin with 0", length);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    if (i == 0 && at[0] != 0)
      fail<ValueError>(bag_op, "offsets[0] = {}, it must be 0: they say where each bag begins", at[0]);
    if (i > 0 && at[i] < at[i - 1]) {
      fail<ValueError>(bag_op, "offsets[{}] = {} is less than the {} before it", i, at[i], at[i - 1]);
    }
    if (at[i] > length) fail<ValueError>(bag_op, "offsets[{}] = {} is beyond the {} indices", i, at[i], length);
  }
  if (include_last && at[n - 1] != length) {
    fail<ValueError>(bag_op, "include_last_offset: the last offset is {}, it must be the {} indices", at[n - 1],
                     length);
  }
  return include_last ? n - 1 : n;
}

Indices checked_indices(const Tensor& indices, const EmbeddingBagOptions& o, std::int64_t n) {
  detail::check_integer(bag_op, indices);
  const Shape& shape = indices.impl()->shape;
  if (shape.size() != 1 && shape.size() != 2) {
    fail<ShapeError>(bag_op, "expected indices (N, L), or (L) with offsets, got {}", shape);
  }
  if (shape.size() == 2) {
    if (o.offsets.defined()) fail<ShapeError>(bag_op, "indices {} take no offsets: each row is a bag", shape);
    if (o.include_last_offset) fail<ValueError>(bag_op, "include_last_offset needs offsets");
    return {detail::checked_index(bag_op, indices, n), shape[0]};
  }
  if (!o.offsets.defined()) {
    fail<ShapeError>(bag_op, "indices {} need offsets; one bag is .reshape({{1, -1}})", shape);
  }
  const DType dtype = o.offsets.impl()->dtype;
  if (is_floating(dtype) || dtype == DType::bool_) {
    fail<DTypeError>(bag_op, "expected offsets of an integer dtype, got {}", dtype);
  }
  if (o.offsets.impl()->shape.size() != 1) {
    fail<ShapeError>(bag_op, "expected offsets (N), got {}", o.offsets.impl()->shape);
  }
  const Tensor begin = o.offsets.to(DType::int64);
  return {detail::checked_index(bag_op, indices, n), checked_offsets(begin, shape[0], o.include_last_offset), begin};
}

void check_per_sample_weights(const Tensor& s, const Tensor& indices, const Tensor& weight, BagMode mode) {
  if (mode != BagMode::sum) fail<ValueError>(bag_op, "per_sample_weights are for BagMode::sum");
  if (s.impl()->dtype != weight.impl()->dtype) {
    fail<DTypeError>(bag_op, "per_sample_weights are {}, the weight is {}", s.impl()->dtype, weight.impl()->dtype);
  }
  if (s.impl()->shape != indices.impl()->shape) {
    fail<ShapeError>(bag_op, "per_sample_weights have shape {}, the indices {}", s.impl()->shape,
                     indices.impl()->shape);
  }
}

// ---- entries -----------------------------------------------------------------------------------------------------

Entries entries_of(const Indices& indices, std::int64_t rows, std::int64_t padding) {
  const std::int64_t total = indices.at.impl()->numel, *at = elements<std::int64_t>(indices.at);
  const Shape k = {total - std::count(at, at + total, padding)};
  Entries entries{detail::make_tensor(k, DType::int64), detail::make_tensor(k, DType::int64),
                  detail::make_tensor(k, DType::int64), indices.bags, rows};
  std::int64_t *word = elements<std::int64_t>(entries.word), *bag = elements<std::int64_t>(entries.bag),
               *position = elements<std::int64_t>(entries.position);
  for (std::int64_t b = 0; b < indices.bags; ++b) {
    for (std::int64_t i = indices.begin_of(b), end = indices.begin_of(b + 1); i < end; ++i) {
      if (at[i] == padding) continue;
      *word++ = at[i];
      *bag++ = b;
      *position++ = i;
    }
  }
  return entries;
}

/// T (N, 1): how many entries each bag has, but at least 1.
Tensor divisors(const Entries& entries, DType dtype) {
  Tensor counts = detail::make_tensor({entries.bags, 1}, dtype);
  visit_floating(dtype, [&entries, &counts]<class T>() {
    T* count = elements<T>(counts);
    std::fill_n(count, entries.bags, T{});
    const std::int64_t* bag = elements<std::int64_t>(entries.bag);
    for (std::int64_t e = 0; e < entries.bag.impl()->numel; ++e) ++count[bag[e]];
    for (std::int64_t b = 0; b < entries.bags; ++b) count[b] = std::max(count[b], T{1});
  });
  return counts;
}

// ---- sums --------------------------------------------------------------------------------------------------------

/// The entries of each place as a linked list, in order, for kernels::sum_of_list.
struct EntriesOfPlace {
  EntriesOfPlace(const Tensor& to, std::int64_t places)
      : first(detail::make_tensor({places}, DType::int64)), next(detail::make_tensor(to.impl()->shape, DType::int64)) {
    const std::int64_t* place = elements<std::int64_t>(to);
    std::int64_t *f = elements<std::int64_t>(first), *n = elements<std::int64_t>(next);
    const std::int64_t count = to.impl()->numel;
    for (std::int64_t e = 0; e < count; ++e) f[place[e]] = 0;  // the others are never read
    for (std::int64_t e = count - 1; e >= 0; --e) n[e] = std::exchange(f[place[e]], e + 1);
  }
  Tensor first, next;
};

/// y[to[e]] = sum of s[e] x[from[e]], of `places` rows; s undefined: 1. x is (m, d), from, to and s are (K).
Tensor sums_of_rows(const Tensor& x, const Tensor& s, const Tensor& from, const Tensor& to, std::int64_t places) {
  const std::int64_t m = x.impl()->shape[0], d = x.impl()->shape[1], count = to.impl()->numel;
  Tensor y = detail::make_tensor({places, d}, x.impl()->dtype);
  const EntriesOfPlace lists(to, places);
  visit_floating(x.impl()->dtype, [&x, &s, &y, &from, &to, &lists, d, count]<class T>() {
    const std::int64_t *row = elements<std::int64_t>(from), *place = elements<std::int64_t>(to);
    const std::int64_t *first = elements<std::int64_t>(lists.first), *next = elements<std::int64_t>(lists.next);
    const T *in = elements<T>(x), *scale = s.defined() ? elements<T>(s) : nullptr;
    T* out = elements<T>(y);
    std::fill_n(out, y.impl()->numel, T{});
    constexpr std::int64_t block = 256;
    parallel_for((count + block - 1) / block, threads_for(static_cast<double>(count) * (5 + static_cast<double>(d))),
                 [=](std::int64_t i) {
                   for (std::int64_t e = i * block; e < std::min(count, (i + 1) * block); ++e) {
                     if (first[place[e]] != e + 1) continue;
                     kernels::sum_of_list(in, row, scale, e + 1, next, d, out + place[e] * d);
                   }
                 });
  });
  if (!s.defined()) {
    return record("embedding_bag", {x}, std::move(y), [from = save(from), to = save(to), m](const Tensor& gy) {
      return Gradients(sums_of_rows(gy, Tensor(), *to, *from, m));
    });
  }
  return record("embedding_bag", {x, s}, std::move(y),
                [x = save(x, s.requires_grad()), s = save(s, x.requires_grad()), from = save(from), to = save(to), m](
                    const Tensor& gy, Wants wants) {
                  const Tensor f = *from, t = *to;
                  return Gradients(wants[0] ? sums_of_rows(gy, *s, t, f, m) : Tensor(),
                                   wants[1] ? (index_select(gy, 0, t) * index_select(*x, 0, f)).sum(1) : Tensor());
                });
}

// ---- maxima ------------------------------------------------------------------------------------------------------

/// The maxima of each bag; at least one has an entry.
Tensor maxima_of_rows(const Tensor& w, const Entries& entries) {
  const std::int64_t d = w.impl()->shape[1], count = entries.bag.impl()->numel;
  Tensor y = detail::make_tensor({entries.bags, d}, w.impl()->dtype);
  const Tensor at = detail::make_tensor(y.impl()->shape, DType::int64);
  const Tensor has_entry = zeros({entries.bags, 1}, {.dtype = DType::bool_});
  visit_floating(w.impl()->dtype, [&w, &y, &at, &entries, &has_entry, d, count]<class T>() {
    const std::int64_t *bag = elements<std::int64_t>(entries.bag), *word = elements<std::int64_t>(entries.word);
    std::fill_n(elements<T>(y), y.impl()->numel, T{});
    std::fill_n(elements<std::int64_t>(at), y.impl()->numel, std::int64_t{0});
    for (std::int64_t e = 0, end = 0; e < count; e = end) {
      while (end < count && bag[end] == bag[e]) ++end;
      kernels::max_of_rows(elements<T>(w), word + e, end - e, d, elements<T>(y) + bag[e] * d,
                           elements<std::int64_t>(at) + bag[e] * d);
      elements<bool>(has_entry)[bag[e]] = true;
    }
  });
  return record("embedding_bag", {w}, std::move(y),
                [at = save(at), has_entry = save(has_entry), shape = w.shape()](const Tensor& gy) {
                  return Gradients(detail::scatter_add(where(*has_entry, gy, 0), 0, *at, shape));
                });
}

}  // namespace

Tensor embedding_bag(const Tensor& indices, const Tensor& weight, const EmbeddingBagOptions& o) {
  detail::check_lookup(bag_op, indices, weight);
  detail::check_floating(bag_op, weight);
  const Shape& w = weight.impl()->shape;
  if (w.size() != 2) fail<ShapeError>(bag_op, "expected a weight (n, d), got {}", w);
  const std::int64_t n = w[0];
  if (o.padding_idx != no_padding_idx && (o.padding_idx < -n || o.padding_idx >= n)) {
    fail<IndexError>(bag_op, "padding_idx {} is outside [-{}, {})", o.padding_idx, n, n);
  }
  const Indices at = checked_indices(indices, o, n);
  const bool is_weighted = o.per_sample_weights.defined();
  if (is_weighted) check_per_sample_weights(o.per_sample_weights, indices, weight, o.mode);
  const bool from_end = o.padding_idx != no_padding_idx && o.padding_idx < 0;
  const Entries entries = entries_of(at, n, from_end ? o.padding_idx + n : o.padding_idx);
  if (o.mode == BagMode::max && entries.word.impl()->numel > 0) return maxima_of_rows(weight, entries);
  const Tensor s = is_weighted ? index_select(o.per_sample_weights.reshape({-1}), 0, entries.position) : Tensor();
  const Tensor sums = sums_of_rows(weight, s, entries.word, entries.bag, entries.bags);
  return o.mode == BagMode::mean ? sums / divisors(entries, weight.impl()->dtype) : sums;
}

}  // namespace xtape
