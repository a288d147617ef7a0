#include "packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>
#include <xtape/xtape.hpp>

#include "../common/hash.hpp"

using namespace xtape;

namespace {

constexpr int parts = 10;

struct Package {
  std::string source, section, description;
};

/// What stands behind "NAME: " on a line; "" on other lines.
std::string value_of(const std::string& line, std::string_view name) {
  return line.starts_with(name) ? line.substr(name.size()) : "";
}

/// The packages of an index by their names, each as it is listed first.
std::map<std::string, Package> read_index(const std::string& path) {
  std::ifstream file(path);
  std::map<std::string, Package> all;
  std::string name;
  Package package;
  const auto end_paragraph = [&all, &name, &package] {
    if (package.source.empty()) package.source = name;
    const bool is_whole = !name.empty() && !package.section.empty() && !package.description.empty();
    if (is_whole) all.emplace(name, package);
    name.clear();
    package = {};
  };
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) end_paragraph();
    if (const std::string v = value_of(line, "Package: "); !v.empty()) name = v;
    if (const std::string v = value_of(line, "Source: "); !v.empty()) package.source = v.substr(0, v.find(' '));
    if (const std::string v = value_of(line, "Section: "); !v.empty()) package.section = v.substr(v.rfind('/') + 1);
    if (const std::string v = value_of(line, "Description: "); !v.empty()) package.description = v;
  }
  end_paragraph();
  if (!file.eof()) throw FileError("data", fmt::format("\"{}\" cannot be read", path));
  return all;
}

/// The names of the largest sections, sorted.
std::vector<std::string> largest_sections(const std::map<std::string, Package>& all, std::size_t count) {
  std::map<std::string, std::int64_t> sizes;
  for (const auto& [name, package] : all) ++sizes[package.section];
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [section, size] : sizes) order.emplace_back(-size, section);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), count));
  std::vector<std::string> names;
  for (const auto& entry : order) names.push_back(entry.second);
  std::sort(names.begin(), names.end());
  return names;
}

/// Where the texts of a source belong.
Texts& part_of(const std::string& source, Topics& topics, int fold) {
  const auto part = static_cast<int>(Hash().add(source).value() / 1000 % parts);
  const int from_fold = (part - fold + parts) % parts;
  return from_fold == 0 ? topics.test : from_fold == 1 ? topics.validation : topics.training;
}

void add(Topics& topics, Hash& hash, const std::string& source, const std::string& topic, const std::string& text,
         int fold) {
  Texts& part = part_of(source, topics, fold);
  part.text.push_back(text);
  part.topic.push_back(topic);
  hash.add(source).add("\n").add(topic).add("\n").add(text).add("\n");
  topics.hash = hash.value();
}

}  // namespace

Topics packages_in(const std::string& path, std::size_t count, int fold) {
  const std::map<std::string, Package> all = read_index(path);
  Topics topics{.name = path, .names = largest_sections(all, count)};
  Hash hash;
  for (const auto& [name, package] : all) {
    if (!std::binary_search(topics.names.begin(), topics.names.end(), package.section)) continue;
    add(topics, hash, package.source, package.section, package.description, fold);
  }
  if (topics.names.size() < 2 || topics.test.text.empty() || topics.validation.text.empty()) {
    throw FileError("data", fmt::format("\"{}\" is no package index with enough packages; apt-cache dumpavail "
                                        "prints one",
                                        path));
  }
  return topics;
}

Topics built_in_topics(int fold) {
  struct Rule {
    const char* topic;
    std::vector<const char*> nouns, verbs;
  };
  const std::vector<Rule> rules = {
      {"cooking", {"soup", "bread", "pepper", "oven", "dough", "kettle"}, {"bakes", "stirs", "tastes"}},
      {"music", {"violin", "choir", "melody", "drum", "concert", "organ"}, {"plays", "sings", "tunes"}},
      {"sailing", {"harbour", "mast", "anchor", "wind", "keel", "tide"}, {"steers", "moors", "sails"}},
      {"gardening", {"rose", "hedge", "spade", "seed", "meadow", "root"}, {"plants", "waters", "prunes"}}};
  const std::vector<const char*> people = {"a girl", "the teacher", "my uncle",
                                           "nobody", "an old man",  "our neighbour"};
  const std::vector<const char*> ends = {"in the morning", "every year", "without a word", "near the house", "at last"};
  Topics topics{.name = "built-in sentences"};
  for (const Rule& rule : rules) topics.names.emplace_back(rule.topic);
  std::sort(topics.names.begin(), topics.names.end());
  Hash hash;
  std::uint64_t state = 1;
  const auto draw_index = [&state](std::size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    return static_cast<std::size_t>((state >> 33) % n);
  };
  const auto draw = [&draw_index](const std::vector<const char*>& list) {
    return std::string(list[draw_index(list.size())]);
  };
  for (int i = 0; i < 3000; ++i) {
    const Rule& rule = rules[static_cast<std::size_t>(i) % rules.size()];
    // One word in ten is another topic's.
    const Rule& other = rules[draw_index(rules.size())];
    const std::string verb = draw(rule.verbs), noun = draw(i % 10 == 0 ? other.nouns : rule.nouns);
    const std::string end = draw(ends), second = draw(rule.nouns), person = draw(people);
    const std::string text = fmt::format("{} {} the {} and the {} {}.", person, verb, noun, second, end);
    add(topics, hash, text, rule.topic, text, fold);
  }
  return topics;
}
