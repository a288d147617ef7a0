// A classifier of texts and its file, which holds all that predict needs: a safetensors file whose metadata are
//
//     xtape-text  the version of this format
//     classes     their names, a line each
//     vocabulary  of words, pairs and beginnings (tokens.hpp), as data::Vocabulary writes it
//     length      how many of them are read of a text
#pragma once

#include <cstdint>
#include <string>
#include <vector>
#include <xtape/xtape.hpp>

struct Description {
  std::vector<std::string> classes;
  xtape::data::Vocabulary vocabulary;
  std::int64_t length = 64;
};

struct Model {
  Description description;
  xtape::nn::Sequential net;

  /// Of the classes: float32 (C).
  xtape::Tensor probabilities(const std::string& text) const;
};

/// The mean of the vectors of a text's tokens, and a linear layer.
xtape::nn::Sequential make_net(std::int64_t tokens, std::int64_t dim, std::int64_t classes);

/// For io::save_safetensors and train::CheckpointOptions.
xtape::io::Metadata metadata_of(const Description& description);
/// FileError, of one line, for a file of another kind, and if weights and description do not fit.
Model load_model(const std::string& path);
