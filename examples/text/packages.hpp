// Texts with topics: the one-line descriptions of a Debian package index, by section, or sentences that a grammar
// draws. A text belongs to the training, validation or test part by a hash of its source's name, so that packages built
// from one source, whose descriptions are alike, are in one part. The hash makes ten parts of the sources: part `fold`
// tests, the next one validates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Texts and their topics, one beside the other.
struct Texts {
  std::vector<std::string> text, topic;
};

struct Topics {
  std::string name;                     // of the data, for people
  std::vector<std::string> names = {};  // sorted
  Texts training = {}, validation = {}, test = {};
  std::uint64_t hash = 0;  // of all texts and topics
};

/// The `topics` largest sections of an index as `apt-cache dumpavail` prints it. A package that is listed several times
/// counts once; "contrib/" and "non-free/" do not belong to a section's name. FileError if the file cannot be read or
/// has too few packages.
Topics packages_in(const std::string& path, std::size_t topics, int fold);

/// Sentences drawn by a grammar: each topic has words of its own, and all share others. The same on every machine.
Topics built_in_topics(int fold);
