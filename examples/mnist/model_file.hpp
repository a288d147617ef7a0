// What a model's file says about it besides the weights, so that `predict` needs no other file. It is kept in the
// metadata of the safetensors file, a text for each of:
//
//     xtape-mnist    the version of this format
//     classes        their names, ["0", "1", ...]
//     input_shape    of a picture, [channels, height, width]
//     normalization  {"mean": [..], "std": [..]} for each channel: the model's input is (byte / 255 - mean) / std
//     architecture   {"model": "mlp", "hidden": 256, "dropout": 0.5}
//     configuration  the options of the training, as a configuration file
//
// A file comes from anywhere: nothing in it is believed before it is checked, and nothing is allocated for what it only
// claims.
#pragma once

#include <string>
#include <vector>
#include <xtape/xtape.hpp>

#include "architecture.hpp"

/// For each channel.
struct Normalization {
  std::vector<double> mean = {0}, std = {1};
};

struct Description {
  std::vector<std::string> classes;
  xtape::Shape input = image_shape;  // of a picture: channels, height, width
  Normalization normalization = {};
  Architecture architecture = {};
  std::string configuration;
};

/// "784-256-10, dropout 0.5"
std::string to_string(const Description& description);

/// For io::save_safetensors and train::CheckpointOptions. ValueError for a description that load_model would refuse, as
/// for a name with a control character.
xtape::io::Metadata metadata_of(const Description& description);

/// The images in a batch where nothing is trained: as many as in a step, whose memory is free by then and fits.
inline constexpr std::int64_t evaluation_batch = 64;

struct Model {
  std::string path;  // of its file
  Description description;
  xtape::nn::Sequential net;

  /// Images as data::ImageDataset gives them, bytes / 255, as the net's input.
  xtape::data::Dataset input(const xtape::data::Dataset& images) const;
  /// Of the classes of images, which are uint8 (N, C, H, W): float32 (N, classes).
  xtape::Tensor probabilities(const xtape::Tensor& images) const;
};

/// The file of a model, for a path of a file or of a run's directory, which holds best.safetensors.
std::string model_file(const char* op, const std::string& path);
/// FileError, which begins with `op` and names the file to use, if `file` is a Trainer's checkpoint.
void refuse_checkpoint(const char* op, const std::string& file);
/// Reads a file that has metadata_of() a description. FileError, of one line, for any other file, and if weights and
/// description do not fit.
Model load_model(const std::string& path, const char* op = "MODEL");
