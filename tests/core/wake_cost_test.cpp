#include "core/wake_cost.hpp"

#include <gtest/gtest.h>

namespace xtape {
namespace {

TEST(WakeCost, IsWhatIsExpectedBeforeAnythingIsObserved) { EXPECT_EQ(WakeCost(5000).ns(), 5000); }

TEST(WakeCost, BecomesWhatIsObserved) {
  WakeCost cost(5000);
  for (int i = 0; i < 100; ++i) cost.observe(70'000);
  EXPECT_NEAR(cost.ns(), 70'000, 100);
  for (int i = 0; i < 100; ++i) cost.observe(1000);
  EXPECT_NEAR(cost.ns(), 1000, 10);
}

TEST(WakeCost, IsMovedLittleByOneLateThread) {
  WakeCost cost(5000);
  cost.observe(1e9);
  EXPECT_LE(cost.ns(), 7000);
}

TEST(WakeCost, ForgetsAHighCostThatIsNotObservedAnyMore) {
  WakeCost cost(5000);
  for (int i = 0; i < 100; ++i) cost.observe(1e6);
  for (int i = 0; i < 1000; ++i) cost.forget();
  EXPECT_NEAR(cost.ns(), 5000, 10);
}

TEST(WakeCost, KeepsALowCost) {
  WakeCost cost(5000);
  for (int i = 0; i < 100; ++i) cost.observe(1000);
  for (int i = 0; i < 1000; ++i) cost.forget();
  EXPECT_NEAR(cost.ns(), 1000, 10);
}

}  // namespace
}  // namespace xtape
