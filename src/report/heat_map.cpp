#include "report/heat_map.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>

#include "core/grouped.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

namespace xtape::report {

namespace {

// The steps grow: a mistake in a hundred is worth a color.
constexpr std::array<double, 7> steps = {0, 0.01, 0.05, 0.15, 0.3, 0.5, 0.75};

/// 0 for no sample at all, else 1 to 7.
int level(double share) {
  int n = 0;
  for (const double step : steps) n += share > 0 && share >= step;
  return n;
}

/// "97", "<1": in whole percent, but 0 and 100 only where it is all or nothing.
std::string whole_percent(double share) {
  if (share > 0 && share < 0.01) return "<1";
  if (share < 1 && share > 0.99) return ">99";
  return fmt::format("{:.0f}", 100 * share);
}

Html heat_cell(std::int64_t n, double share, bool right, bool with_count, const std::string& title) {
  const std::string style = fmt::format("{}{}", right ? 'r' : 'w', level(share));  // right, wrong
  Html content;
  if (!with_count) {
    content = Html(n == 0 ? std::string("0") : whole_percent(share));
  } else {
    content = Html(grouped(n));
    if (n != 0) content += element("small", fmt::format("{:.1f}%", 100 * share));
  }
  return element("td", {{"class", style}, {"title", title}}, content);
}

Html scale(bool right) {
  Html out = element("span", right ? "Right, from" : "Wrong, from");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string text = i == 0 ? ">0%" : fmt::format("{:.0f}%", 100 * steps[i]);
    out += element("span", {{"class", fmt::format("{}{}", right ? 'r' : 'w', i + 1)}}, Html(text));
  }
  return element("p", {{"class", "scale"}}, out);
}

}  // namespace

Html heat_map(const std::string& caption, const std::vector<std::string>& classes,
              const std::vector<std::int64_t>& counts) {
  constexpr std::size_t longest_name = 40;
  const std::size_t n = classes.size();
  const bool with_counts = shows_counts(static_cast<std::int64_t>(n));
  std::vector<std::string> names;
  for (const std::string& name : classes) names.push_back(shortened(name, longest_name));

  Html head = element("td", {{"class", "corner"}}, Html("True\u00a0↓ Predicted\u00a0→"));
  for (const std::string& name : names) head += element("th", {{"scope", "col"}}, element("span", name));
  Html body;
  for (std::size_t r = 0; r < n; ++r) {
    const auto first = counts.begin() + static_cast<std::ptrdiff_t>(r * n);
    const std::int64_t total = std::accumulate(first, first + static_cast<std::ptrdiff_t>(n), std::int64_t{0});
    Html row = element("th", {{"scope", "row"}}, element("span", names[r]));
    for (std::size_t c = 0; c < n; ++c) {
      const std::int64_t samples = counts[r * n + c];
      const double share = total == 0 ? 0 : static_cast<double>(samples) / static_cast<double>(total);
      row += heat_cell(samples, share, r == c, with_counts,
                       fmt::format("{} taken for {}: {} of {}, {}", names[r], names[c], grouped(samples),
                                   grouped(total), percent(share)));
    }
    body += element("tr", row);
  }
  const Html table = element("table", {{"class", with_counts ? "heat" : "heat dense"}},
                             caption_of(caption) + element("thead", element("tr", head)) + element("tbody", body));
  return scroll_box(caption, table) + scale(true) + scale(false);
}

}  // namespace xtape::report
