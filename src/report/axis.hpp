// The axis of a chart: which numbers get a tick, and where a value lies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xtape::report {

/// Whether an axis can show a value: it is finite, and so is its distance to any other.
bool is_drawable(double value) noexcept;

struct Tick {
  double value = 0;
  std::string label;
};

enum class Unit : std::uint8_t { plain, share };

class Axis {
 public:
  /// From a tick at or below `low` to one at or above `high`, about `intervals` apart, at multiples of 1, 2 or 5 times
  /// a power of ten. Of shares, no tick is outside [0, 1]. Both are drawable.
  static Axis linear(double low, double high, int intervals, Unit unit = Unit::plain);
  /// Ticks at powers of ten, from one at or below `low` to one at or above `high`; low > 0.
  static Axis logarithmic(double low, double high);
  /// Over values of which at least one is drawable. Logarithmic where a linear axis would press half of the values into
  /// its lowest fiftieth and all are above 0: after a loss has exploded, or with a rate that falls by powers of ten. A
  /// loss that falls as losses do stays linear, since only there a gap of 0.1 looks the same all along the curve.
  static Axis fitted(std::vector<double> values, Unit unit);

  /// 0 at the low end, 1 at the high one.
  double place(double value) const noexcept;
  const std::vector<Tick>& ticks() const noexcept { return ticks_; }
  bool is_logarithmic() const noexcept { return logarithmic_; }

 private:
  double low_ = 0, high_ = 1;
  bool logarithmic_ = false;
  std::vector<Tick> ticks_;
};

}  // namespace xtape::report
