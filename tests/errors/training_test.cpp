// Misuses of modules, optimizers, schedulers and data.
// clang-format off
#include <gtest/gtest.h>

#include <fstream>

#include "support/constants.hpp"
#include "support/misuse.hpp"
#include "support/files.hpp"

namespace xtape {
namespace {

using testing::expect_errors;
using testing::inf;
using testing::nan;

struct Registering : nn::Module {
  using Module::register_buffer;
  using Module::register_module;
  using Module::register_parameter;
};

struct ThreeToReLU : nn::Module {
  nn::ReLU relu = register_module("1", nn::ReLU());
  Tensor forward(const Tensor& x) { return relu(x, x, x); }
};
struct Encoder : nn::Module {
  nn::Linear fc1 = register_module("fc1", nn::Linear(784, 256));
  Tensor forward(const Tensor& x) { return fc1(x); }
};

TEST(Errors, OfModules) {
  expect_errors({
      {"ShapeError: linear (784 -> 256): expected input (N, 784), got (64, 28, 28); flatten it first?",
       [] { nn::Linear(784, 256)(ones({64, 28, 28})); }},
      {"ShapeError: linear \"0.fc1\" (784 -> 256): expected input (N, 784), got (64, 28, 28); flatten it first?",
       [] { nn::Sequential{Encoder(), nn::ReLU()}(ones({64, 28, 28})); }},
      {"ValueError: Linear: in_features is -1, it must not be negative", [] { nn::Linear(-1, 2); }},
      {"ValueError: Linear: out_features is -2, it must not be negative", [] { nn::Linear(1, -2); }},
      {"ValueError: Dropout: p is 1.5, it must lie in [0, 1]", [] { nn::Dropout(1.5); }},
      {"ValueError: Dropout: p is -0.1, it must lie in [0, 1]", [] { nn::Dropout drop(-0.1); }},
      {"ValueError: Dropout: p is nan, it must lie in [0, 1]", [] { nn::Dropout drop(nan); }},
      {"IndexError: Sequential: layer 2 is outside [-2, 2)", [] { nn::Sequential{nn::ReLU(), nn::ReLU()}[2]; }},
      {"ValueError: register_parameter: \"a.b\" is not a valid name: it must not be empty or contain a dot",
       [] { Registering().register_parameter("a.b", ones({2})); }},
      {"ValueError: register_parameter: this module has a \"a\" already",
       [] { Registering m; m.register_buffer("a", ones({2})); m.register_parameter("a", ones({2})); }},
      {"GradError: register_parameter: \"w\" is the result of an op, not a leaf; pass its detach().clone()",
       [] { Registering().register_parameter("w", ones({2}, {.requires_grad = true}) * 2); }},
      {"ValueError: register_parameter: \"\" is not a valid name: it must not be empty or contain a dot",
       [] { Registering().register_parameter("", ones({2})); }},
      {"ValueError: register_parameter: this module has a \"w\" already",
       [] { Registering m; m.register_parameter("w", ones({2})); m.register_parameter("w", ones({2})); }},
      {"ValueError: replace_module: this module has no \"hed\"; its children are [1, fc1]",
       [] { Registering m; m.register_module("1", nn::ReLU()); m.register_module("fc1", nn::Linear(2, 2));
            (void)m.replace_module("hed", nn::Linear(2, 2)); }},
      {"ValueError: replace_module: \"0\" is this module itself, or contains it",
       [] { nn::Sequential outer{nn::ReLU(), nn::ReLU()}; outer.replace(0, nn::Sequential{outer, nn::ReLU()}); }},
      {"IndexError: Sequential: layer 2 is outside [-2, 2)",
       [] { nn::Sequential{nn::ReLU(), nn::ReLU()}.replace(2, nn::ReLU()); }},
      {"ValueError: Encoder \"0\": it runs an unregistered Linear: parameters(), state_dict() and eval() miss it; "
       "write fc1 = replace_module(\"fc1\", ...) to replace a module, register_module to add one, or nn::unregistered(...) "
       "if it is not meant to be registered",
       [] { Encoder e; e.fc1 = nn::Linear(784, 2); nn::Sequential{e, nn::ReLU()}(ones({1, 784})); }},
      {"ValueError: Encoder \"0\": this copy of the module still has the old \"fc1\", which replace_module has replaced; "
       "call replace_module before you copy the module, into a Sequential for example, and assign what it returns",
       [] { Encoder e; nn::Sequential model{e, nn::ReLU()}; e.fc1 = e.replace_module("fc1", nn::Linear(784, 2));
            model(ones({1, 784})); }},
      {"ValueError: register_module: \"self\" is this module itself, or contains it",
       [] { Registering m; m.register_module("self", m); }},
      {"ValueError: Registering: called with 1 input, but it has no forward(const Tensor& x); a forward with other "
       "types, such as forward(Tensor x), is never called",
       [] { Registering()(ones({2})); }},
      {"ValueError: Linear: called with 2 inputs, but it has no forward(const Tensor& x, const Tensor& y); a "
       "forward with other types, such as forward(Tensor x), is never called",
       [] { nn::Linear(2, 2)(ones({2}), ones({2})); }},
      {"ValueError: ReLU \"1\": called with 3 inputs, but it has no forward(const Tensor& x, const Tensor& y, const "
       "Tensor& z); a forward with other types, such as forward(Tensor x), is never called",
       [] { ThreeToReLU()(ones({2})); }},
      {"ValueError: register_module: \"0\" is this module itself, or contains it",
       [] { nn::Sequential outer, inner; outer.append(inner); inner.append(outer); }},
      {"ValueError: register_module: \"0\" is this module itself, or contains it",
       [] { nn::Sequential inner; inner.append(inner); }},
      {"DTypeError: to: a module can be float32 or float64, not int64", [] { nn::Linear(2, 2).to(int64); }},
      {"ValueError: load_state_dict: the keys do not match: missing [bias], unexpected []; pass strict = false to "
       "load those that match",
       [] { StateDict d; d.set("weight", ones({2, 2})); nn::Linear(2, 2).load_state_dict(d); }},
      {"ValueError: load_state_dict: the keys do not match: missing [weight, bias], unexpected [model.bias, "
       "model.weight]; none matches, but the dict has \"model.bias\": leave \"model.\" out of its names?",
       [] {
         StateDict d;
         d.set("model.bias", ones({2}));
         d.set("model.weight", ones({2, 2}));
         nn::Linear(2, 2).load_state_dict(d);
       }},
      {"ValueError: load_state_dict: the keys do not match: missing [weight, bias], unexpected [b, xbias]; none matches",
       [] { StateDict d; d.set("b", ones({2})); d.set("xbias", ones({2})); nn::Linear(2, 2).load_state_dict(d); }},
      {"ShapeError: load_state_dict: \"weight\" is (2, 3) in the dict, (2, 2) in the module",
       [] {
         StateDict d;
         d.set("weight", ones({2, 3}));
         d.set("bias", ones({2}));
         nn::Linear(2, 2).load_state_dict(d);
       }},
      {"ShapeError: load_state_dict: \"weight\" is (2, 3) in the dict, (2, 2) in the module; \"bias\" is (3) in the "
       "dict, (2) in the module",
       [] {
         StateDict d;
         d.set("bias", ones({3}));
         d.set("weight", ones({2, 3}));
         nn::Linear(2, 2).load_state_dict(d, false);
       }},
      {"ShapeError: load_state_dict: \"weight\" is (3) in the dict, (2, 2) in the module; the keys do not match: missing "
       "[bias], unexpected [a, b]",
       [] {
         StateDict d;
         d.set("a", ones({1}));
         d.set("weight", ones({3}));
         d.set("b", ones({1}));
         nn::Linear(2, 2).load_state_dict(d);
       }},
      {"ValueError: load_state_dict: values that the module's dtype cannot hold: \"steps\" (to: nan does not fit int64); "
       "\"mask\" (to: 300 does not fit uint8)",
       [] {
         Registering m;
         m.register_buffer("steps", tensor({1, 2}));
         m.register_buffer("mask", zeros({1}, {.dtype = uint8}));
         StateDict d;
         d.set("steps", tensor({0.0, nan}));
         d.set("mask", tensor({300.0}));
         m.load_state_dict(d);
       }},
      {"IndexError: state_dict: no entry \"wieght\" among 2",
       [] { static_cast<void>(nn::Linear(2, 2).state_dict().at("wieght")); }},
      {"ValueError: set: the tensor for \"a\" is undefined", [] { StateDict d; d.set("a", Tensor()); }},
      {"ValueError: insert: there is an entry \"a\" already; use set to replace it",
       [] { StateDict d; d.insert("a", ones({1})); d.insert("a", ones({1})); }},
      {"ShapeError: linear \"1\" (4 -> 2): expected input (N, 4), got (1, 3)",
       [] { nn::summary(nn::Sequential{nn::Linear(2, 3), nn::Linear(4, 2)}, {1, 2}); }},
      {"ShapeError: linear \"fc1\" (784 -> 256): expected input (N, 784), got (2, 3, 4, 5)",
       [] { Encoder()(ones({2, 3, 4, 5})); }},
      {"ShapeError: LayerNorm: normalized_shape () names no dim", [] { nn::LayerNorm(Shape{}); }},
      {"ValueError: LayerNorm: eps is -1, it must not be negative", [] { nn::LayerNorm(4, {.eps = -1}); }},
      {"ShapeError: layer_norm: expected an input that ends in (3), got (2, 4)",
       [] { nn::LayerNorm(3)(ones({2, 4})); }},
      {"ShapeError: BatchNorm1d: expected (N, 3) or (N, 3, L), got (2, 4)", [] { nn::BatchNorm1d(3)(ones({2, 4})); }},
      {"ValueError: batch_norm: training needs more than one value per channel, got (1, 3); to predict call eval() first, "
       "and drop_last leaves out a last batch of one",
       [] { nn::BatchNorm1d(3)(ones({1, 3})); }},
      {"ValueError: BatchNorm1d: momentum is 2, it must lie in [0, 1] or be cumulative_average",
       [] { nn::BatchNorm1d(3, {.momentum = 2}); }},
      {"ShapeError: BatchNorm1d: expected (N, 3) or (N, 3, L), got (3)", [] { nn::BatchNorm1d(3)(ones({3})); }},
      {"ShapeError: BatchNorm1d: expected (N, 3) or (N, 3, L), got (2, 3, 4, 5); BatchNorm2d takes images",
       [] { nn::BatchNorm1d(3)(ones({2, 3, 4, 5})); }},
      {"ValueError: BatchNorm1d: num_features is -1, it must not be negative", [] { nn::BatchNorm1d(-1); }},
      {"ValueError: BatchNorm1d: eps is nan, it must not be negative", [] { nn::BatchNorm1d(2, {.eps = nan}); }},
      {"IndexError: embedding: index[0] = 7 is outside [0, 4)", [] { nn::Embedding(4, 2)(tensor({7})); }},
      {"IndexError: Embedding: padding_idx 4 is outside [-4, 4)", [] { nn::Embedding(4, 2, {.padding_idx = 4}); }},
      {"ValueError: Embedding: num_embeddings is -1, it must not be negative", [] { nn::Embedding(-1, 2); }},
      {"ValueError: uniform_: [1, 0) is not a finite interval in float32", [] { nn::init::uniform_(ones({2}), 1, 0); }},
      {"ValueError: uniform_: [0, inf) is not a finite interval in float32",
       [] { nn::init::uniform_(zeros({2, 2}), 0, inf); }},
      {"ValueError: uniform_: the tensor is undefined", [] { nn::init::uniform_(Tensor()); }},
      {"ValueError: uniform_: [-3e+38, 3e+38) is not a finite interval in float32",
       [] { nn::init::uniform_(empty({2}), -3e38, 3e38); }},
      {"ValueError: normal_: std is -1, it must not be negative", [] { nn::init::normal_(ones({2}), 0, -1); }},
      {"DTypeError: normal_: draws real numbers, but the tensor is int64",
       [] { nn::init::normal_(zeros({2}, {.dtype = int64})); }},
      {"ValueError: normal_: mean 0 and std 1e+300 are not both finite in float32",
       [] { nn::init::normal_(empty({2}), 0, 1e300); }},
      {"ValueError: constant_: the tensor is undefined", [] { nn::init::constant_(Tensor(), 1); }},
      {"ShapeError: xavier_uniform_: fan_in and fan_out need a weight of at least 2 dims, got (2)",
       [] { nn::init::xavier_uniform_(ones({2})); }},
      {"DTypeError: kaiming_normal_: draws real numbers, but the tensor is int64",
       [] { nn::init::kaiming_normal_(tensor({{1, 2}})); }},
      {"ShapeError: kaiming_normal_: fan_in and fan_out need a weight of at least 2 dims, got ()",
       [] { nn::init::kaiming_normal_(zeros({})); }},
      {"ValueError: cross_entropy: label_smoothing 2 is outside [0, 1]",
       [] { nn::CrossEntropyLoss({.label_smoothing = 2})(ones({1, 2}), tensor({0})); }},
      {"ValueError: xavier_normal_: gain is nan, it must be finite and not negative",
       [] { nn::init::xavier_normal_(zeros({2, 2}), nan); }},
  });
}

TEST(Errors, OfOptimizers) {
  const Tensor p = ones({2}, {.requires_grad = true});
  expect_errors({
      {"ValueError: SGD: the list of parameters is empty; did the model register its layers?",
       [] { optim::SGD(std::vector<Tensor>{}, {.lr = 0.1}); }},
      {"ValueError: SGD: parameter 1 of shape (2) is the same tensor as parameter 0", [&p] { optim::SGD({p, p}, {.lr = 0.1}); }},
      {"ValueError: SGD: parameter 1 is undefined", [&p] { optim::SGD({p, Tensor()}, {.lr = 0.1}); }},
      {"GradError: SGD: parameter 0 of shape (2) is the result of mul, not a leaf; pass the tensor it was made "
       "from, or detach() it",
       [&p] { optim::SGD({p * 2}, {.lr = 0.1}); }},
      {"DTypeError: SGD: parameter 0 of shape (2) is int64; only floating tensors have gradients",
       [] { optim::SGD({tensor({1, 2})}, {.lr = 0.1}); }},
      {"ValueError: SGD: lr = -0.1 in group 0; expected a finite number >= 0",
       [&p] { optim::SGD({p}, {.lr = -0.1}); }},
      {"ValueError: SGD: lr = nan in group 0; expected a finite number >= 0", [&p] { optim::SGD({p}, {.lr = nan}); }},
      {"ValueError: SGD: momentum = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::SGD({p}, {.lr = 0.1, .momentum = -1}); }},
      {"ValueError: SGD: weight_decay = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::SGD({p}, {.lr = 0.1, .weight_decay = -1}); }},
      {"ValueError: SGD: nesterov needs momentum > 0 and dampening = 0, got momentum = 0 and dampening = 0 in "
       "group 0",
       [&p] { optim::SGD({p}, {.lr = 0.1, .nesterov = true}); }},
      {"ValueError: SGD: nesterov needs momentum > 0 and dampening = 0, got momentum = 0.9 and dampening = 0.5 in "
       "group 0",
       [&p] { optim::SGD({p}, {.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .nesterov = true}); }},
      {"ValueError: Adam: betas[0] = 1 in group 0 is outside [0, 1)",
       [&p] { optim::Adam({p}, {.betas = {1.0, 0.999}}); }},
      {"ValueError: Adam: eps = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::Adam({p}, {.eps = -1}); }},
      {"ValueError: AdamW: weight_decay = nan in group 0; expected a finite number >= 0",
       [&p] { optim::AdamW({p}, {.weight_decay = nan}); }},
      {"ValueError: RMSprop: lr = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::RMSprop({p}, {.lr = -1}); }},
      {"ValueError: RMSprop: alpha = 1.5 in group 0 is outside [0, 1]",
       [&p] { optim::RMSprop({p}, {.alpha = 1.5}); }},
      {"ValueError: RMSprop: centered needs alpha > 0 in group 0: the last gradient alone has no variance",
       [&p] { optim::RMSprop({p}, {.alpha = 0, .centered = true}); }},
      {"ValueError: RMSprop: eps = nan in group 0; expected a finite number >= 0",
       [&p] { optim::RMSprop({p}, {.eps = nan}); }},
      {"ValueError: RMSprop: weight_decay = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::RMSprop({p}, {.weight_decay = -1}); }},
      {"ValueError: RMSprop: momentum = -0.5 in group 0; expected a finite number >= 0",
       [&p] { optim::RMSprop({p}, {.momentum = -0.5}); }},
      {"ValueError: Adagrad: lr = nan in group 0; expected a finite number >= 0",
       [&p] { optim::Adagrad({p}, {.lr = nan}); }},
      {"ValueError: Adagrad: lr_decay = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::Adagrad({p}, {.lr_decay = -1}); }},
      {"ValueError: Adagrad: weight_decay = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::Adagrad({p}, {.weight_decay = -1}); }},
      {"ValueError: Adagrad: initial_accumulator_value = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::Adagrad({p}, {.initial_accumulator_value = -1}); }},
      {"ValueError: Adagrad: eps = -1 in group 0; expected a finite number >= 0",
       [&p] { optim::Adagrad({p}, {.eps = -1}); }},
      {"ValueError: load_state_dict: \"state.0.step\" = -1; expected at least 0",
       [&p] {
         optim::Adagrad adagrad({p});
         StateDict dict = adagrad.state_dict();
         dict.set("state.0.step", tensor(-1));
         adagrad.load_state_dict(dict);
       }},
      {"ValueError: Adam: parameter 1 of shape (2) is the same tensor as parameter 0",
       [&p] {
         optim::Adam adam({p}, {});
         adam.add_param_group({{p}, {}});
       }},
      {"ValueError: Adam: a list of parameters in param_groups() was changed; make a new optimizer, or use "
       "add_param_group",
       [&p] {
         optim::Adam adam({p}, {});
         adam.param_groups()[0].params.push_back(ones({1}, {.requires_grad = true}));
         adam.step();
       }},
      {"ValueError: Adam: lr = -1 in group 0; expected a finite number >= 0",
       [&p] {
         optim::Adam adam({p}, {});
         adam.param_groups()[0].options.lr = -1;
         adam.step();
       }},
      {"ValueError: load_state_dict: the dict has 0 groups of parameters, this Adam optimizer 1",
       [&p] { optim::Adam adam({p}, {}); adam.load_state_dict({}); }},
      {"ValueError: load_state_dict: the dict has 6 parameters, this SGD optimizer 2",
       [] {
         optim::SGD six(nn::Sequential{nn::Linear(2, 2), nn::Linear(2, 2), nn::Linear(2, 2)}.parameters(), {.lr = 0.1});
         optim::SGD(nn::Linear(2, 2).parameters(), {.lr = 0.1}).load_state_dict(six.state_dict());
       }},
      {"ValueError: load_state_dict: the dict has groups of 2, 1 parameters, this Adam optimizer groups of 1, 2",
       [] {
         const nn::Linear a(2, 2), b(2, 2, {.bias = false});
         optim::Adam one{{a.parameters(), {}}, {b.parameters(), {}}}, other{{b.parameters(), {}}, {a.parameters(), {}}};
         other.load_state_dict(one.state_dict());
       }},
      {"ValueError: load_state_dict: no entry \"param_groups.0.betas\"; is this the state of something other than "
       "Adam?",
       [&p] {
         optim::SGD sgd({p}, {.lr = 0.1});
         optim::Adam({p}, {}).load_state_dict(sgd.state_dict());
       }},
      {"ShapeError: load_state_dict: \"state.0.exp_avg\" has shape (3), expected (2)",
       [&p] {
         const Tensor q = ones({3}, {.requires_grad = true});
         q.set_grad(ones({3}));
         optim::Adam other({q}, {});
         other.step();
         optim::Adam({p}, {}).load_state_dict(other.state_dict());
       }},
      {"ValueError: clip_grad_norm_: max_norm = -1; expected a number >= 0",
       [&p] { nn::utils::clip_grad_norm_({p}, -1); }},
      {"ValueError: clip_grad_value_: clip_value = nan; expected a number >= 0",
       [&p] { nn::utils::clip_grad_value_({p}, nan); }},
      {"ValueError: clip_grad_value_: clip_value = -1; expected a number >= 0",
       [&p] { nn::utils::clip_grad_value_({p}, -1); }},
      {"ValueError: clip_grad_value_: parameter 0 is undefined", [] { nn::utils::clip_grad_value_({Tensor()}, 1); }},
      {"ValueError: clip_grad_norm_: the norm of the gradients is nan; pass error_if_nonfinite = false to scale them "
       "anyway",
       [] {
         const Tensor q = ones({1}, {.requires_grad = true});
         q.set_grad(full({1}, nan));
         nn::utils::clip_grad_norm_({q}, 1, {.error_if_nonfinite = true});
       }},
      {"ValueError: clip_grad_norm_: max_norm = nan; expected a number >= 0",
       [&p] { nn::utils::clip_grad_norm_({p}, nan); }},
      {"ValueError: clip_grad_norm_: norm_type = 0; expected a number > 0, or INFINITY",
       [&p] { nn::utils::clip_grad_norm_({p}, 1, {.norm_type = 0}); }},
      {"ValueError: clip_grad_norm_: norm_type = nan; expected a number > 0, or INFINITY",
       [&p] { nn::utils::clip_grad_norm_({p}, 1, {.norm_type = nan}); }},
      {"ValueError: clip_grad_norm_: parameter 1 is undefined", [&p] { nn::utils::clip_grad_norm_({p, Tensor()}, 1); }},
  });
}

TEST(Errors, OfSchedulers) {
  namespace lr_scheduler = optim::lr_scheduler;
  optim::SGD sgd({ones({2}, {.requires_grad = true})}, {.lr = 0.1});
  expect_errors({
      {"ValueError: StepLR: step_size = 0; expected at least 1", [&sgd] { lr_scheduler::StepLR(sgd, {}); }},
      {"ValueError: StepLR: gamma = nan; expected a finite number >= 0",
       [&sgd] { lr_scheduler::StepLR(sgd, {.step_size = 3, .gamma = nan}); }},
      {"ValueError: MultiStepLR: milestones[1] = -4; expected at least 0",
       [&sgd] { lr_scheduler::MultiStepLR(sgd, {.milestones = {3, -4}}); }},
      {"ValueError: MultiStepLR: gamma = nan; expected a finite number >= 0",
       [&sgd] { lr_scheduler::MultiStepLR(sgd, {.milestones = {3}, .gamma = nan}); }},
      {"ValueError: ExponentialLR: gamma = -1; expected a finite number >= 0",
       [&sgd] { lr_scheduler::ExponentialLR(sgd, {}); }},
      {"ValueError: LinearLR: start_factor = 0 is outside (0, 1]",
       [&sgd] { lr_scheduler::LinearLR(sgd, {.start_factor = 0}); }},
      {"ValueError: LinearLR: end_factor = 1.5 is outside [0, 1]",
       [&sgd] { lr_scheduler::LinearLR(sgd, {.end_factor = 1.5}); }},
      {"ValueError: LinearLR: total_iters = 0; expected at least 1",
       [&sgd] { lr_scheduler::LinearLR(sgd, {.total_iters = 0}); }},
      {"ValueError: CosineAnnealingLR: T_max = 0; expected at least 1",
       [&sgd] { lr_scheduler::CosineAnnealingLR(sgd, {}); }},
      {"ValueError: OneCycleLR: give total_steps, or epochs and steps_per_epoch",
       [&sgd] { lr_scheduler::OneCycleLR(sgd, {.max_lr = 0.1}); }},
      {"ValueError: OneCycleLR: max_lr has 2 values, the optimizer 1 groups",
       [&sgd] { lr_scheduler::OneCycleLR(sgd, {.max_lr = {0.1, 0.2}, .total_steps = 10, .cycle_momentum = false}); }},
      {"ValueError: OneCycleLR: step 3 is beyond total_steps = 2",
       [&sgd] {
         lr_scheduler::OneCycleLR s(sgd, {.max_lr = 0.1, .total_steps = 2, .cycle_momentum = false});
         for (int i = 0; i < 3; ++i) s.step();
       }},
      {"ValueError: LambdaLR: 2 functions for 1 groups",
       [&sgd] { lr_scheduler::LambdaLR(sgd, std::vector<lr_scheduler::LRLambda>(2)); }},
      {"ValueError: LambdaLR: epoch 0 would give group 0 lr = nan",
       [&sgd] { lr_scheduler::LambdaLR(sgd, [](std::int64_t) { return nan; }); }},
      {"ValueError: ReduceLROnPlateau: factor = 1.5 is outside [0, 1)",
       [&sgd] { lr_scheduler::ReduceLROnPlateau(sgd, {.factor = 1.5}); }},
      {"ValueError: load_state_dict: no entry \"last_epoch\"; is this the state of something other than StepLR?",
       [&sgd] { lr_scheduler::StepLR(sgd, {.step_size = 1}).load_state_dict({}); }},
  });
}

TEST(Errors, OfSequentialLR) {
  using namespace optim::lr_scheduler;
  const Tensor p = ones({2}, {.requires_grad = true});
  optim::SGD sgd({p}, {.lr = 0.1}), other({p}, {.lr = 0.1});
  StepLR a(sgd, {.step_size = 1}), b(sgd, {.step_size = 1}), stepped(sgd, {.step_size = 1});
  StepLR elsewhere(other, {.step_size = 1});
  ReduceLROnPlateau plateau(sgd);
  LinearLR linear(sgd);
  SequentialLR nested(sgd, {.schedulers = {linear}});
  stepped.step();
  expect_errors({
      {"ValueError: SequentialLR: no schedulers were given", [&] { SequentialLR(sgd, {}); }},
      {"ValueError: SequentialLR: 2 schedulers need 1 milestones, got 0",
       [&] { SequentialLR(sgd, {.schedulers = {a, b}}); }},
      {"ValueError: SequentialLR: milestones[0] = -1; expected at least 0",
       [&] { SequentialLR(sgd, {.schedulers = {a, b}, .milestones = {-1}}); }},
      {"ValueError: SequentialLR: milestones[1] = 2 is less than the one before it, 5",
       [&] { SequentialLR(sgd, {.schedulers = {a, b, linear}, .milestones = {5, 2}}); }},
      {"ValueError: SequentialLR: scheduler 1, a StepLR, belongs to another optimizer",
       [&] { SequentialLR(sgd, {.schedulers = {a, elsewhere}, .milestones = {2}}); }},
      {"ValueError: SequentialLR: scheduler 1, a StepLR, is also scheduler 0; make one for each",
       [&] { SequentialLR(sgd, {.schedulers = {a, a}, .milestones = {2}}); }},
      {"ValueError: SequentialLR: scheduler 1, a StepLR, has stepped or is in another SequentialLR; make a new one",
       [&] { SequentialLR(sgd, {.schedulers = {a, stepped}, .milestones = {2}}); }},
      {"ValueError: SequentialLR: scheduler 1 is a ReduceLROnPlateau, whose step takes a metric; step it by itself",
       [&] { SequentialLR(sgd, {.schedulers = {a, plateau}, .milestones = {2}}); }},
      {"ValueError: SequentialLR: scheduler 0 is a SequentialLR; list its schedulers and milestones in this one",
       [&] { SequentialLR(sgd, {.schedulers = {nested, a}, .milestones = {2}}); }},
  });
}

TEST(Errors, OfData) {
  const testing::TempDir dir;
  const std::string path = dir / "images";
  std::ofstream(path) << "not an IDX file";
  const Tensor images = zeros({3, 2, 2}, {.dtype = uint8});
  const std::vector<std::string> names = {"a", "b"};
  std::vector<testing::Misuse> misuses{
      {"ShapeError: TensorDataset: dim 0 counts the samples and must be the same, got x (3, 2) and y (4)",
       [] { data::TensorDataset(ones({3, 2}), ones({4})); }},
      {"DTypeError: ImageDataset: images must be uint8, got float32",
       [&] { data::ImageDataset(images.to(float32), tensor({0, 1, 0}), names); }},
      {"IndexError: ImageDataset: labels[2] = 2 is outside [0, 2)",
       [&] { data::ImageDataset(images, tensor({0, 1, 2}), names); }},
      {"ShapeError: ImageDataset: expected labels (3) for images (3, 2, 2), got (2)",
       [&] { data::ImageDataset(images, tensor({0, 1}), names); }},
      {"ValueError: DataLoader: batch_size is 0, it must be at least 1",
       [] { data::DataLoader(data::TensorDataset(ones({3}), ones({3})), {.batch_size = 0}); }},
      {"ValueError: DataLoader: epoch -1 is negative",
       [] { data::DataLoader(data::TensorDataset(ones({3}), ones({3}))).set_epoch(-1); }},
      {"IndexError: Subset: sample 3 is outside [0, 3)",
       [] { data::Subset(data::TensorDataset(ones({3}), ones({3})), {0, 3}); }},
      {"IndexError: TensorDataset: sample 3 is outside [0, 3)",
       [] { data::Dataset(data::TensorDataset(ones({3}), ones({3})))[3]; }},
      {"ValueError: random_split: the fractions sum to 1.1, not to 1",
       [] { data::random_split(data::TensorDataset(ones({3}), ones({3})), std::array{0.5, 0.6}, 0); }},
      {"ValueError: random_split: fraction -0.5 is outside [0, 1]",
       [] { data::random_split(data::TensorDataset(ones({3}), ones({3})), std::array{-0.5, 1.5}, 0); }},
      {"ValueError: digits: n is -1, it must not be negative", [] { data::digits(-1); }},
      {"ValueError: set_num_threads: the number of threads must be 1 or more, got 0", [] { set_num_threads(0); }},
  };
  expect_errors(misuses);
  const std::string missing = "FileError: read_idx: \"" + (dir / "missing") + "\": No such file or directory";
  const std::string foreign = "FileError: read_idx: \"" + path + "\" is not an IDX file: it begins with 6e 6f 74 20";
  const std::string none = "FileError: fashion_mnist: \"" + (dir / "none") +
                           "\" is not a directory; pass the one that holds train-images-idx3-ubyte";
  expect_errors({{missing.c_str(), [&] { data::read_idx(dir / "missing"); }},
                 {foreign.c_str(), [&] { data::read_idx(path); }},
                 {none.c_str(), [&] { data::fashion_mnist(dir / "none", data::Split::train); }}});
}

}  // namespace
}  // namespace xtape
