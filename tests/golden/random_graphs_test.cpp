// Random programs of 2 to 40 ops: loss, gradients and gradients of gradients against PyTorch's. The names of the cases
// in random_graphs.golden are the programs; make_random_graphs.py describes the format. random_graphs.sh makes and
// checks fresh ones, through the environment variable XTAPE_RANDOM_GRAPHS.
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/inputs.hpp"

namespace xtape {
namespace {

using testing::GoldenFile;

using Args = const std::vector<Tensor>&;
using Numbers = const std::vector<double>&;
using Op = std::function<Tensor(Args, Numbers)>;

std::int64_t integer(double p) { return static_cast<std::int64_t>(p); }
Shape shape_from(Numbers p, std::size_t first = 0) {
  return Shape(p.begin() + static_cast<std::ptrdiff_t>(first), p.end());
}
Tensor indices_from(Numbers p, std::size_t first = 0) {
  return tensor(std::vector<std::int64_t>(p.begin() + static_cast<std::ptrdiff_t>(first), p.end()));
}

Tensor gathered(const Tensor& x, Numbers p) {
  Shape shape = x.shape();
  shape[integer(p[0])] = integer(p[1]);
  return gather(x, integer(p[0]), indices_from(p, 2).reshape(shape));
}

Op unary(Tensor (*f)(const Tensor&)) {
  return [f](Args x, Numbers) { return f(x[0]); };
}
Op binary(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](Args x, Numbers) { return f(x[0], x[1]); };
}
Op along(Tensor (*f)(const Tensor&, std::int64_t)) {
  return [f](Args x, Numbers p) { return f(x[0], integer(p[0])); };
}

/// x[i], or undefined.
Tensor maybe(Args x, std::size_t i) { return i < x.size() ? x[i] : Tensor(); }

/// As conv2d, conv_transpose2d and embedding_bag in graph_ops.py.
Tensor convolution(Args x, Numbers p) {
  const std::int64_t form = integer(p[0]), groups = form == 2 ? x[0].size(0) : 1;
  return conv2d(form == 0 ? x[0].unsqueeze(1) : x[0], x[1].unsqueeze(form == 1 ? 0 : 1), maybe(x, 2),
                {.stride = integer(p[1]), .padding = integer(p[2]), .dilation = integer(p[3]), .groups = groups});
}
Tensor transposed_convolution(Args x, Numbers p) {
  const std::int64_t form = integer(p[0]), groups = form == 2 ? x[0].size(0) : 1;
  return conv_transpose2d(form == 0 ? x[0].unsqueeze(1) : x[0], x[1].unsqueeze(form == 0 ? 0 : 1), maybe(x, 2),
                          {.stride = integer(p[1]),
                           .padding = integer(p[2]),
                           .output_padding = integer(p[4]),
                           .groups = groups,
                           .dilation = integer(p[3])});
}
Tensor bags(Args x, Numbers p) {
  const BagMode modes[] = {BagMode::sum, BagMode::mean, BagMode::max};
  return embedding_bag(indices_from(p, 2).reshape({integer(p[1]), -1}), x[0],
                       {.mode = modes[integer(p[0])], .per_sample_weights = maybe(x, 1)});
}

/// The same ops as RUN in graph_ops.py.
const std::map<std::string, Op> graph_ops = {
    {"add", binary(add)},
    {"sub", binary(sub)},
    {"mul", binary(mul)},
    {"div", binary(div)},
    {"maximum", binary(maximum)},
    {"minimum", binary(minimum)},
    {"pow", binary(pow)},
    {"where", [](Args x, Numbers) { return where(x[0] > x[1], x[2], x[3]); }},
    {"add_number", [](Args x, Numbers p) { return x[0] + p[0]; }},
    {"mul_number", [](Args x, Numbers p) { return x[0] * p[0]; }},
    {"number_sub", [](Args x, Numbers p) { return p[0] - x[0]; }},
    {"number_div", [](Args x, Numbers p) { return p[0] / x[0]; }},
    {"pow_number", [](Args x, Numbers p) { return pow(x[0], p[0]); }},
    {"neg", unary(neg)},
    {"abs", unary(abs)},
    {"exp", unary(exp)},
    {"log", unary(log)},
    {"sqrt", unary(sqrt)},
    {"relu", unary(relu)},
    {"sigmoid", unary(sigmoid)},
    {"tanh", unary(tanh)},
    {"clamp", [](Args x, Numbers p) { return clamp(x[0], p[0], p[1]); }},
    {"clone", [](Args x, Numbers) { return x[0].clone(); }},
    {"detach", [](Args x, Numbers) { return x[0].detach(); }},
    {"sum", unary(sum)},
    {"mean", unary(mean)},
    {"sum_over", [](Args x, Numbers p) { return x[0].sum(shape_from(p, 1), p[0] != 0); }},
    {"mean_over", [](Args x, Numbers p) { return x[0].mean(shape_from(p, 1), p[0] != 0); }},
    {"max", unary(max)},
    {"min", unary(min)},
    {"max_over", [](Args x, Numbers p) { return x[0].max(integer(p[1]), p[0] != 0).values; }},
    {"min_over", [](Args x, Numbers p) { return x[0].min(integer(p[1]), p[0] != 0).values; }},
    {"logsumexp", [](Args x, Numbers p) { return x[0].logsumexp(integer(p[1]), p[0] != 0); }},
    {"softmax", along(softmax)},
    {"log_softmax", along(log_softmax)},
    {"matmul", binary(matmul)},
    {"conv2d", convolution},
    {"conv_transpose2d", transposed_convolution},
    {"max_pool2d",
     [](Args x, Numbers p) {
       return max_pool2d(
           x[0], integer(p[0]),
           {.stride = integer(p[1]), .padding = integer(p[2]), .dilation = integer(p[3]), .ceil_mode = p[4] != 0});
     }},
    {"avg_pool2d",
     [](Args x, Numbers p) {
       return avg_pool2d(
           x[0], integer(p[0]),
           {.stride = integer(p[1]), .padding = integer(p[2]), .ceil_mode = p[3] != 0, .count_include_pad = p[4] != 0});
     }},
    {"adaptive_avg_pool2d",
     [](Args x, Numbers p) {
       return adaptive_avg_pool2d(x[0], {integer(p[0]), integer(p[1])});
     }},
    {"linear", [](Args x, Numbers) { return linear(x[0], x[1], maybe(x, 2)); }},
    {"transpose", [](Args x, Numbers p) { return x[0].transpose(integer(p[0]), integer(p[1])); }},
    {"permute", [](Args x, Numbers p) { return x[0].permute(shape_from(p)); }},
    {"reshape", [](Args x, Numbers p) { return x[0].reshape(shape_from(p)); }},
    {"flatten", [](Args x, Numbers p) { return x[0].flatten(integer(p[0]), integer(p[1])); }},
    {"squeeze", [](Args x, Numbers) { return x[0].squeeze(); }},
    {"unsqueeze", along(unsqueeze)},
    {"expand", [](Args x, Numbers p) { return x[0].expand(shape_from(p)); }},
    {"cat", [](Args x, Numbers p) { return cat(x, integer(p[0])); }},
    {"stack", [](Args x, Numbers p) { return stack(x, integer(p[0])); }},
    {"narrow", [](Args x, Numbers p) { return x[0].narrow(integer(p[0]), integer(p[1]), integer(p[2])); }},
    {"select", [](Args x, Numbers p) { return select(x[0], integer(p[0]), integer(p[1])); }},
    {"index_select", [](Args x, Numbers p) { return x[0].index_select(integer(p[0]), indices_from(p, 1)); }},
    {"gather", [](Args x, Numbers p) { return gathered(x[0], p); }},
    {"cross_entropy",
     [](Args x, Numbers p) { return cross_entropy(x[0], indices_from(p, 1), {.label_smoothing = p[0]}); }},
    {"cross_entropy_each",
     [](Args x, Numbers p) { return cross_entropy(x[0], indices_from(p), {.reduction = Reduction::none}); }},
    {"cross_entropy_of",
     [](Args x, Numbers p) {
       return cross_entropy(x[0], x[1], {.reduction = Reduction::sum, .label_smoothing = p[0]});
     }},
    {"nll_loss", [](Args x, Numbers p) { return nll_loss(x[0], indices_from(p), {.ignore_index = 1}); }},
    {"mse_loss", [](Args x, Numbers) { return mse_loss(x[0], x[1]); }},
    {"bce",
     [](Args x, Numbers) { return binary_cross_entropy_with_logits(x[0], x[1], {.reduction = Reduction::sum}); }},
    {"kl_div", [](Args x, Numbers) { return kl_div(x[0], x[1], {.reduction = Reduction::none}); }},
    {"erf", unary(erf)},
    {"gelu", [](Args x, Numbers) { return gelu(x[0]); }},
    {"gelu_tanh", [](Args x, Numbers) { return gelu(x[0], GELUApproximate::tanh); }},
    {"leaky_relu", [](Args x, Numbers p) { return leaky_relu(x[0], p[0]); }},
    {"layer_norm", [](Args x, Numbers) { return layer_norm(x[0], {x[0].size(-1)}, maybe(x, 1), maybe(x, 2)); }},
    {"batch_norm", [](Args x, Numbers) { return batch_norm(x[0], {}, {}, maybe(x, 1), maybe(x, 2), true); }},
    {"embedding", [](Args x, Numbers p) { return embedding(indices_from(p), x[0]); }},
    {"embedding_bag", bags},
    {"sin", unary(sin)},
    {"cos", unary(cos)},
    {"expm1", unary(expm1)},
    {"log1p", unary(log1p)},
    {"silu", unary(silu)},
    {"mish", unary(mish)},
    {"softplus", [](Args x, Numbers) { return softplus(x[0]); }},
    {"logsigmoid", unary(logsigmoid)},
    {"elu", [](Args x, Numbers p) { return elu(x[0], p[0]); }},
    {"prod", unary(prod)},
    {"prod_over", [](Args x, Numbers p) { return x[0].prod(integer(p[1]), p[0] != 0); }},
    {"var_over", [](Args x, Numbers p) { return x[0].var(integer(p[1]), 1, p[0] != 0); }},
    {"std_over", [](Args x, Numbers p) { return x[0].std(integer(p[1]), 1, p[0] != 0); }},
    {"norm_over", [](Args x, Numbers p) { return x[0].norm(2, integer(p[1]), p[0] != 0); }},
    {"cumsum", along(cumsum)},
    {"sort", [](Args x, Numbers p) { return x[0].sort(integer(p[0])).values; }},
    {"topk", [](Args x, Numbers p) { return x[0].topk(integer(p[1]), integer(p[0])).values; }},
    {"flip", [](Args x, Numbers p) { return flip(x[0], shape_from(p)); }},
    {"roll", [](Args x, Numbers p) { return roll(x[0], integer(p[1]), integer(p[0])); }},
    {"tile", [](Args x, Numbers p) { return tile(x[0], shape_from(p)); }},
    {"tril", along(tril)},
    {"triu", along(triu)},
    {"diag", along(diag)},
    {"outer", binary(outer)},
    {"masked_fill", [](Args x, Numbers p) { return masked_fill(x[0], x[0] > p[0], p[1]); }},
    {"masked_select", [](Args x, Numbers p) { return masked_select(x[0], x[0] > p[0]); }},
    {"index_add", [](Args x, Numbers p) { return index_add(x[0], integer(p[0]), indices_from(p, 1), x[1]); }},
    {"index_copy", [](Args x, Numbers p) { return index_copy(x[0], integer(p[0]), indices_from(p, 1), x[1]); }},
    {"scatter_add",
     [](Args x,
        Numbers p) { return scatter_add(x[0], integer(p[0]), indices_from(p, 1).reshape(x[1].shape()), x[1]); }},
    {"l1_loss", [](Args x, Numbers) { return l1_loss(x[0], x[1]); }},
    {"smooth_l1_loss", [](Args x, Numbers p) { return smooth_l1_loss(x[0], x[1], {.beta = p[0]}); }},
    {"huber_loss",
     [](Args x, Numbers p) { return huber_loss(x[0], x[1], {.reduction = Reduction::sum, .delta = p[0]}); }},
};

/// Runs a program: keeps the values so far, the leaves among them, and the loss after the statement `out`.
class Program {
 public:
  explicit Program(const std::string& text) : statements_(text) { std::getline(statements_, key_, ';'); }

