#include "report/figures.hpp"

#include <cmath>

namespace xtape::report {

std::string number(double x) { return std::isnan(x) ? "–" : text_of("{:.4g}", x); }
std::string percent(double share) { return std::isnan(share) ? "–" : text_of("{:.2f}%", 100 * share); }
std::string points(double difference) {
  return std::isnan(difference) ? "–" : text_of("{:.2f} points", 100 * difference);
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
