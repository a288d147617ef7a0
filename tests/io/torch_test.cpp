#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/golden.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_errors;

/// A file that PyTorch wrote.
std::string torchs(const std::string& name) { return testing::source_file("tests/io/files/torch/" + name + ".pt"); }

void expect_equal(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    EXPECT_TRUE(equal(tensor, b.at(name))) << name;
    EXPECT_EQ(tensor.dtype(), b[name].dtype()) << name;
  }
}

/// 0, 1, 2, ... of this shape.
Tensor counting(const Shape& shape, DType dtype = float32) {
  return arange(shape.numel(), {.dtype = dtype}).reshape(shape);
}

TEST(LoadTorch, GivesAModelItsWeights) {
  const StateDict dict = io::load_torch(torchs("state_dict"));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : dict) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                                             "1.running_var", "1.num_batches_tracked"}));
  nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3)};
  model.load_state_dict(dict);
  EXPECT_TRUE(equal(model.state_dict()["0.weight"], counting({3, 2})));
  EXPECT_TRUE(equal(model.state_dict()["1.running_var"], ones({3})));
}

TEST(LoadTorch, ReadsParametersAttributesAndPlainDictsAlike) {
  const StateDict dict = io::load_torch(torchs("state_dict"));
  for (const char* name : {"parameters", "dict", "attributes"}) {
    const StateDict other = io::load_torch(torchs(name));
    expect_equal(other, dict);
    EXPECT_FALSE(other["0.weight"].requires_grad()) << name;
  }
  EXPECT_TRUE(io::load_torch(torchs("nothing")).empty());
}

TEST(LoadTorch, ChoosesAStateDictOfACheckpointOfEveryProtocol) {
  for (const char* protocol : {"2", "3", "4", "5"}) {
    SCOPED_TRACE(protocol);
    const std::string path = torchs(std::string("checkpoint_") + protocol);
    const StateDict model = io::load_torch(path, "model"), ema = io::load_torch(path, "ema");
    EXPECT_EQ(model.size(), 7u);
    EXPECT_TRUE(equal(model["0.weight"], counting({3, 2})));
    EXPECT_EQ(ema.size(), 2u);
    EXPECT_TRUE(equal(ema["w"], counting({2})));
    EXPECT_TRUE(equal(ema["b.c"], counting({3})));
  }
}

TEST(LoadTorch, ReadsEveryDtype) {
  const StateDict dict = io::load_torch(torchs("dtypes"));
  EXPECT_EQ(dict.size(), 8u);
  for (DType dtype : {uint8, int32, int64, float32, float64}) {
    EXPECT_EQ(dict[to_string(dtype)].dtype(), dtype);
    EXPECT_TRUE(equal(dict[to_string(dtype)], counting({2, 3}, dtype))) << to_string(dtype);
  }
  EXPECT_TRUE(equal(dict["bool"], tensor({{false, true, true}, {true, true, true}})));
  EXPECT_TRUE(equal(dict["float16"], counting({2, 3})));
  EXPECT_TRUE(equal(dict["bfloat16"], counting({2, 3})));
}

TEST(LoadTorch, ReadsEveryShape) {
  const StateDict dict = io::load_torch(torchs("shapes"));
  EXPECT_TRUE(equal(dict["scalar"], tensor(7.f)));
  EXPECT_EQ(dict["empty"].shape(), (Shape{0, 3}));
  EXPECT_EQ(dict["none"].shape(), (Shape{0}));
  EXPECT_TRUE(equal(dict["ones"], counting({1, 3, 1})));
  EXPECT_TRUE(equal(dict["many"], counting({1, 2, 1, 3, 1, 1, 2, 1})));
}

TEST(LoadTorch, ReadsViewsOfAStorageAsPyTorchMeansThem) {
  const StateDict dict = io::load_torch(torchs("views"));
  const Tensor x = counting({4, 6});
  EXPECT_TRUE(equal(dict["all"], x));
  EXPECT_TRUE(equal(dict["row"], x[2]));
  EXPECT_TRUE(equal(dict["rows"], narrow(x, 0, 1, 2)));
  EXPECT_TRUE(equal(dict["tail"], narrow(x.flatten(), 0, 20, 4)));
  EXPECT_TRUE(equal(dict["element"], tensor(8.f)));
  EXPECT_TRUE(equal(dict["transposed"], transpose(x, 0, 1)));
  EXPECT_TRUE(equal(dict["column"], select(x, 1, 1)));
  EXPECT_TRUE(equal(dict["block"], narrow(narrow(x, 0, 1, 2), 1, 2, 3)));
  EXPECT_TRUE(equal(dict["steps"], tensor({{0.f, 3.f}, {12.f, 15.f}})));
  EXPECT_TRUE(equal(dict["permuted"], permute(x.reshape({2, 2, 6}), {2, 0, 1})));
  EXPECT_TRUE(equal(dict["diagonal"], tensor({0.f, 7.f, 14.f, 21.f})));
  EXPECT_EQ(dict["nothing"].shape(), (Shape{4, 0}));
  EXPECT_TRUE(equal(dict["repeated"], zeros({3, 2})));
  EXPECT_TRUE(equal(dict["half"], counting({2, 3})));
  EXPECT_TRUE(equal(dict["half_transposed"], transpose(counting({2, 3}), 0, 1)));
}

TEST(LoadTorch, KeepsTiesOfWhatLiesInOrderAndCopiesTheRest) {
  const StateDict dict = io::load_torch(torchs("views"));
  EXPECT_EQ(dict["all"].data<float>(), dict["again"].data<float>());
  Tensor all = dict["all"], transposed = dict["transposed"];
  all.mul_(10);
  expect_close(dict["again"].flatten()[1], {10});
  expect_close(dict["row"][1], {130});
  expect_close(transposed.flatten()[1], {6});
  transposed.zero_();
  expect_close(dict["again"].flatten()[1], {10});
}

