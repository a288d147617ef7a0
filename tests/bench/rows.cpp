// The rows of the benchmark: names and sizes, the same for every side. A row's work is created when the row runs, so
// that --benchmark_filter excludes the others completely. XTAPE_BENCH_THREADS (default 1) sets the number of threads,
// XTAPE_BENCH_DATA the folder of Fashion-MNIST.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "work.hpp"

namespace {

template <class Make>
benchmark::internal::Benchmark* row(const std::string& name, Make make) {
  return benchmark::RegisterBenchmark(name.c_str(),
                                      [make](benchmark::State& state) {
                                        const bench::Work work = make();
                                        if (!work) {
                                          state.SkipWithError("not a row of this side");
                                          return;
                                        }
                                        work();  // fills pools, caches and optimizers' states
                                        work();
                                        for (auto _ : state) work();
                                      })
      ->MeasureProcessCPUTime();
}

void add_rows() {
  using bench::Optimizer;
  for (const auto& [net, optimizer, label] :
       {std::tuple(bench::mlp, Optimizer::adam, "adam"), std::tuple(bench::mlp, Optimizer::sgd, "sgd"),
        std::tuple(bench::linear, Optimizer::adam, "adam"), std::tuple(bench::deep, Optimizer::adam, "adam")}) {
    for (const int batch : {32, 64, 128, 256}) {
      row("step/" + net.name + "/" + label + "/" + std::to_string(batch),
          [net = net, optimizer = optimizer, batch] { return bench::training_step(net, optimizer, batch); });
    }
  }
  row("step/toy/adam/32", [] { return bench::training_step(bench::toy, Optimizer::adam, 32); });
  for (const bench::ConvNet& net : {bench::cnn, bench::vgg}) {
    const bool small = net.name == bench::cnn.name;
    for (const int batch : small ? std::vector<int>{32, 64, 128} : std::vector<int>{128}) {
      row("step/" + net.name + "/adam/" + std::to_string(batch),
          [net, batch] { return bench::training_step(net, batch); });
    }
    for (const int batch : small ? std::vector<int>{1, 64} : std::vector<int>{128}) {
      row("evaluation/" + net.name + "/" + std::to_string(batch),
          [net, batch] { return bench::evaluation(net, batch); });
    }
  }
  for (const auto& [name, layer] :
       {std::pair("max_pool2d", bench::ImageLayer::max_pool2d),
        std::pair("batch_norm2d", bench::ImageLayer::batch_norm2d), std::pair("relu", bench::ImageLayer::relu),
        std::pair("dropout", bench::ImageLayer::dropout)}) {
    row(std::string(name) + "/128x32x32x32", [layer = layer] { return bench::image_layer(layer, 128, 32, 32); });
    row(std::string(name) + "/64x64x14x14", [layer = layer] { return bench::image_layer(layer, 64, 64, 14); });
  }
  row("max_pool2d/64x32x28x28", [] { return bench::image_layer(bench::ImageLayer::max_pool2d, 64, 32, 28); });
  row("add/recorded", [] { return bench::recorded_add(); });
  row("chain/100", [] { return bench::chain(100); });
  row("dropout/1e6", [] { return bench::dropout(1'000'000); });
  row("cross_entropy/100000x10", [] { return bench::cross_entropy(100'000, 10); });
  row("cross_entropy/1000x1000", [] { return bench::cross_entropy(1000, 1000); });
  row("log_softmax/1000x1000", [] { return bench::log_softmax(1000, 1000); });
  row("relu/1e6", [] { return bench::relu(1'000'000); });
  row("add/1e6", [] { return bench::add(1'000'000); });
  row("sum/1e6", [] { return bench::sum(1'000'000); });
  row("texts/epoch", [] { return bench::text_epoch(); })->Unit(benchmark::kMillisecond);
  const std::string images = bench::data_folder();
  row("fashion/epoch", [images] { return bench::epoch(images); })->Iterations(1)->Unit(benchmark::kMillisecond);
  row("fashion/evaluation", [images] { return bench::evaluation(images); })->Unit(benchmark::kMillisecond);
  row("fashion/read", [images] { return bench::read_images(images); })->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  bench::set_threads(std::stoi(bench::environment("XTAPE_BENCH_THREADS", "1")));
  add_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
