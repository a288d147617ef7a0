// ModuleSequence: what Sequential and ModuleList share, numbered children.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "xtape/nn/lambda.hpp"

namespace xtape::nn {

/// `for (const nn::Module& layer : layers) x = layer(x);`. A child is seen as a Module: where its own type is needed,
/// `dynamic_cast<const nn::Linear&>(layers[0]).weight`.
class XTAPE_API ModuleSequence : public Module {
 public:
  class Iterator {
   public:
    using value_type = Module;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const ModuleSequence& modules, std::int64_t i) : modules_(&modules), i_(i) {}
    const Module& operator*() const { return (*modules_)[i_]; }
    const Module* operator->() const { return &**this; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    Iterator operator++(int) { return {*modules_, i_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const ModuleSequence* modules_ = nullptr;
    std::int64_t i_ = 0;
  };

  ~ModuleSequence() override;

  std::size_t size() const;
  /// Negative: from the end. IndexError outside [-size, size).
  const Module& operator[](std::int64_t i) const;
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, static_cast<std::int64_t>(size())}; }

 protected:
  ModuleSequence() = default;
  ModuleSequence(const ModuleSequence&) = default;
  ModuleSequence(ModuleSequence&&) noexcept = default;
  ModuleSequence& operator=(const ModuleSequence&) = default;
  ModuleSequence& operator=(ModuleSequence&&) noexcept = default;

  template <Layer L>
  void add_layer(L&& layer) {
    register_module(std::to_string(size()), detail::as_module(std::forward<L>(layer)));
  }
  template <Layer L>
  void replace_layer(std::int64_t i, L&& layer) {
    (void)replace_module(std::to_string(position(i)), detail::as_module(std::forward<L>(layer)));
  }

 private:
  std::size_t position(std::int64_t i) const;
};

}  // namespace xtape::nn
