#include "options.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <xtape/xtape.hpp>

namespace {

/// A check for T in [low, high], or with `end` = ')' in [low, high): the whole text, as a decimal number. (CLI11's own
/// conversions take 010 for 8 and -1 for 2^64 - 1, its ranges take NaN.) An accepted integer is rewritten without the
/// leading zeros.
template <class T>
CLI::Validator in_range(T low, T high, char end = ']') {
  const std::string range = fmt::format("[{}, {}{}", low, high, end);
  return {[low, high, end, range](std::string& text) {
            const char *first = text.data(), *const last = first + text.size();
            const bool minus = std::is_unsigned_v<T> && text.starts_with('-');
            if (minus || (text.starts_with('+') && !text.starts_with("+-"))) ++first;
            T value{};
            const auto [stop, error] = std::from_chars(first, last, value);
            if (stop != last || error == std::errc::invalid_argument) {
              return text + (std::is_integral_v<T> ? " is not a whole number" : " is not a number");
            }
            const bool inside = !minus && value >= low && (end == ']' ? value <= high : value < high);
            if (!inside || error != std::errc()) return text + " is outside " + range;
            if constexpr (std::is_integral_v<T>) text = std::to_string(value);
            return std::string();
          },
          "in " + range};
}

CLI::Validator not_negative() { return in_range(0.0, std::numeric_limits<double>::infinity(), ')'); }
CLI::Validator share() { return in_range(0.0, 1.0); }

void add_options(CLI::App& app, Options& o) {
  app.option_defaults()->always_capture_default();
  app.add_option("--data", o.data, "directory of the four IDX files, or 'digits'");
  app.add_option("--model", o.model, "linear or mlp")->check(CLI::IsMember({"linear", "mlp"}));
  app.add_option("--hidden", o.hidden, "width of the mlp's hidden layer")->transform(in_range(1, 1 << 16));
  app.add_option("--dropout", o.dropout, "share of hidden units to drop in training")->transform(share());
  app.add_option("--optimizer", o.optimizer, "sgd, adam or adamw")->check(CLI::IsMember({"sgd", "adam", "adamw"}));
  app.add_option("--lr", o.lr, "learning rate")->transform(not_negative());
  app.add_option("--momentum", o.momentum, "momentum of sgd")->transform(not_negative());
  app.add_flag("--nesterov", o.nesterov, "Nesterov momentum, with sgd");
  app.add_option("--weight-decay", o.weight_decay, "L2 penalty; with adamw, decoupled decay")
      ->transform(not_negative());
  app.add_option("--label-smoothing", o.label_smoothing, "share of the target spread over all classes")
      ->transform(share());
  app.add_option("--epochs", o.epochs, "passes over the training images")->transform(in_range(0, 100000));
  app.add_option("--batch-size", o.batch_size, "images per step")->transform(in_range(1, 1 << 20));
  app.add_option("--validation", o.validation, "share of the training images held out")
      ->transform(in_range(0.0, 1.0, ')'));
  app.add_flag("--skip-validation", o.skip_validation, "hold them out, but do not evaluate on them");
  app.add_option("--seed", o.seed, "seed of weights, dropout, split and shuffling")
      ->transform(in_range(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));
  app.add_option("--threads", o.threads, "threads that share the work of large ops")->transform(in_range(1, 1024));
  app.add_option("--save", o.save, "safetensors file for the trained weights");
  app.add_option("--load", o.load, "safetensors file of weights to begin with");
  app.set_version_flag("--version", [] { return xtape::build_info(); }, "Print version, compiler and kernels and exit");
}

/// Refuses what the training would ignore, and data that is not there.
void check_together(const CLI::App& app, const Options& o) {
  for (const char* option : {"--momentum", "--nesterov"}) {
    if (app.count(option) > 0 && o.optimizer != "sgd") throw xtape::ValueError(option, "needs --optimizer sgd");
  }
  for (const char* option : {"--hidden", "--dropout"}) {
    if (app.count(option) > 0 && o.model != "mlp") throw xtape::ValueError(option, "needs --model mlp");
  }
  for (const auto& [option, path] : {std::pair{"--save", &o.save}, {"--load", &o.load}}) {
    if (app.count(option) > 0 && path->empty()) throw xtape::ValueError(option, "needs the name of a file");
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(o.save).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {  // said before the training, not after it
    throw xtape::FileError("--save", fmt::format("there is no directory \"{}\"", folder.string()));
  }
  if (o.data != "digits" && std::filesystem::status(o.data, error).type() == std::filesystem::file_type::not_found) {
    throw xtape::FileError(
        "--data", fmt::format("there is no \"{}\"; pass a directory of IDX files, or digits for the images that the "
                              "program draws itself", o.data));
  }
}

}  // namespace

int run_with_options(int argc, char** argv, void (*run)(const Options&)) {
  Options o;
  CLI::App app{"Trains a classifier on Fashion-MNIST, MNIST, or digits that it draws itself.", "xtape-mnist"};
  add_options(app, o);
  try {
    app.parse(argc, argv);
    check_together(app, o);
    run(o);
    return 0;
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const std::exception& e) {
    fmt::print(stderr, "xtape-mnist: {}\n", e.what());
    return 1;
  }
}
