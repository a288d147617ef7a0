#include "architecture.hpp"

#include <fmt/core.h>

using namespace xtape;

nn::Sequential make_model(const Architecture& a, const Shape& input, std::int64_t classes) {
  const std::int64_t pixels = input.numel();
  if (a.model == "linear") return nn::Sequential{nn::Flatten(), nn::Linear(pixels, classes)};
  return nn::Sequential{nn::Flatten(), nn::Linear(pixels, a.hidden), nn::ReLU(), nn::Dropout(a.dropout),
                        nn::Linear(a.hidden, classes)};
}

std::string to_string(const Architecture& a, const Shape& input, std::int64_t classes) {
  if (a.model == "linear") return fmt::format("{}-{}", input.numel(), classes);
  return fmt::format("{}-{}-{}, dropout {}", input.numel(), a.hidden, classes, a.dropout);
}

nn::Summary summary_of(const nn::Sequential& model, const Shape& input) {
  Shape batch = {1};
  for (const std::int64_t extent : input) batch.push_back(extent);
  return nn::summary(model, batch);
}
