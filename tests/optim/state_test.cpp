// Saving and restoring: SEMANTICS [26].
#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_error;

/// Three parameters whose gradients depend on the step; the last has none before step 3.
struct Model {
  std::vector<Tensor> params = {tensor({1.f, -2.f, 3.f}, {.requires_grad = true}),
                                tensor({{.5f, .25f}}, {.requires_grad = true}), tensor(2.f, {.requires_grad = true})};

  void step(optim::Optimizer& optimizer, int t) const {
    for (std::size_t k = 0; k < params.size(); ++k) {
      const bool absent = k == 2 && t < 3;
      const double g = std::sin(1. + 3. * t + static_cast<double>(k));
      params[k].set_grad(absent ? Tensor() : full(params[k].shape(), g));
    }
    optimizer.step();
  }
  void copy_from(const Model& other) const {
    NoGradGuard no_grad;
    for (std::size_t k = 0; k < params.size(); ++k) params[k].copy_(other.params[k]);
  }
};

/// Trains `until` steps, continues in a fresh optimizer with default options, and expects the same weights as those of
/// an uninterrupted run, bit for bit.
template <class Optimizer, class Options>
void expect_continues(const Options& options, int until) {
  SCOPED_TRACE(until);
  Model whole, part, restored;
  Optimizer one(whole.params, options), two(part.params, options), three(restored.params);
  for (int t = 0; t < until; ++t) part.step(two, t);
  restored.copy_from(part);
  three.load_state_dict(two.state_dict());
  for (int t = 0; t < 8; ++t) whole.step(one, t);
  for (int t = until; t < 8; ++t) restored.step(three, t);
  for (std::size_t k = 0; k < whole.params.size(); ++k) {
    EXPECT_TRUE(equal(whole.params[k], restored.params[k])) << "parameter " << k;
  }
}

TEST(OptimState, SGDContinuesBitForBit) {
  for (int until : {0, 1, 2, 5}) {
    expect_continues<optim::SGD>(optim::SGDOptions{.lr = .1, .momentum = .9, .dampening = .5, .weight_decay = .01},
                                 until);
    expect_continues<optim::SGD>(optim::SGDOptions{.lr = .1, .momentum = .9, .nesterov = true, .maximize = true},
                                 until);
  }
}

TEST(OptimState, AdamContinuesBitForBit) {
  for (int until : {0, 1, 2, 5}) {
    expect_continues<optim::Adam>(optim::AdamOptions{.lr = .1, .betas = {.8, .99}, .eps = 1e-6}, until);
    expect_continues<optim::Adam>(optim::AdamOptions{.lr = .1, .weight_decay = .1, .amsgrad = true, .maximize = true},
                                  until);
  }
}

TEST(OptimState, AdamWContinuesBitForBit) {
  for (int until : {0, 1, 2, 5}) {
    expect_continues<optim::AdamW>(optim::AdamWOptions{.lr = .1, .betas = {.8, .99}}, until);
    expect_continues<optim::AdamW>(optim::AdamWOptions{.lr = .1, .weight_decay = .1, .amsgrad = true, .maximize = true},
                                   until);
  }
}

TEST(OptimState, RMSpropContinuesBitForBit) {
  for (int until : {0, 1, 2, 5}) {
    expect_continues<optim::RMSprop>(optim::RMSpropOptions{.lr = .1, .alpha = .8, .weight_decay = .1}, until);
    expect_continues<optim::RMSprop>(
        optim::RMSpropOptions{.lr = .1, .momentum = .9, .centered = true, .maximize = true}, until);
  }
}

TEST(OptimState, AdagradContinuesBitForBit) {
  for (int until : {0, 1, 2, 5}) {
    expect_continues<optim::Adagrad>(
        optim::AdagradOptions{.lr = .1, .lr_decay = .1, .initial_accumulator_value = .5, .eps = .01}, until);
    expect_continues<optim::Adagrad>(optim::AdagradOptions{.weight_decay = .1, .maximize = true}, until);
  }
}

