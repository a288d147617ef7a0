#include "core/generator_scope.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "xtape/xtape.hpp"

namespace xtape {
namespace {

TEST(GeneratorScope, IsForOneThreadAndMayBeNested) {
  Generator& everyones = default_generator();
  Generator outer(1), inner(2);
  {
    const detail::GeneratorScope scope(outer);
    {
      const detail::GeneratorScope nested(inner);
      rand({1});
      EXPECT_EQ(&default_generator(), &inner);
    }
    EXPECT_EQ(&default_generator(), &outer);
    std::thread([&everyones] { EXPECT_EQ(&default_generator(), &everyones); }).join();
  }
  EXPECT_EQ(&default_generator(), &everyones);
  EXPECT_EQ(inner.state().offset, 1u);
  EXPECT_EQ(outer.state().offset, 0u);
}

}  // namespace
}  // namespace xtape
