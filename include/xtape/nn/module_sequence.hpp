// ModuleSequence: what Sequential and ModuleList share, numbered children.
#pragma once

#include <cstddef>
#include <cstdint>
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

  void add_layer(detail::ModuleHolder* layer);
  void replace_layer(std::int64_t i, detail::ModuleHolder* layer);

 private:
  std::size_t position(std::int64_t i) const;
};

}  // namespace xtape::nn
