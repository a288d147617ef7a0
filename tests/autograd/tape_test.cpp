// The tape as a value, its lifetime and its depth.
#include <pthread.h>

#include <cstdint>
#include <thread>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

TEST(Tape, PrintsSequenceOpInputsAndShape) {
  Tensor x = leaf({1, 2, 3, 4, 5, 6}, {2, 3});
  Tensor loss = (x * 2 + x).sum();
  const Tape tape = Tape::of(loss);
  ASSERT_EQ(tape.size(), 3u);
  const auto n = tape.entries()[0].sequence;
  auto number = [&](std::uint64_t i) { return "#" + std::to_string(n + i); };
  EXPECT_EQ(tape.to_string(), number(0) + " mul(leaf (2, 3), constant) -> (2, 3) float64\n" +               //
                                  number(1) + " add(" + number(0) + ", leaf (2, 3)) -> (2, 3) float64\n" +  //
                                  number(2) + " sum(" + number(1) + ") -> () float64\n");
}

TEST(Tape, OfAConstantIsEmpty) {
  EXPECT_EQ(Tape::of(ones({2})).size(), 0u);
  EXPECT_EQ(Tape::of(Tensor()).size(), 0u);
  EXPECT_EQ(Tape::of(leaf({1}, {1})).to_string(), "");
}

TEST(Tape, KeepsNoNodeAlive) {
  Tape tape;
  {
    Tensor x = leaf({1}, {1});
    tape = Tape::of(x * x);
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
  EXPECT_EQ(tape.size(), 1u);
}

TEST(Tape, ListsASharedOpOnce) {
  Tensor x = leaf({1}, {1});
  Tensor y = x * x;
  EXPECT_EQ(Tape::of(y + y * y).size(), 3u);
}

// A million ops on a stack of 256 KiB: built, run backward, freed.
void* million(void*) {
  Tensor x = leaf({1}, {1});
  {
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + x;
    y.backward();
  }
  static bool ok;
  ok = x.grad().item<double>() == 1'000'001;
  return &ok;
}

void* run_on_small_stack(void* (*body)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  EXPECT_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  void* result = nullptr;
  pthread_join(thread, &result);
  pthread_attr_destroy(&attributes);
  return result;
}

TEST(Tape, AMillionOpsNeedNoDeepStack) {
  EXPECT_TRUE(*static_cast<bool*>(run_on_small_stack(million)));
  EXPECT_EQ(autograd::live_nodes(), 0);
}

// The same with ops that save their inputs, so that nodes also own each other through saved tensors.
void* million_saved(void*) {
  static bool ok;
  Tensor x = leaf({1}, {1});
  Tensor y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y * x;
  y = Tensor();
  ok = autograd::live_nodes() == 0;
  return &ok;
}

TEST(Tape, AMillionSavedValuesAreFreedWithoutRecursion) {
  EXPECT_TRUE(*static_cast<bool*>(run_on_small_stack(million_saved)));
}

TEST(Tape, SpansThreads) {
  Tensor x = leaf({3}, {1});
  Tensor y;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) y = y.defined() ? y + x : x * x;
  }).join();
  Tensor z = y * x;  // this thread has recorded far fewer ops
  z.backward();
  expect_close(x.grad(), {3 * 9 + 2 * 99 * 3});
}

TEST(Tape, AFunctionMayCaptureOveralignedValues) {
  struct alignas(256) Wide {
    float values[64] = {};
  };
  Tensor x = leaf({1}, {1});
  std::vector<Tensor> kept;  // so that every node has another address
  for (int i = 0; i < 20; ++i) {
    kept.push_back(record("wide", {x}, x.clone(), [wide = Wide()](const Tensor& gy) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&wide) % alignof(Wide), 0);
      return Gradients(gy);
    }));
    kept.back().backward();
  }
}

TEST(Tape, AThrowingOpLeavesNoTrace) {
  Tensor x = leaf({1, 2}, {2});
  EXPECT_THROW(x + leaf({1, 2, 3}, {3}), ShapeError);
  EXPECT_EQ(autograd::live_nodes(), 0);
}

}  // namespace
}  // namespace xtape
