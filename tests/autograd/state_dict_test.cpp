#include "xtape/state_dict.hpp"

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;

StateDict three() {
  StateDict dict;
  dict.insert("w", tensor({1.0, 2.0}));
  dict.insert("b", tensor({3.0}));
  dict.insert("a", tensor({4.0}));
  return dict;
}

TEST(StateDict, OfEntriesKeepsTheirOrder) {
  const StateDict dict(std::vector<NamedTensor>{{"b", ones({1})}, {"a", zeros({2})}});
  EXPECT_EQ(dict.begin()->name, "b");
  EXPECT_EQ(dict["a"].size(0), 2);
  testing::expect_errors({
      {"ValueError: StateDict: \"a\" occurs twice",
       [] {
         StateDict(std::vector<NamedTensor>{{"a", ones({1})}, {"b", ones({1})}, {"a", ones({1})}});
       }},
      {"ValueError: StateDict: the tensor for \"a\" is undefined",
       [] {
         StateDict(std::vector<NamedTensor>{{"a", Tensor()}});
       }},
  });
}

TEST(StateDict, KeepsTheOrderOfInsertion) {
  const StateDict dict = three();
  std::string names;
  double total = 0;
  for (const auto& [name, tensor] : dict) {
    names += name;
    total += tensor.sum().item<double>();
  }
  EXPECT_EQ(names, "wba");
  EXPECT_EQ(total, 10.0);
  EXPECT_EQ(dict.size(), 3u);
  EXPECT_FALSE(dict.empty());
}

TEST(StateDict, FindsEveryNameOfMany) {
  StateDict dict;
  for (int i = 0; i < 300; ++i) dict.insert(std::to_string(i * 7919 % 300), tensor(i));
  for (int i = 0; i < 300; ++i) EXPECT_EQ(dict[std::to_string(i * 7919 % 300)].item<int>(), i);
  EXPECT_FALSE(dict.contains("300"));
  EXPECT_FALSE(dict.contains(""));
}

TEST(StateDict, SetReplacesInPlaceOrAppends) {
  StateDict dict = three();
  dict.set("b", tensor({5.0}));
  dict.set("c", tensor({6.0}));
  EXPECT_EQ(dict.size(), 4u);
  EXPECT_EQ((dict.begin() + 1)->name, "b");
  expect_close((dict.begin() + 1)->tensor, {5.0});
  expect_close(dict["c"], {6.0});
}

TEST(StateDict, AliasesItsTensorsAndACloneDoesNot) {
  const StateDict dict = three();
  const StateDict alias = dict;
  const StateDict snapshot = clone(dict);
  dict["w"].fill_(9);
  expect_close(alias.at("w"), {9.0, 9.0});
  expect_close(snapshot.at("w"), {1.0, 2.0});
  EXPECT_EQ(snapshot.begin()->name, "w");
}

TEST(StateDict, CloneDropsHistory) {
  StateDict dict;
  dict.insert("w", tensor({1.0}, {.requires_grad = true}));
  EXPECT_FALSE(clone(dict)["w"].requires_grad());
}

TEST(StateDict, LooksUpByValueInATemporary) {
  const Tensor& w = three()["w"];
  expect_close(w, {1.0, 2.0});
}

TEST(StateDict, NamesWhatItLacksOrRefuses) {
  StateDict dict = three();
  expect_error<IndexError>([&] { dict["fc1.weight"]; }, "\"fc1.weight\"", "3");
  expect_error<ValueError>([&] { dict.insert("w", tensor(1)); }, "insert", "\"w\"");
  expect_error<ValueError>([&] { dict.set("x", Tensor()); }, "\"x\"", "undefined");
  EXPECT_EQ(dict.size(), 3u);
}

}  // namespace
}  // namespace xtape