/// Steps while options are switched on and off, with state saved and restored before each step.
template <class Optimizer, class Edit>
void expect_continues_through_edits(Edit edit) {
  Model whole, restored;
  Optimizer one(whole.params);
  StateDict dict = one.state_dict();
  for (int t = 0; t < 12; ++t) {
    Optimizer fresh(restored.params);
    fresh.load_state_dict(dict);
    edit(one.param_groups()[0].options, t);
    edit(fresh.param_groups()[0].options, t);
    if (t % 2) fresh.load_state_dict(fresh.state_dict());
    whole.step(one, t);
    restored.step(fresh, t);
    dict = fresh.state_dict();
  }
  for (std::size_t k = 0; k < whole.params.size(); ++k) {
    EXPECT_TRUE(equal(whole.params[k], restored.params[k])) << "parameter " << k;
  }
}

TEST(OptimState, ContinuesThroughOptionsSwitchedOnAndOff) {
  expect_continues_through_edits<optim::SGD>([](optim::SGDOptions& o, int t) {
    o.momentum = t / 3 % 2 ? .9 : 0;
    o.dampening = t / 3 == 1 ? .5 : 0;
    o.nesterov = t / 3 == 3;
    o.weight_decay = t % 2 ? .1 : 0;
  });
  expect_continues_through_edits<optim::Adam>([](optim::AdamOptions& o, int t) {
    o.amsgrad = t / 3 % 2;
    o.betas = {t % 3 ? .9 : 0, .9};
    o.weight_decay = t % 2 ? .1 : 0;
  });
  expect_continues_through_edits<optim::RMSprop>([](optim::RMSpropOptions& o, int t) {
    o.momentum = t / 3 % 2 ? .9 : 0;
    o.centered = t / 2 % 2;
    o.alpha = t % 3 ? .9 : .4;
  });
  expect_continues_through_edits<optim::Adagrad>([](optim::AdagradOptions& o, int t) {
    o.lr_decay = t / 3 % 2 ? .1 : 0;
    o.initial_accumulator_value = t < 3 ? .5 : .25;  // too late: the sums are there
  });
  expect_continues_through_edits<optim::AdamW>([](optim::AdamWOptions& o, int t) {
    o.amsgrad = t / 3 % 2 == 0;
    o.maximize = t % 2;
  });
}

TEST(OptimState, OfAnAddedGroupContinuesBitForBit) {
  Model whole, part, restored;
  auto options = [](double lr) { return optim::AdamOptions{.lr = lr, .amsgrad = true}; };
  auto grown = [&options](const Model& m) {
    optim::Adam optimizer({m.params[0]}, options(.1));
    m.step(optimizer, 0);
    optimizer.add_param_group({{m.params[1], m.params[2]}, options(.05)});
    for (int t = 1; t < 4; ++t) m.step(optimizer, t);
    return optimizer;
  };
  optim::Adam one = grown(whole), two = grown(part);
  restored.copy_from(part);
  optim::Adam three({restored.params[0]});
  three.add_param_group({{restored.params[1], restored.params[2]}});
  three.load_state_dict(two.state_dict());
  for (int t = 4; t < 8; ++t) whole.step(one, t);
  for (int t = 4; t < 8; ++t) restored.step(three, t);
  for (std::size_t k = 0; k < whole.params.size(); ++k) {
    EXPECT_TRUE(equal(whole.params[k], restored.params[k])) << "parameter " << k;
  }
}

TEST(OptimState, HasPyTorchsNames) {
  Model model;
  optim::Adam optimizer(model.params, {.amsgrad = true});
  model.step(optimizer, 0);
  std::string names;
  for (const auto& [name, value] : optimizer.state_dict()) names += name + " ";
  EXPECT_EQ(names,
            "param_groups.0.lr param_groups.0.betas param_groups.0.eps param_groups.0.weight_decay "
            "param_groups.0.amsgrad param_groups.0.maximize param_groups.0.params "
            "state.0.step state.0.exp_avg state.0.exp_avg_sq state.0.max_exp_avg_sq "
            "state.1.step state.1.exp_avg state.1.exp_avg_sq state.1.max_exp_avg_sq ");
}

