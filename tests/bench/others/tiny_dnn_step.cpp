// tiny_dnn_step BATCH SECONDS: prints the CPU time, in nanoseconds, of a training step of the MLP 784-256-10 with
// dropout 0.5 and Adam in tiny-dnn, made by its train(), on one thread (CNN_SINGLE_THREAD). Its step differs a little
// from the others': dropout_layer.h of 1.0.0a3 passes back the gradient of only the first BATCH of the 256 units. The
// products are the same.
#include <tiny_dnn/tiny_dnn.h>

#include <cstdio>
#include <limits>
#include <vector>

#include "step.hpp"

namespace {

using Dense = tiny_dnn::layers::fc<tiny_dnn::activation::relu>;
using Logits = tiny_dnn::layers::fc<tiny_dnn::activation::softmax>;

struct Enough {};

}  // namespace

int main(int argc, char** argv) {
  const bench::Order order = bench::order(argc, argv);
  std::vector<tiny_dnn::vec_t> images;
  for (auto image = order.pixels.begin(); image != order.pixels.end(); image += 784) {
    images.emplace_back(image, image + 784);
  }
  std::vector<tiny_dnn::label_t> labels;
  for (const auto label : order.labels) labels.push_back(static_cast<tiny_dnn::label_t>(label));

  tiny_dnn::network<tiny_dnn::sequential> net;
  net << Dense(784, 256) << tiny_dnn::layers::dropout(256, 0.5f) << Logits(256, 10);
  tiny_dnn::adam solver;
  // Every call of train() resets Adam's moments, so one call makes all steps; only an exception can end it by the
  // clock.
  int steps = -5;
  double start = 0;
  const auto after_step = [&] {
    if (++steps == 0) start = bench::cpu_seconds();
    if (steps > 0 && bench::cpu_seconds() - start >= order.seconds) throw Enough();
  };
  try {
    net.train<tiny_dnn::cross_entropy_multiclass>(solver, images, labels, static_cast<std::size_t>(order.batch),
                                                  std::numeric_limits<int>::max(), after_step, [] {});
  } catch (const Enough&) {
    std::printf("%.0f\n", (bench::cpu_seconds() - start) / steps * 1e9);
  }
}
