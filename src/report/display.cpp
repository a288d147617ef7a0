#include "report/display.hpp"

#include "report/terminal.hpp"

namespace xtape::report {

Display::~Display() = default;

std::unique_ptr<Display> make_display(Output& out, const train::ProgressOptions& options) {
  train::ProgressMode mode = options.mode;
  if (mode == train::ProgressMode::automatic) {
    mode = can_redraw(out.file()) ? train::ProgressMode::bar : train::ProgressMode::plain;
  }
  switch (mode) {
    case train::ProgressMode::bar:
      return bar_display(out, {.has_blocks = has_utf8_blocks(), .has_color = options.color && may_color()});
    case train::ProgressMode::plain: return plain_display(out, options.heartbeat_seconds);
    case train::ProgressMode::json: return json_display(out, options.words);
    default: return std::make_unique<Display>();
  }
}

}  // namespace xtape::report
