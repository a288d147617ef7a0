// dlib_step BATCH SECONDS: nanoseconds (CPU time) of a training step of the MLP 784-256-10 with dropout 0.5 and Adam in
// dlib, as its trainer makes one, on one thread.
#include <dlib/dnn.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "../work.hpp"

namespace {

using Mlp = dlib::loss_multiclass_log<
    dlib::fc<10, dlib::dropout<dlib::relu<dlib::fc<256, dlib::input<dlib::matrix<float>>>>>>>;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int batch = std::atoi(argv[1]);
  const double seconds = std::atof(argv[2]);
  const std::vector<float> values = bench::numbers(batch * 784);
  std::vector<dlib::matrix<float>> images;
  for (const float* image = values.data(); image != values.data() + values.size(); image += 784) {
    images.push_back(dlib::reshape(dlib::mat(image, 784), 28, 28));
  }
  std::vector<unsigned long> labels;
  for (const auto label : bench::classes(batch, 10)) labels.push_back(static_cast<unsigned long>(label));

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
  const double start = cpu_seconds();
  while (cpu_seconds() - start < seconds) step(), ++steps;
  std::printf("%.0f\n", (cpu_seconds() - start) / steps * 1e9);
}
