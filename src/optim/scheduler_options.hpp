// What the schedulers' files share: checks of options, and options in a state_dict. A scheduler's `visit(options, f)`
// calls f("gamma", options.gamma) for every field.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "core/fail.hpp"
#include "optim/state.hpp"
#include "xtape/optim/lr_scheduler.hpp"

namespace xtape::optim::lr_scheduler {

// ---- checks -----------------------------------------------------------------------------------------------------

/// ValueError unless finite and >= 0.
inline void check_not_negative(const char* scheduler, const char* option, double value) {
  if (!(value >= 0 && value <= std::numeric_limits<double>::max())) {
    fail<ValueError>(scheduler, "{} = {}; expected a finite number >= 0", option, value);
  }
}

inline void check_at_least(const char* scheduler, const char* option, std::int64_t value, std::int64_t least) {
  if (value < least) fail<ValueError>(scheduler, "{} = {}; expected at least {}", option, value, least);
}

inline void check_milestones(const char* scheduler, const std::vector<std::int64_t>& milestones) {
  for (std::size_t i = 0; i < milestones.size(); ++i) {
    if (milestones[i] < 0) fail<ValueError>(scheduler, "milestones[{}] = {}; expected at least 0", i, milestones[i]);
  }
}

/// ValueError unless each value is finite and >= 0, and a list has one for each of `groups`.
inline void check_per_group(const char* scheduler, const char* option, const PerGroup& values, std::size_t groups) {
  if (values.values().empty()) fail<ValueError>(scheduler, "{} must be given", option);
  if (values.is_list() && values.values().size() != groups) {
    fail<ValueError>(scheduler, "{} has {} values, the optimizer {} groups", option, values.values().size(), groups);
  }
  for (const double value : values.values()) check_not_negative(scheduler, option, value);
}

// ---- state ------------------------------------------------------------------------------------------------------

/// Options to be written, or to be read: `O` may be const.
template <class O, class Options>
concept OptionsOf = std::is_same_v<std::remove_const_t<O>, Options>;

struct OptionWriter {
  StateWriter& writer;

  template <class T>
  void operator()(const char* name, const T& value) const {
    if constexpr (std::is_enum_v<T>) {
      writer.write(name, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, PerGroup>) {
      value.is_list() ? writer.write(name, std::span(value.values())) : writer.write(name, value[0]);
    } else {
      writer.write(name, value);
    }
  }
};

struct OptionReader {
  StateReader& reader;

  template <class T>
  void operator()(const char* name, T& value) const {
    if constexpr (std::is_enum_v<T>) {  // every enum here has two values
      std::int64_t number = 0;
      reader.read(name, number);
      if (number != 0 && number != 1) {
        fail<ValueError>("load_state_dict", "\"{}{}\" = {}; expected 0 or 1", reader.prefix(), name, number);
      }
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, PerGroup>) {
      if (reader.is_scalar(name)) {
        double number = 0;
        reader.read(name, number);
        value = number;
      } else {
        std::vector<double> numbers;
        reader.read(name, numbers);
        value = std::move(numbers);
      }
    } else {
      reader.read(name, value);
    }
  }
};

/// Reads all options and checks them. ValueError when the dict holds anything else.
template <class O, class Visit, class Check>
O read_options(StateReader& reader, Visit visit, Check check) {
  O loaded;
  visit(loaded, OptionReader{reader});
  check(loaded);
  reader.expect_all_read();
  return loaded;
}

}  // namespace xtape::optim::lr_scheduler