TEST(LoadTorch, ListsTheKeysOfStateDicts) {
  const std::string path = torchs("checkpoint_2"), of = "FileError: load_torch: \"" + path + "\"";
  const std::string keys = "; load_torch(path, key) takes one of these keys: \"model\", \"ema\"";
  const std::vector<std::pair<std::string, std::string>> under = {
      {"modle", " has no key \"modle\"" + keys},
      {"", " has no key \"\"" + keys},
      {"epoch", ": \"epoch\" is an int, not a state dict" + keys},
      {"best", ": \"best\" is a float, not a state dict" + keys},
      {"note", ": \"note\" is a string, not a state dict" + keys},
      {"none", ": \"none\" is None, not a state dict" + keys},
      {"history", ": \"history\" is a list, not a state dict" + keys},
      {"flags", ": \"flags\" is a tuple, not a state dict" + keys},
      {"set", ": \"set\" is a set, not a state dict" + keys},
      {"device", ": \"device\" is a device, not a state dict" + keys},
      {"sparse", ": \"sparse\" is a sparse tensor, not a state dict" + keys},
      {"optimizer", ": \"state\" is a dict, not a tensor" + keys},
      {"scheduler", ": \"milestones\" is a Counter, not a tensor" + keys},
  };
  expect_errors({{(of + ": \"epoch\" is an int, not a tensor" + keys).c_str(), [&path] { io::load_torch(path); }}});
  for (const auto& [key, error] : under) {
    expect_errors({{(of + error).c_str(), [&path, k = key] { io::load_torch(path, k); }}});
  }
}

TEST(LoadTorch, RefusesOtherFilesWithAHint) {
  const auto refused = [](const std::string& name) { return "FileError: load_torch: \"" + torchs(name); };
  const std::string needless =
      ": a state dict needs no such thing, and nothing in a file is run; save model.state_dict()";
  for (const auto& [name, error] : std::vector<std::pair<std::string, std::string>>{
           {"old_form", "\" has the form of PyTorch before 1.6; save it again: torch.save(torch.load(path), path)"},
           {"plain_pickle", "\" is no file of torch.save: it is a pickle, not a ZIP archive"},
           {"script", "\" is a TorchScript archive; save its module.state_dict() by torch.save"},
           {"module", ": module/data.pkl\" refers to \"torch.nn.modules.linear.Linear\" (at byte 2)" + needless},
           {"system", ": system/data.pkl\" refers to \"posix.system\" (at byte 173)" + needless},
           {"tensor", "\" holds a tensor, not a state dict; save model.state_dict()"},
           {"list", "\" holds a list, not a state dict; save model.state_dict()"},
       }) {
    expect_errors({{(refused(name) + error).c_str(), [n = name] { io::load_torch(torchs(n)); }}});
  }
}

TEST(LoadTorch, RefusesOtherTensorsByTheirDtypeOrKind) {
  const std::string path = torchs("unread");
  const std::string keys = "; load_torch(path, key) takes one of these keys: \"negated\", \"expanded\"";
  for (const auto& [key, error] : std::vector<std::pair<std::string, std::string>>{
           {"int16", "\"x\" is a tensor of int16, which is not read; save x.to(torch.int32)"},
           {"int8", "\"x\" is a tensor of int8, which is not read; save x.to(torch.int32)"},
           {"uint16", "\"x\" is a tensor of uint16, which is not read; save x.to(torch.int32)"},
           {"uint64", "\"x\" is a tensor of uint64, which is not read; save x.to(torch.int64)"},
           {"complex64", "\"x\" is a tensor of complex64, which is not read; save torch.view_as_real(x)"},
           {"complex128", "\"x\" is a tensor of complex128, which is not read; save torch.view_as_real(x)"},
           {"float8", "\"x\" is a tensor of float8_e5m2, which is not read; save x.to(torch.float32)"},
           {"sparse", "\"x\" is a sparse tensor, which is not read; save x.to_dense()"},
           {"quantized", "\"x\" is a quantized tensor, which is not read; save x.dequantize()"},
           {"meta", "\"x\" is a meta tensor, not a tensor" + keys},
           {"negated", "\"x\" has its neg bit set; save x.resolve_neg()"},
           {"expanded", "\"x\" of shape (4, 3) has more elements than its storage, 6; save x.contiguous()"},
           {"number", "\"x\" is an int, not a tensor" + keys},
           {"storage", "\"x\" is a storage, not a tensor" + keys},
       }) {
    const std::string whole = "FileError: load_torch: \"" + path + "\": " + error;
    expect_errors({{whole.c_str(), [&path, k = key] { io::load_torch(path, k); }}});
  }
}

TEST(LoadTorch, RefusesWhatIsNoFile) {
  testing::TempDir dir;
  testing::write_file(dir / "x.pt", "hello");
  testing::write_file(dir / "empty.pt", "");
  for (const auto& [name, error] : std::vector<std::pair<std::string, std::string>>{
           {"missing.pt", "\": No such file or directory"},
           {"", "\" is a directory, not a file"},
           {"x.pt", "\" is no file of torch.save: it is no ZIP archive"},
           {"empty.pt", "\" is no file of torch.save: it is no ZIP archive"},
       }) {
    const std::string path = dir / name, whole = "FileError: load_torch: \"" + path + error;
    expect_errors({{whole.c_str(), [&path] { io::load_torch(path); }}});
  }
}

}  // namespace
}  // namespace xtape
