#include "xtape/io/checkpoint.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "checkpoint/parts.hpp"
#include "core/fail.hpp"
#include "io/text.hpp"

namespace xtape::io {

struct Checkpoint::Impl {
  void add(const std::string& name, checkpoint::Target target) {
    using checkpoint::op;
    if (name.empty()) fail<ValueError>(op, "the name of a part is empty");
    if (name.find('.') != std::string::npos) {
      fail<ValueError>(op, "\"{}\" has a dot, which in the file ends the name of a part", name);
    }
    if (std::any_of(parts.begin(), parts.end(), [&name](const auto& part) { return part.name == name; })) {
      fail<ValueError>(op, "there is a part \"{}\" already", name);
    }
    parts.push_back({name, std::move(target)});
  }

  std::vector<checkpoint::Part> parts;
  Metadata texts;
};

Checkpoint::Checkpoint(const nn::Module& model, optim::Optimizer& optimizer) {
  auto impl = std::make_unique<Impl>();
  impl->add("model", &model);
  impl->add("optimizer", &optimizer);
  impl->add("generator", &default_generator());
  impl_ = impl.release();
}

Checkpoint::~Checkpoint() { delete impl_; }

void Checkpoint::add(const std::string& name, const nn::Module& module) { impl_->add(name, &module); }
void Checkpoint::add(const std::string& name, optim::Optimizer& optimizer) { impl_->add(name, &optimizer); }
void Checkpoint::add(const std::string& name, optim::lr_scheduler::LRScheduler& scheduler) {
  impl_->add(name, &scheduler);
}
void Checkpoint::add(const std::string& name, data::DataLoader& loader) { impl_->add(name, loader); }
void Checkpoint::add(const std::string& name, Generator& generator) { impl_->add(name, &generator); }
void Checkpoint::add(const std::string& name, StateDict& dict) { impl_->add(name, &dict); }

// ---- texts -------------------------------------------------------------------------------------------------------

void Checkpoint::set(const std::string& name, std::string text) {
  if (name.empty()) fail<ValueError>(checkpoint::op, "the name of a text is empty");
  if (!io::is_utf8(name) || !io::is_utf8(text)) {
    fail<ValueError>(checkpoint::op, "the text {} is not UTF-8", io::shown(name));
  }
  impl_->texts.set(name, std::move(text));
}

std::string Checkpoint::get(std::string_view name) const {
  if (contains(name)) return impl_->texts.at(name);
  std::string names;
  for (const auto& [known, text] : impl_->texts) names += (names.empty() ? "" : ", ") + io::shown(known);
  fail<IndexError>(checkpoint::op, "there is no text {}; the texts are: {}", io::shown(std::string(name)),
                   names.empty() ? "none" : names);
}

bool Checkpoint::contains(std::string_view name) const noexcept { return impl_->texts.contains(name); }

// ---- files -------------------------------------------------------------------------------------------------------

void Checkpoint::save(const std::string& path) const {
  std::vector<checkpoint::State> states(impl_->parts.size());
  for (std::size_t i = 0; i < states.size(); ++i) states[i] = checkpoint::state_of(impl_->parts[i]);
  checkpoint::write_file(path, states, impl_->texts);
}

void Checkpoint::load(const std::string& path) {
  std::vector<checkpoint::State> states(impl_->parts.size());
  for (std::size_t i = 0; i < states.size(); ++i) states[i] = checkpoint::without_tensors(impl_->parts[i]);
  const checkpoint::Contents contents = checkpoint::read_file(path);
  checkpoint::take_states(contents, states);
  Metadata texts = checkpoint::own_texts(contents);
  checkpoint::load_all(path, impl_->parts, states);
  impl_->texts = std::move(texts);
}

}  // namespace xtape::io