std::string names_of(const StateDict& dict) {
  std::string names;
  for (const auto& [name, value] : dict) names += name + " ";
  return names;
}

TEST(OptimState, OfRMSpropHasPyTorchsNames) {
  Tensor p = ones({2}, {.requires_grad = true});
  optim::RMSprop optimizer({p}, {.momentum = .9, .centered = true});
  const std::string options =
      "param_groups.0.lr param_groups.0.alpha param_groups.0.eps param_groups.0.weight_decay "
      "param_groups.0.momentum param_groups.0.centered param_groups.0.maximize param_groups.0.params ";
  EXPECT_EQ(names_of(optimizer.state_dict()), options);
  p.set_grad(ones({2}));
  optimizer.step();
  EXPECT_EQ(names_of(optimizer.state_dict()),
            options + "state.0.step state.0.square_avg state.0.momentum_buffer state.0.grad_avg ");
}

TEST(OptimState, OfAdagradHasPyTorchsNames) {
  const optim::Adagrad optimizer({ones({2}, {.requires_grad = true})});
  EXPECT_EQ(names_of(optimizer.state_dict()),
            "param_groups.0.lr param_groups.0.lr_decay param_groups.0.weight_decay "
            "param_groups.0.initial_accumulator_value param_groups.0.eps param_groups.0.maximize "
            "param_groups.0.params state.0.step state.0.sum ");
}

TEST(OptimState, IsASnapshot) {
  Model model;
  optim::SGD optimizer(model.params, {.lr = .1, .momentum = .9});
  model.step(optimizer, 0);
  const StateDict dict = optimizer.state_dict();
  const StateDict before = clone(dict);
  model.step(optimizer, 1);
  EXPECT_TRUE(equal(dict["state.0.momentum_buffer"], before["state.0.momentum_buffer"]));
}

TEST(OptimState, CopiesTheDictItLoads) {
  Model model;
  optim::SGD optimizer(model.params, {.lr = .1, .momentum = .9});
  model.step(optimizer, 0);
  const StateDict dict = optimizer.state_dict();
  optimizer.load_state_dict(dict);
  dict["state.0.momentum_buffer"].fill_(100);
  EXPECT_FALSE(equal(optimizer.state_dict()["state.0.momentum_buffer"], dict["state.0.momentum_buffer"]));
}

TEST(OptimState, DropsWhatTheDictDoesNotHold) {
  Model model;
  optim::Adam optimizer(model.params);
  const StateDict fresh = optimizer.state_dict();
  model.step(optimizer, 5);
  optimizer.load_state_dict(fresh);
  EXPECT_EQ(optimizer.state_dict().size(), fresh.size());
}

TEST(OptimState, BelongsToItsGroups) {
  Model a, b;
  using Groups = std::vector<optim::ParamGroup<optim::SGDOptions>>;
  optim::SGD from(Groups{{{a.params[0]}, {.lr = .5}}, {{a.params[1], a.params[2]}, {.lr = .25, .momentum = .5}}});
  optim::SGD to(Groups{{{b.params[0]}}, {{b.params[1], b.params[2]}}});
  a.step(from, 4);
  to.load_state_dict(from.state_dict());
  EXPECT_EQ(to.param_groups()[0].options.lr, .5);
  EXPECT_EQ(to.param_groups()[1].options.momentum, .5);
  EXPECT_FALSE(to.state_dict().contains("state.0.momentum_buffer"));
  EXPECT_TRUE(to.state_dict().contains("state.2.momentum_buffer"));
}

