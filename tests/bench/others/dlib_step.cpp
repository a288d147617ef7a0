// dlib_step BATCH SECONDS: prints the CPU time, in nanoseconds, of a training step of the MLP 784-256-10 with dropout
// 0.5 and Adam in dlib, made as dlib's trainer makes it, on one thread.
#include <dlib/dnn.h>

#include <cstdio>
#include <vector>

#include "step.hpp"

namespace {

using Mlp =
    dlib::loss_multiclass_log<dlib::fc<10, dlib::dropout<dlib::relu<dlib::fc<256, dlib::input<dlib::matrix<float>>>>>>>;

}  // namespace

int main(int argc, char** argv) {
  const bench::Order order = bench::order(argc, argv);
  const std::vector<float>& pixels = order.pixels;
  std::vector<dlib::matrix<float>> images;
  for (const float* image = pixels.data(); image != pixels.data() + pixels.size(); image += 784) {
    images.push_back(dlib::reshape(dlib::mat(image, 784), 28, 28));
  }
  std::vector<unsigned long> labels;
  for (const auto label : order.labels) labels.push_back(static_cast<unsigned long>(label));

  Mlp net;
  dlib::resizable_tensor x;
  net.to_tensor(images.begin(), images.end(), x);
  std::vector<dlib::adam> solvers(Mlp::num_computational_layers, dlib::adam(0, 0.9f, 0.999f));
  const auto step = [&] {
    net.compute_parameter_gradients(x, labels.begin());
    net.update_parameters(solvers, 1e-3);
  };
  for (int i = 0; i < 5; ++i) step();
  int steps = 0;
  const double start = bench::cpu_seconds();
  while (bench::cpu_seconds() - start < order.seconds) step(), ++steps;
  std::printf("%.0f\n", (bench::cpu_seconds() - start) / steps * 1e9);
}