  /// The loss, its gradient at each leaf, and that of the sum of the gradients' squares.
  std::vector<Tensor> run() {
    for (std::string statement; std::getline(statements_, statement, ';');) execute(statement);
    std::vector<Tensor> first = grad({loss_}, leaves_, {.create_graph = true, .allow_unused = true}), second;
    Tensor norm = zeros({}, {.dtype = float64});
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!first[i].defined()) first[i] = zeros_like(leaves_[i].detach());
      norm = norm + (first[i] * first[i]).sum();
    }
    second.resize(leaves_.size());
    if (norm.requires_grad()) second = grad({norm}, leaves_, {.allow_unused = true});
    std::vector<Tensor> results = {loss_};
    results.insert(results.end(), first.begin(), first.end());
    for (std::size_t i = 0; i < second.size(); ++i) {
      results.push_back(second[i].defined() ? second[i] : zeros_like(leaves_[i].detach()));
    }
    return results;
  }

 private:
  void execute(const std::string& statement) {
    std::istringstream words(statement);
    std::string op;
    words >> op;
    std::vector<double> before, after;  // the numbers before and after the colon
    bool is_parameter = false;
    for (std::string word; words >> word;) {
      if (word == ":") {
        is_parameter = true;
      } else {
        (is_parameter ? after : before).push_back(std::strtod(word.c_str(), nullptr));
      }
    }
    if (op == "leaf" || op == "const") {
      values_.push_back(testing::any(shape_from(before)).make(key_ + "#" + std::to_string(values_.size()), float64));
      if (op == "leaf") leaves_.push_back(values_.back());
      if (op == "const") values_.back() = values_.back().detach();
      return;
    }
    std::vector<Tensor> x;
    for (double i : before) x.push_back(values_.at(static_cast<std::size_t>(i)));
    if (op == "out") {
      loss_ = zeros({}, {.dtype = float64});
      for (std::size_t k = 0; k < x.size(); ++k) loss_ = loss_ + (x[k] * testing::upstream(key_, k, x[k])).sum();
    } else if (op[0] == '~') {
      values_.push_back(without_grad([&] { return graph_ops.at(op.substr(1))(x, after); }));
    } else {
      values_.push_back(graph_ops.at(op)(x, after));
    }
  }

  std::istringstream statements_;
  std::string key_;
  std::vector<Tensor> values_, leaves_;
  Tensor loss_;
};

TEST(RandomGraphs, AgreeWithPyTorch) {
  const char* fresh = std::getenv("XTAPE_RANDOM_GRAPHS");
  GoldenFile file(fresh ? fresh : testing::golden_file("random_graphs.golden"));
  testing::Comparison comparison({.float64 = 1e-10});
  for (const std::string& program : file.names()) {
    EXPECT_NO_THROW(comparison.expect_same(program, Program(program).run(), file.take(program))) << program;
  }
  EXPECT_TRUE(fresh || file.names().size() == 1000);
  EXPECT_EQ(autograd::live_nodes(), 0);
}

}  // namespace
}  // namespace xtape
