#include "xtape/nn/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>

#include "core/grouped.hpp"
#include "nn/type_name.hpp"
#include "xtape/autograd.hpp"
#include "xtape/creation.hpp"
#include "xtape/detail/fmt_shape.hpp"

namespace xtape::nn {

namespace {

std::string outputs_of(const Summary::Row& row) {
  std::string text;
  for (const Shape& shape : row.outputs) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}", shape);
  }
  return text.empty() ? "-" : text;
}

const char* state_text(std::int64_t parameters, std::int64_t trainable) {
  return parameters == 0 ? "-" : trainable == parameters ? "trainable" : trainable == 0 ? "frozen" : "partly frozen";
}

}  // namespace

Summary::Summary(std::vector<Row> rows) : rows_(std::move(rows)) {}

namespace detail {

Summary summarize(const Module& model, const Callback<Tensor(const Tensor&)>& forward, const Shape& input_shape,
                  SummaryOptions options) {
  std::vector<Summary::Row> rows;
  std::map<std::string, std::size_t> row_of;
  for (const auto& [path, module] : model.named_modules()) {
    row_of[path] = rows.size();
    rows.push_back({path, type_name(*module), {}});
  }
  for (const auto& [name, parameter] : model.named_parameters()) {
    const std::size_t dot = name.rfind('.');
    Summary::Row& owner = rows[row_of.at(dot == std::string::npos ? "" : name.substr(0, dot))];
    owner.parameters += parameter.numel();
    if (parameter.requires_grad()) owner.trainable += parameter.numel();
  }
  for (const auto& [path, module] : model.named_modules()) {
    std::vector<Shape>& outputs = rows[row_of.at(path)].outputs;
    module->register_forward_hook(
        [&outputs](const Module&, const Tensor&, const Tensor& y) { outputs.push_back(y.shape()); });
  }
  model.eval();
  NoGradGuard no_grad;
  forward(zeros(input_shape, {.dtype = options.dtype}));
  return Summary(std::move(rows));
}

}  // namespace detail

std::int64_t Summary::parameters() const noexcept {
  std::int64_t total = 0;
  for (const Row& row : rows_) total += row.parameters;
  return total;
}

std::int64_t Summary::trainable() const noexcept {
  std::int64_t total = 0;
  for (const Row& row : rows_) total += row.trainable;
  return total;
}

std::string Summary::to_string() const {
  constexpr std::size_t columns = 5;
  std::vector<std::array<std::string, columns>> cells{{"layer", "type", "output shape", "parameters", "state"}};
  for (const Row& row : rows_) {
    cells.push_back({row.path.empty() ? "(model)" : row.path, row.type, outputs_of(row), grouped(row.parameters),
                     state_text(row.parameters, row.trainable)});
  }
  cells.push_back({"total", "", "", grouped(parameters()), state_text(parameters(), trainable())});
  std::array<std::size_t, columns> width{};
  for (const auto& line : cells) {
    for (std::size_t c = 0; c < columns; ++c) width[c] = std::max(width[c], line[c].size());
  }
  std::string table;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto& line = cells[i];
    if (i == 1 || i + 1 == cells.size()) {
      table.append(width[0] + width[1] + width[2] + width[3] + width[4] + 8, '-').push_back('\n');
    }
    std::string text = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {}", line[0], width[0], line[1], width[1], line[2],
                                   width[2], line[3], width[3], line[4]);
    table += text.erase(text.find_last_not_of(' ') + 1) + '\n';
  }
  return table;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.to_string(); }

}  // namespace xtape::nn
