// xtape-text export: the same texts in the format of fastText, to compare with it: a line "__label__games a b c" for
// each, where a b c are the text's words. The lines are shuffled, since fastText reads them in their order in each
// epoch. Also what all commands do with --data and --fold.
#include <fmt/format.h>

#include <memory>
#include <xtape/xtape.hpp>

#include "commands.hpp"

using namespace xtape;

namespace {

struct ExportSettings {
  DataSettings data;
  std::string directory;
};

std::string as_fasttext(const Texts& texts) {
  manual_seed(0);
  std::string all;
  for (const std::int64_t sample : randperm(static_cast<std::int64_t>(texts.text.size())).to_vector<std::int64_t>()) {
    const auto i = static_cast<std::size_t>(sample);
    all += fmt::format("__label__{} {}\n", texts.topic[i], fmt::join(data::words_of(texts.text[i]), " "));
  }
  return all;
}

}  // namespace

void add_data_options(CLI::App& app, DataSettings& s) {
  app.add_option("--data", s.data,
                 "What apt-cache dumpavail has printed, in a file; or built-in: sentences of a grammar")
      ->type_name("FILE");
  app.add_option("--fold", s.fold, "Which tenth of the data tests; the next one validates")->check(CLI::Range(0, 9));
}

Topics load_topics(const DataSettings& s) {
  constexpr std::size_t topics = 14;
  return s.data == "built-in" ? built_in_topics(s.fold) : packages_in(s.data, topics, s.fold);
}

Run add_export(CLI::App& app) {
  auto s = std::make_shared<ExportSettings>();
  add_data_options(app, s->data);
  app.add_option("DIR", s->directory, "Directory for train.txt, validation.txt and test.txt")->required();
  return [s] {
    const Topics topics = load_topics(s->data);
    io::save_text(s->directory + "/train.txt", as_fasttext(topics.training));
    io::save_text(s->directory + "/validation.txt", as_fasttext(topics.validation));
    io::save_text(s->directory + "/test.txt", as_fasttext(topics.test));
  };
}
