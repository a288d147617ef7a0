#include "report/figures.hpp"

#include <cmath>

namespace xtape::report {

namespace {

constexpr std::int64_t few_samples = 1000;

}  // namespace

std::string with_minus(std::string figure) {
  if (figure.starts_with('-')) figure.replace(0, 1, "−");
  return figure;
}

std::string number(double x) { return std::isnan(x) ? "–" : with_minus(text_of("{:.4g}", x)); }

std::string percent(double share, std::int64_t samples) {
  return std::isnan(share) ? "–" : text_of("{:.{}f}%", 100 * share, samples < few_samples ? 1 : 2);
}

std::string probability(double p) {
  if (p > 0 && p < 5e-5) return "<0.01%";
  return p < 1 && p >= 0.99995 ? ">99.99%" : percent(p);
}

std::string interval(double low, double high) {
  return text_of("95% CI {} to {}", with_minus(text_of("{:.2f}", 100 * low)),
                 with_minus(text_of("{:.2f}", 100 * high)));
}

std::string points(double difference) {
  return std::isnan(difference) ? "–" : with_minus(text_of("{:.2f} points", 100 * difference));
}

std::string duration(double seconds) {
  if (std::isnan(seconds)) return "–";
  if (seconds < 0.9995) return text_of("{:.0f} ms", 1000 * seconds);
  if (seconds < 59.95) return text_of("{:.1f} s", seconds);
  const double minutes = std::floor((seconds + 0.5) / 60);
  if (minutes < 60) return text_of("{:.0f} min {:02.0f} s", minutes, std::floor(seconds + 0.5 - 60 * minutes));
  return text_of("{:.0f} h {:02.0f} min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

}  // namespace xtape::report
