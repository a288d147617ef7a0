// Arithmetic of uint8 and bool_, and products of integer matrices. golden/dtypes_test has the dtypes of all ops.
#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;

Tensor bytes(std::initializer_list<int> values) { return tensor(values, {.dtype = uint8}); }

XTAPE_OP_CASES(uint8) {
  cases.add("uint8", "", {testing::integers({9, 1}, 256), testing::integers({7}, 256)},
            "(lambda a, b: [a + b, a - b, a * b, a / (b + 1), a ** b, -a, abs(a), torch.maximum(a, b), a < b, "
            "a.sum(), b.max(), b.argmax(), a.clamp(9, 90), F.relu(b), b.exp() - b.exp(), a + 3, 200 * b, 2 ** b])"
            "(x[0].to(torch.uint8), x[1].to(torch.uint8))",
            [](Args x) {
              const Tensor a = x[0].to(uint8), b = x[1].to(uint8);
              return std::vector<Tensor>{a + b,   a - b,      a * b,          a / (b + 1), pow(a, b),
                                         -a,      abs(a),     maximum(a, b),  a < b,       a.sum(),
                                         b.max(), b.argmax(), a.clamp(9, 90), relu(b),     b.exp() - b.exp(),
                                         a + 3,   200 * b,    pow(2, b)};
            });
  cases.add("uint8", "of bool_", {testing::truths({4, 1}), testing::truths({5})},
            "(lambda a, b: [a + b, a * b, a / b, torch.maximum(a, b), torch.minimum(a, b), a.max(), a.min(0).values, "
            "a + True, True * b, a + 1, 2.5 * b, a.sum(), b.exp(), a == b, a < b])(*x)",
            [](Args x) {
              const Tensor &a = x[0], &b = x[1];
              return std::vector<Tensor>{a + b,   a * b,           a / b,    maximum(a, b), minimum(a, b),
                                         a.max(), a.min(0).values, a + true, true * b,      a + 1,
                                         2.5 * b, a.sum(),         b.exp(),  a == b,        a < b};
            });
}

XTAPE_OP_CASES(integer_matmul) {
  const auto large = [](const Tensor &x, DType dtype) { return (x * 1000003).to(dtype); };
  cases.add("matmul", "integers", {testing::integers({3, 2, 4}, 3000), testing::integers({4, 5}, 3000)},
            "[torch.matmul((x[0] * 1000003).to(d), (x[1] * 1000003).to(d)) for d in (torch.uint8, torch.int32, "
            "torch.int64)] + [x[0] @ x[1][:, 0], x[1][:, 1] @ x[1], x[1].T[0] @ x[1].T[2], x[0][:, :, :0] @ x[1][:0]]",
            [large](Args x) {
              const Tensor &a = x[0], &b = x[1], c = b.transpose(0, 1);
              std::vector<Tensor> y;
              for (DType dtype : {uint8, int32, int64}) y.push_back(matmul(large(a, dtype), large(b, dtype)));
              y.push_back(matmul(a, c[0]));
              y.push_back(matmul(c[1], b));
              y.push_back(matmul(c[0], c[2]));
              y.push_back(matmul(a.narrow(2, 0, 0), b.narrow(0, 0, 0)));
              return y;
            });
}

TEST(Uint8, WrapsAround) {
  EXPECT_TRUE(equal(bytes({1, 200}) + bytes({255, 100}), bytes({0, 44})));
  EXPECT_TRUE(equal(bytes({0, 5}) - bytes({1, 250}), bytes({255, 11})));
  EXPECT_TRUE(equal(bytes({16, 3}) * 100, bytes({64, 44})));
  EXPECT_TRUE(equal(-bytes({0, 1, 255}), bytes({0, 255, 1})));
  EXPECT_TRUE(equal(pow(bytes({2, 3, 0}), bytes({8, 5, 0})), bytes({0, 243, 1})));
}

TEST(Uint8, DividesToFloat32AndSumsToInt64) {
  EXPECT_TRUE(equal(bytes({255, 1}) / 2, tensor({127.5, 0.5})));
  EXPECT_TRUE(equal(bytes({255, 1}).sum(), tensor(256)));
}