TEST(OptimState, AnOptionSwitchedOnLaterIsSavedToo) {
  Model model, other;
  optim::Adam optimizer(model.params), restored(other.params);
  model.step(optimizer, 5);
  optimizer.param_groups()[0].options.amsgrad = true;
  EXPECT_NO_THROW(restored.load_state_dict(optimizer.state_dict()));
  model.step(optimizer, 6);
}

TEST(OptimState, FollowsAParameterToAnotherDType) {
  Tensor p = tensor({1.f, 2.f}, {.requires_grad = true}), q = testing::leaf({1, 2}, {2});
  optim::Adam optimizer({p}, {.lr = .1}), wider({q});
  p.set_grad(tensor({1.f, 2.f}));
  optimizer.step();
  wider.load_state_dict(optimizer.state_dict());
  EXPECT_EQ(wider.state_dict()["state.0.exp_avg"].dtype(), float64);
  q.set_grad(ones_like(q));
  EXPECT_NO_THROW(wider.step());
}

/// Expects load_state_dict to throw an E and to leave options, state and parameters unchanged.
template <class E, class... Parts>
void expect_refused(const StateDict& dict, const Parts&... parts) {
  Model model;
  optim::Adam optimizer(model.params, {.lr = .5});
  model.step(optimizer, 5);
  const StateDict before = optimizer.state_dict();
  expect_error<E>([&] { optimizer.load_state_dict(dict); }, parts...);
  const StateDict after = optimizer.state_dict();
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, value] : before) EXPECT_TRUE(equal(after[name], value)) << name;
}

StateDict adam_dict() {
  Model model;
  optim::Adam optimizer(model.params, {.lr = .25});
  model.step(optimizer, 4);
  return optimizer.state_dict();
}

StateDict with(const std::string& name, const Tensor& value) {
  StateDict dict = adam_dict();
  dict.set(name, value);
  return dict;
}

StateDict without(const std::string& absent) {
  StateDict dict;
  for (const auto& [name, value] : adam_dict()) {
    if (name != absent) dict.insert(name, value);
  }
  return dict;
}

TEST(OptimState, ADictThatDoesNotFitChangesNothing) {
  Model model;
  optim::SGD sgd(model.params);
  optim::Adam groups({{{model.params[0]}, {}}, {{model.params[1], model.params[2]}, {}}});
  optim::Adam fewer({model.params[0]});
  expect_refused<ValueError>(StateDict(), "load_state_dict", "0 groups", "1");
  expect_refused<ValueError>(sgd.state_dict(), "\"param_groups.0.betas\"", "Adam");
  expect_refused<ValueError>(groups.state_dict(), "2 groups");
  expect_refused<ValueError>(fewer.state_dict(), "load_state_dict", "the dict has 1 parameters, this Adam optimizer 3");
  expect_refused<ValueError>(without("state.2.exp_avg_sq"), "\"state.2.exp_avg_sq\"");
  expect_refused<ValueError>(without("state.2.step"), "\"state.2.exp_avg\" does not belong");
  expect_refused<ValueError>(with("state.3.step", tensor(1)), "\"state.3.step\" does not belong");
  expect_refused<ValueError>(with("state.2.step", tensor(0)), "\"state.2.step\" = 0");
  expect_refused<ShapeError>(with("state.2.exp_avg", zeros({2})), "\"state.2.exp_avg\"", "(2)", "()");
  expect_refused<DTypeError>(with("state.2.exp_avg", tensor(1)), "\"state.2.exp_avg\"", "int64");
  expect_refused<ValueError>(with("param_groups.0.lr", tensor(-1.f)), "lr = -1");
  expect_refused<ValueError>(with("param_groups.0.params", tensor({0, 2, 1})), "\"param_groups.0.params\"");
  expect_refused<ValueError>(with("param_groups.0.amsgrad", tensor(true)), "\"state.0.max_exp_avg_sq\"");
}

}  // namespace
}  // namespace xtape
