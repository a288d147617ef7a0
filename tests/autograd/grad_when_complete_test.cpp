// grad() that hands out each gradient as soon as it is complete.
#include "autograd/grad_when_complete.hpp"

#include "support/expect.hpp"

namespace xtape {
namespace {

/// What happens, in order.
class Log final : public detail::GradientReceiver {
 public:
  void receive(std::size_t i, Tensor gradient) override {
    events.push_back(std::to_string(i) + ": " + (gradient.defined() ? std::to_string(gradient.item<int>()) : "none"));
  }
  /// x, recorded: notes when the op runs backward.
  Tensor noting(const char* name, const Tensor& x) {
    return record("noting", {x}, x.detach().clone(), [this, name](const Tensor& gy) {
      events.emplace_back(name);
      return Gradients{gy};
    });
  }
  std::vector<std::string> events;
};

Tensor leaf(double value) { return full({}, value, {.requires_grad = true}); }

TEST(GradWhenComplete, HandsOutAGradientAfterTheLastOpThatUsesTheLeaf) {
  Log log;
  const Tensor a = leaf(2), b = leaf(3), c = leaf(5);
  const Tensor first = log.noting("first", a * b), second = log.noting("second", first * c);
  detail::grad_when_complete({second * b}, {a, b, c}, log);
  EXPECT_EQ(log.events, (std::vector<std::string>{"second", "2: 18", "first", "1: 60", "0: 45"}));
}

TEST(GradWhenComplete, HandsOutTheSumOfAllUses) {
  Log log;
  const Tensor a = leaf(2);
  const Tensor square = a * a;
  detail::grad_when_complete({square * a + a}, {a}, log);
  EXPECT_EQ(log.events, std::vector<std::string>{"0: 13"});
}

TEST(GradWhenComplete, HandsOutNoneAtOnceWhereNoOpUsesTheLeaf) {
  Log log;
  const Tensor a = leaf(2), unused = leaf(3);
  detail::grad_when_complete({log.noting("op", a) * 1}, {a, unused}, log);
  EXPECT_EQ(log.events, (std::vector<std::string>{"1: none", "op", "0: 1"}));
}

TEST(GradWhenComplete, HandsOutWhatHasArrivedWhereAnOpGivesNoGradient) {
  Log log;
  const Tensor a = leaf(2), b = leaf(3);
  const auto nothing = [](const Tensor& x) {
    return record("nothing", {x}, x.detach().clone(), [](const Tensor&) { return Gradients{Tensor()}; });
  };
  detail::grad_when_complete({nothing(a * b) + log.noting("op", a)}, {a, b}, log);
  EXPECT_EQ(log.events, (std::vector<std::string>{"op", "0: 1", "1: none"}));
}

TEST(GradWhenComplete, HandsOutWhatTheHooksOfTheLeafMake) {
  Log log;
  const Tensor a = leaf(2), b = leaf(3);
  a.register_hook([&log](const Tensor& g) {
    log.events.emplace_back("hook");
    return g * 10;
  });
  detail::grad_when_complete({log.noting("op", b) * a}, {a, b}, log);
  EXPECT_EQ(log.events, (std::vector<std::string>{"hook", "0: 30", "op", "1: 2"}));
}

TEST(GradWhenComplete, WhatTheReceiverThrowsEndsTheBackwardAndReleasesTheGraph) {
  struct Throwing final : detail::GradientReceiver {
    void receive(std::size_t, Tensor) override { throw ValueError("receiver", "full"); }
  } throwing;
  const Tensor a = leaf(2), b = leaf(3), y = (a * b).exp();
  testing::expect_error<ValueError>([&] { detail::grad_when_complete({y * b}, {a, b}, throwing); }, "receiver: full");
  EXPECT_TRUE(is_grad_enabled());
  testing::expect_error<GradError>([&] { y.backward(); }, "exp: its saved values were released");
}

}  // namespace
}  // namespace xtape
