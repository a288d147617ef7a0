// What a page about a run of 100 epochs, with 10 classes and 24 pictures, takes: its size, and the time that
// save_report needs, which includes making the file durable. `xtape_bench_report [rounds]` prints the median.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "report/sample_runs.hpp"

int main(int argc, char** argv) {
  using namespace xtape;
  const int rounds = std::max(argc > 1 ? std::atoi(argv[1]) : 21, 1);
  const std::string path = (std::filesystem::temp_directory_path() / "xtape_bench_report.html").string();
  for (const Shape& shape : {Shape{1, 28, 28}, Shape{3, 64, 64}}) {
    const train::History history(testing::classification_run(100));
    const train::Evaluation evaluation = testing::evaluation_of(10000, shape, testing::clothes());
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
      const auto start = std::chrono::steady_clock::now();
      train::save_report(path, history, evaluation);
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    std::printf("pictures %-12s %7.1f kB  median %5.1f ms  slowest %5.1f ms\n", shape.to_string().c_str(),
                static_cast<double>(std::filesystem::file_size(path)) / 1e3, times[times.size() / 2], times.back());
  }
  std::filesystem::remove(path);
}
