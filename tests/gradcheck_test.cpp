// First and second derivatives of every op, layer and loss against central differences. No op may lack a case: every
// name that src/ops records must be on the tape of some case, or on that of its gradient.
#include <filesystem>
#include <regex>
#include <set>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::OpCase;

/// The only op that leaves float64, so that differences see rounding; golden/ops_test.cpp compares its gradient.
const std::set<std::string> not_in_float64 = {"to"};

/// The floating results of a case, in one vector.
Tensor differentiable_results(const OpCase& c, const std::vector<Tensor>& x) {
  std::vector<Tensor> flat;
  for (const Tensor& y : c.run(x)) {
    if (is_floating(y.dtype())) flat.push_back(y.flatten().to(float64));
  }
  return flat.size() == 1 ? flat[0] : cat(flat);
}

bool has_gradient(const OpCase& c) {
  const std::vector<Tensor> x = make_inputs(c.name, c.inputs, float64);
  for (const Tensor& y : c.run(x)) {
    if (y.requires_grad()) return true;
  }
  return false;
}

template <class Check>
int check_all(Check check) {
  int count = 0;
  for (const OpCase& c : testing::op_cases()) {
    if (!c.smooth || !has_gradient(c)) continue;
    ++count;
    const autograd::GradcheckFunction f = [&c](const std::vector<Tensor>& x) { return differentiable_results(c, x); };
    EXPECT_NO_THROW(check(f, make_inputs(c.name, c.inputs, float64))) << c.name;
  }
  return count;
}

TEST(OpCases, HaveDerivativesThatAgreeWithDifferences) {
  const int count = check_all([](const auto& f, const std::vector<Tensor>& x) {
    autograd::gradcheck(f, x, {.eps = 1e-5, .atol = 1e-8, .rtol = 1e-6});
  });
  RecordProperty("cases", count);
  EXPECT_GT(count, 150);
}

TEST(OpCases, HaveSecondDerivativesThatAgreeWithDifferences) {
  const int count = check_all([](const auto& f, const std::vector<Tensor>& x) {
    autograd::gradgradcheck(f, x, {.eps = 1e-5, .atol = 1e-7, .rtol = 1e-5});
  });
  RecordProperty("cases", count);
  EXPECT_GT(count, 150);
}

// A fused gradient kernel and the ops that replace it with create_graph give the same, also for extreme numbers.
TEST(OpCases, HaveTheSameGradientsWithCreateGraph) {
  testing::Comparison comparison;
  for (const OpCase& c : testing::op_cases()) {
    const std::vector<Tensor> x = make_inputs(c.name, c.inputs, float64), y = c.run(x);
    const std::vector<Tensor> plain = testing::gradients(c.name, y, x, {.retain_graph = true});
    comparison.expect_same(c.name, testing::gradients(c.name, y, x, {.create_graph = true}), plain);
  }
}

/// The names of the ops on the tapes of the smooth cases' results and gradients.
std::set<std::string> ops_on_tapes() {
  std::set<std::string> found;
  auto collect = [&found](const Tensor& y) {
    const Tape tape = Tape::of(y);
    for (const Tape::Entry& entry : tape.entries()) found.insert(entry.op);
  };
  for (const OpCase& c : testing::op_cases()) {
    if (!c.smooth) continue;
    const std::vector<Tensor> x = make_inputs(c.name, c.inputs, float64);
    for (const Tensor& y : c.run(x)) {
      if (!y.requires_grad()) continue;
      collect(y);
      for (const Tensor& input : x) {
        if (!input.requires_grad()) continue;
        const Tensor seed = ones_like(y.detach()).requires_grad_();
        const Tensor dx = grad({y}, {input}, {seed}, {.create_graph = true, .allow_unused = true})[0];
        if (dx.defined()) collect(dx);
      }
    }
  }
  return found;
}

/// Every match's first group.
std::vector<std::string> found_in(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

/// A regular expression for `record` and the functions of src/ops that pass a name on to it.
std::string recorders() {
  std::string names = "record";
  for (const auto& entry : std::filesystem::directory_iterator(testing::source_file("src/ops"))) {
    for (const std::string& f : found_in(testing::read_file(entry.path().string()), "(\\w+)\\(OpName "))
      names += "|" + f;
  }
  return names;
}

/// Whether a file's opening comment says so: its functions have no derivative or only call other ops.
bool is_never_recorded(const std::string& source) {
  return std::regex_search(source.substr(0, source.find("#include")), std::regex("(Never|None is)\\W+recorded"));
}

/// The names that src/ops passes to them.
std::set<std::string> recorded_ops() {
  const std::string pattern = "\\b(?:" + recorders() + ")\\(\\s*\"([a-z0-9_]+)\"";
  std::set<std::string> ops;
  for (const auto& entry : std::filesystem::directory_iterator(testing::source_file("src/ops"))) {
    const std::filesystem::path path = entry.path();
    const bool is_op = path.extension() == ".cpp" && !exists(std::filesystem::path(path).replace_extension(".hpp"));
    if (!is_op) continue;
    const std::string source = testing::read_file(path.string());
    const std::vector<std::string> names = found_in(source, pattern);
    EXPECT_EQ(names.empty(), is_never_recorded(source)) << path << " records nothing, or says so and does";
    ops.insert(names.begin(), names.end());
  }
  return ops;
}

TEST(OpCases, CoverEveryOp) {
  const std::set<std::string> required = recorded_ops(), found = ops_on_tapes();
  ASSERT_GT(required.size(), 40u);
  for (const std::string& op : required) {
    EXPECT_TRUE(found.count(op) > 0 || not_in_float64.count(op) > 0) << op << " is on no case's tape";
  }
  RecordProperty("ops", static_cast<int>(required.size()));
}

/// Every layer and every loss is the `op` of a case.
TEST(OpCases, CoverEveryModule) {
  const std::set<std::string> no_layers = {"Loss",       "ElementLoss", "ModuleSequence",
                                           "ModuleList", "BatchNorm",   "Lambda"};  // bases, containers
  std::set<std::string> cases;
  for (const OpCase& c : testing::op_cases()) cases.insert(c.op);
  int count = 0;
  for (const auto& header : std::filesystem::directory_iterator(testing::source_file("include/xtape/nn"))) {
    const std::string text = testing::read_file(header.path().string());
    for (const std::string& module :
         found_in(text,
                  "class XTAPE_API (\\w+) : public "
                  "(?:Module|Loss|detail::ElementLoss|detail::BatchNorm|ModuleSequence)\\b")) {
      if (no_layers.count(module) > 0) continue;
      ++count;
      EXPECT_TRUE(cases.count(module) > 0) << module << " has no case";
    }
  }
  EXPECT_GE(count, 20);
}

}  // namespace
}  // namespace xtape
