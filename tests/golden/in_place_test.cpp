// What += -= *= /= make of every pair of dtypes, against PyTorch's: in_place.golden, made by make_in_place.py beside
// this file. A case that PyTorch refuses is a DTypeError.
#include "support/expect.hpp"
#include "support/golden.hpp"

namespace xtape {
namespace {

std::string name_of(const Tensor& x) {
  const std::string dtype = x.dtype() == bool_ ? "bool" : to_string(x.dtype());
  return dtype + (x.dim() == 0 ? "[]" : "[" + std::to_string(x.numel()) + "]");
}

class InPlaceDtypes : public ::testing::Test {
 protected:
  /// The case, for a named handle and for a const one.
  template <class B>
  void check(const Tensor& left, const std::string& op, const B& b, const std::string& name) {
    const std::string title = name_of(left) + " " + op + " " + name;
    const std::vector<Tensor> expected = file_.take(title);
    Tensor handle = left.clone();
    const Tensor constant = left.clone();
    auto apply = [&op, &b](auto& x) {
      if (op == "+=") x += b;
      if (op == "-=") x -= b;
      if (op == "*=") x *= b;
      if (op == "/=") x /= b;
    };
    if (expected.empty()) {
      EXPECT_THROW(apply(handle), DTypeError) << title;
      EXPECT_THROW(apply(constant), DTypeError) << title;
      EXPECT_TRUE(equal(handle, left)) << title;
    } else {
      EXPECT_NO_THROW(apply(handle)) << title;
      EXPECT_NO_THROW(apply(constant)) << title;
      comparison_.expect_same(title, {handle}, expected);
      comparison_.expect_same(title, {constant}, expected);
    }
  }

  testing::GoldenFile file_{testing::golden_file("in_place.golden")};
  testing::Comparison comparison_;
};

TEST_F(InPlaceDtypes, ArePyTorchs) {  // SEMANTICS [39]
  const std::vector<DType> dtypes = {bool_, uint8, int32, int64, float32, float64};
  for (const std::string op : {"+=", "-=", "*=", "/="}) {
    for (DType dtype : dtypes) {
      for (const Tensor& left : {tensor({3, 7}).to(dtype), tensor(7).to(dtype)}) {
        for (DType other : dtypes) {
          const Tensor b = tensor(2).to(other);
          check(left, op, b, name_of(b));
          if (left.dim() == 1) check(left, op, b.reshape({1}), name_of(b.reshape({1})));
        }
        check(left, op, Scalar(2), "2");
        check(left, op, Scalar(2.0), "2.0");
      }
    }
  }
  file_.expect_all_taken();
}

}  // namespace
}  // namespace xtape