TEST(Uint8, HasNoNegativeElements) {
  const Tensor x = bytes({0, 128, 255});
  EXPECT_TRUE(equal(abs(x), x) && equal(relu(x), x));
  EXPECT_TRUE(equal(x.max(), tensor(255).to(uint8)) && equal(x.argmax(), tensor(2)));
  EXPECT_TRUE(equal(maximum(x, bytes({127})), bytes({127, 128, 255})));
}

TEST(Uint8, IsWrittenInPlaceModulo256) {
  Tensor x = bytes({1, 200});
  x += bytes({255, 100});
  EXPECT_TRUE(equal(x, bytes({0, 44})));
  x -= 1;
  EXPECT_TRUE(equal(x, bytes({255, 43})));
  x += tensor({300, 1});  // as in PyTorch: the sum is taken in int64
  EXPECT_TRUE(equal(x, bytes({43, 44})));
}

TEST(Bool, SumIsOrAndProductIsAnd) {
  const Tensor a = tensor({false, false, true, true}), b = tensor({false, true, false, true});
  EXPECT_TRUE(equal(a + b, a | b) && equal(a * b, a & b));
  Tensor x = a.clone();
  x += b;
  EXPECT_TRUE(equal(x, a | b));
  x *= a;
  EXPECT_TRUE(equal(x, a));
}

TEST(Bool, CountsBesideNumbers) {  // PyTorch refuses the differences
  const Tensor mask = tensor({true, false});
  EXPECT_TRUE(equal(mask + 1, tensor({2, 1})) && equal(1 - mask, tensor({0, 1})));
  EXPECT_TRUE(equal(tensor({5, 5}) - mask, tensor({4, 5})));
  Tensor count = zeros({2}, {.dtype = int64});
  count -= mask;
  EXPECT_TRUE(equal(count, tensor({-1, 0})));
}

TEST(Bool, HasExtremaAndABoolForAnElement) {
  const Tensor x = tensor({{true, false}, {true, true}});
  EXPECT_TRUE(equal(x.max(), tensor(true)) && equal(x.min(), tensor(false)));
  EXPECT_TRUE(equal(x.min(0).values, tensor({true, false})) && equal(x.min(0).indices, tensor({0, 0})));
}

TEST(Integers, MultiplyAsMatricesModuloTheirSize) {
  EXPECT_TRUE(equal(matmul(tensor({{1, 2}, {3, 4}}), tensor({{5, 6}, {7, 8}})), tensor({{19, 22}, {43, 50}})));
  EXPECT_TRUE(equal(matmul(bytes({200, 200}), bytes({200, 200})), tensor(128).to(uint8)));
  const Tensor big = tensor({1 << 30, 1 << 30}, {.dtype = int32});
  EXPECT_TRUE(equal(matmul(big, tensor({2, 1}, {.dtype = int32})), tensor(-1073741824, {.dtype = int32})));
  EXPECT_TRUE(equal(matmul(tensor({-1, 2}), tensor({3, -4})), tensor(-11)));
}

TEST(Integers, OverNothingMultiplyToZero) {
  EXPECT_TRUE(
      equal(matmul(zeros({2, 0}, {.dtype = int32}), zeros({0, 3}, {.dtype = int32})), zeros({2, 3}, {.dtype = int32})));
}

TEST(Uint8, AndBoolThrowOneClearLine) {
  testing::expect_errors({
      {"DTypeError: -=: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] {
         Tensor x = tensor({true});
         x -= tensor({true});
       }},
      {"DTypeError: +=: int64 values cannot be written into a tensor of bool_ in place; convert it with .to(int64)",
       [] {
         Tensor x = tensor({true});
         x += 1;
       }},
      {"DTypeError: add_: uint8 values cannot be written into a tensor of bool_ in place; convert it with .to(uint8)",
       [] { tensor({true}).add_(bytes({1})); }},
      {"DTypeError: /=: float32 values cannot be written into a tensor of uint8 in place; convert it with .to(float32)",
       [] {
         Tensor x = bytes({1});
         x /= 2;
       }},
      {"ValueError: add: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { bytes({1}) + 300; }},
      {"DTypeError: matmul: the dtypes differ: int64 and uint8; convert one with .to",
       [] { matmul(tensor({1}), bytes({1})); }},
  });
}

}  // namespace
}  // namespace xtape
