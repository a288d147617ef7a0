// Sums over ranks, with threads as ranks.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "support/expect.hpp"
#include "support/thread_ranks.hpp"

namespace xtape::distributed {
namespace {

using testing::run_ranks;

/// A value whose sums depend on the order in which they are taken.
float value(int rank, std::size_t i) { return std::sin(1.f + static_cast<float>(rank) * 7.1f + static_cast<float>(i)); }

/// The tree of distributed.hpp, written down anew.
template <class T>
T tree(const std::vector<T>& v) {
  if (v.size() == 1) return v[0];
  std::size_t k = 1;
  while (2 * k < v.size()) k *= 2;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(k);
  return tree(std::vector<T>(v.begin(), middle)) + tree(std::vector<T>(middle, v.end()));
}

TEST(Communicator, SumsInTheTreeWhateverTheLength) {
  // Lengths below and above what is gathered at once, what makes one piece, and no multiples of the ranks.
  for (const int ranks : {1, 2, 3, 4, 5, 7, 8}) {
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1025}, std::size_t{8191},
                                std::size_t{2'100'001}}) {
      run_ranks(ranks, [n](const Communicator& comm) {
        std::vector<float> values(n);
        for (std::size_t i = 0; i < n; ++i) values[i] = value(comm.rank(), i);
        comm.sum(std::span(values));
        std::size_t wrong = 0;
        const std::size_t stride = n > 10'000 ? 101 : 1;
        for (std::size_t i = 0; i < n; i += stride) {
          std::vector<float> all;
          for (int r = 0; r < comm.size(); ++r) all.push_back(value(r, i));
          wrong += values[i] != tree(all);
        }
        EXPECT_EQ(wrong, 0u) << n << " elements on " << comm.size() << " ranks";
      });
    }
  }
}

TEST(Communicator, SumsDoublesAsDoubles) {
  run_ranks(3, [](const Communicator& comm) {
    const std::vector<double> all = {1e16, 1.25, -1e16};
    EXPECT_EQ(comm.sum(all[static_cast<std::size_t>(comm.rank())]), (1e16 + 1.25) - 1e16);
    std::vector<double> values(70'000, all[static_cast<std::size_t>(comm.rank())]);
    comm.sum(std::span(values));
    EXPECT_EQ(values, std::vector<double>(70'000, (1e16 + 1.25) - 1e16));
  });
}

TEST(Communicator, RanksOfAPowerOfTwoAreSubtreesOfTheTreeOverMore) {
  // Eight values on one, two and four ranks, each of which first sums its own.
  std::vector<double> values;
  for (int i = 0; i < 8; ++i) values.push_back(std::sin(i) * std::pow(10, i));
  for (const int ranks : {2, 4, 8}) {
    run_ranks(ranks, [&values](const Communicator& comm) {
      const std::ptrdiff_t mine = 8 / comm.size(), first = comm.rank() * mine;
      const double own = tree(std::vector<double>(values.begin() + first, values.begin() + first + mine));
      EXPECT_EQ(comm.sum(own), tree(values));
    });
  }
}

TEST(Communicator, GivesAllRanksTheBytesOfOne) {
  run_ranks(3, [](const Communicator& comm) {
    std::vector<std::int32_t> values(1000, comm.rank());
    comm.broadcast(std::as_writable_bytes(std::span(values)), 2);
    EXPECT_EQ(values, std::vector<std::int32_t>(1000, 2));
  });
}

TEST(Communicator, GathersAValueOfEachRank) {
  run_ranks(4, [](const Communicator& comm) {
    EXPECT_EQ(comm.all_gather(static_cast<std::uint64_t>(comm.rank()) << 40),
              (std::vector<std::uint64_t>{0, 1ull << 40, 2ull << 40, 3ull << 40}));
    comm.barrier();
  });
}

TEST(Communicator, RefusesARootAndBlocksThatAreNone) {
  run_ranks(2, [](const Communicator& comm) {
    std::vector<std::byte> bytes(3);
    testing::expect_error<IndexError>([&] { comm.broadcast(bytes, 2); }, "broadcast: root 2 is outside [0, 2)");
    testing::expect_error<ValueError>([&] { comm.all_gather(bytes); }, "all_gather: 3 bytes are no block");
  });
}

/// Notes where it was to receive, and fails. Of two ranks.
class Failing final : public Communicator {
 public:
  explicit Failing(bool can_exchange) : Communicator(0, 2), can_exchange_(can_exchange) {}
  mutable std::byte* memory = nullptr;

 private:
  void wait() const override {}
  void send_from(int, std::byte*, std::size_t) const override {}
  void gather_blocks(std::byte* all, std::size_t bytes) const override {
    std::memcpy(all + bytes, all, bytes);  // the other rank has the same
    if (bytes > 100) fail_with(all);
  }
  void exchange_blocks(const std::byte*, std::byte* in, std::size_t) const override {
    if (!can_exchange_) fail_with(in);
  }
  void fail_with(std::byte* m) const {
    memory = m;
    throw Error("Failing", "the call fails");
  }

  bool can_exchange_;
};

/// Whether a freed block of `elements` float32 is handed out again where `memory` is.
bool is_handed_out(const std::byte* memory, std::int64_t elements) {
  std::vector<Tensor> all;
  for (int i = 0; i < 8; ++i) all.push_back(zeros({elements}));
  return std::ranges::any_of(
      all, [memory](const Tensor& x) { return reinterpret_cast<const std::byte*>(x.data<float>()) == memory; });
}

TEST(Communicator, MemoryOfACallThatHasFailedIsNeverFreed) {
  constexpr std::int64_t n = 4096;
  const Failing first(false);
  std::vector<float> values(n);
  EXPECT_THROW(first.sum(std::span(values)), Error);
  EXPECT_FALSE(is_handed_out(first.memory, 2 * n)) << "a row for each rank";
  *first.memory = std::byte{1};  // for AddressSanitizer

  const Failing second(true);
  for (const std::size_t parameters : {1u, 2u}) {  // summed in place, and packed
    {
      std::vector<Tensor> p;
      for (std::size_t i = 0; i < parameters; ++i) p.push_back(zeros({n}, {.requires_grad = true}));
      for (const Tensor& t : p) t.set_grad(zeros({n}));
      EXPECT_THROW(sum_gradients(p, second), Error);
    }
    EXPECT_FALSE(is_handed_out(second.memory, static_cast<std::int64_t>(parameters) * n)) << parameters;
    *second.memory = std::byte{1};
  }
}

}  // namespace
}  // namespace xtape::distributed
