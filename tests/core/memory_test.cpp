#include "core/memory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::detail {
namespace {

TEST(Memory, BlocksAreAligned) {
  for (std::size_t bytes = 1; bytes < 5000; bytes += 37) {
    void* block = take_block(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % block_alignment, 0) << bytes;
    std::memset(block, 0xAB, bytes);
    give_back(block, bytes);
  }
}

TEST(Memory, BlocksInUseNeverOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t bytes = 1; bytes < std::size_t{1} << 22; bytes = bytes * 9 / 8 + 1) {
      auto* block = static_cast<unsigned char*>(take_block(bytes));
      std::memset(block, static_cast<int>(blocks.size() % 251), bytes);
      blocks.emplace_back(block, bytes);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto [block, bytes] = blocks[i];
      for (const std::size_t at : {std::size_t{0}, bytes / 2, bytes - 1}) ASSERT_EQ(block[at], i % 251) << bytes;
    }
    for (const auto& [block, bytes] : blocks) give_back(block, bytes);
    blocks.clear();
  }
}

TEST(Memory, ABlockMayBeGivenBackOnAnotherThread) {
  void* block = take_block(1000);
  std::thread([block] { give_back(block, 1000); }).join();
  Tensor x = ones({1000});
  Tensor y;
  std::thread([&] { y = std::move(x) + 1; }).join();
  EXPECT_EQ(y.sum().item<float>(), 2000);
}

TEST(Memory, MoreBlocksThanAThreadKeepsMayBeGivenBack) {
  std::vector<void*> blocks;
  const std::size_t bytes = most_kept / 16;
  for (int i = 0; i < 40; ++i) blocks.push_back(take_block(bytes));
  for (void* block : blocks) {
    static_cast<char*>(block)[0] = 1;
    give_back(block, bytes);
  }
  void* large = take_block(2 * most_kept);
  ASSERT_NE(large, nullptr);
  give_back(large, 2 * most_kept);
}

TEST(Memory, AnImpossibleRequestGivesNull) { EXPECT_EQ(take_block(std::size_t{1} << 62), nullptr); }

}  // namespace
}  // namespace xtape::detail
