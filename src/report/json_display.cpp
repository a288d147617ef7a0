// Objects for a program that watches the run, one a line. "type" tells them apart; the fields are those of the events.
#include <string>
#include <utility>
#include <vector>

#include "io/json.hpp"
#include "report/display.hpp"
#include "train/fit_state.hpp"

namespace xtape::report {

namespace {

using io::json_number;
using io::json_string;

struct JsonField {
  const char* name;
  std::string value;  // as JSON
};

std::string json_line(const char* type, const std::vector<JsonField>& fields) {
  std::string line = R"({"type":")" + std::string(type) + '"';
  for (const JsonField& field : fields) line += std::string(",\"") + field.name + "\":" + field.value;
  return line + "}\n";
}

const char* name_of(train::StopCause cause) {
  switch (cause) {
    case train::StopCause::last_epoch: return "last_epoch";
    case train::StopCause::patience: return "patience";
    case train::StopCause::stop: return "stop";
    case train::StopCause::signal: return "signal";
    case train::StopCause::not_finite: return "not_finite";
    case train::StopCause::none: break;
  }
  return "none";
}

class JsonDisplay final : public Display {
 public:
  JsonDisplay(Output& out, train::VerdictWords words) : out_(out), words_(std::move(words)) {}

  void fit_begin(const train::FitBegin& e, double) override {
    out_.write(json_line("begin", {{"epochs", json_number(e.epochs)},
                                   {"first_epoch", json_number(e.first_epoch)},
                                   {"first_batch", json_number(e.first_batch)},
                                   {"steps", json_number(e.steps)},
                                   {"batches", json_number(e.batches)},
                                   {"training_samples", json_number(e.training_samples)},
                                   {"validation_samples", json_number(e.validation_samples)},
                                   {"parameters", json_number(e.parameters)}}));
  }
  void epoch_end(const train::EpochRecord& r, double) override {
    std::vector<JsonField> fields;
    train::visit_fields(r, [&fields](const char* name, auto value) { fields.push_back({name, json_number(value)}); });
    fields.push_back({"is_best", r.is_best ? "true" : "false"});
    out_.write(json_line("epoch", fields));
  }
  void checkpoint(const train::CheckpointSaved& e, double) override {
    out_.write(json_line("checkpoint", {{"path", json_string(e.path)},
                                        {"epoch", json_number(e.epoch)},
                                        {"step", json_number(e.step)},
                                        {"is_best", e.is_best ? "true" : "false"}}));
  }
  void warning(const train::Warning& e, double) override {
    out_.write(json_line("warning", {{"message", json_string(e.message)}}));
  }
  void fit_end(const train::History& h, double) override {
    out_.write(json_line("end", {{"epochs", json_number(static_cast<std::int64_t>(h.size()))},
                                 {"best_epoch", json_number(h.best_epoch())},
                                 {"stop_cause", json_string(name_of(h.stop_cause()))},
                                 {"stop_reason", json_string(h.stop_reason())},
                                 {"weights_epoch", json_number(h.weights_epoch())},
                                 {"verdict", json_string(h.verdict(words_))}}));
  }

 private:
  Output& out_;
  const train::VerdictWords words_;
};

}  // namespace

std::unique_ptr<Display> json_display(Output& out, const train::VerdictWords& words) {
  return std::make_unique<JsonDisplay>(out, words);
}

}  // namespace xtape::report
