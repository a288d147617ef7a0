// files [FOLDER] [ROUNDS]: the speed of saving and loading 100 MB of weights as a safetensors file, compared with what
// any program must do: write, fsync and rename the same bytes, and read them. The rounds alternate between the two in
// one process, and the one that begins changes; the files stay in the system's cache. Reading is compared twice, since
// memory that is new to a process takes longer to fill: into one buffer again and again, as a load may use what the
// load before has freed, and into a new buffer each time. Prints medians, the fastest and slowest round, and xtape's
// speed in units of the plain one.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace {

constexpr std::int64_t layers = 25, features = 1000;  // of float32: 100 MB

void require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

// ---- the plain side ----------------------------------------------------------------------------------------------

struct Bytes {
  std::unique_ptr<char[]> data;
  std::size_t size = 0;
};

Bytes room_for(const std::string& path) {
  const std::size_t size = std::filesystem::file_size(path);
  return {std::make_unique_for_overwrite<char[]>(size), size};
}

void read_plainly(const std::string& path, const Bytes& bytes) {
  const int file = open(path.c_str(), O_RDONLY);
  require(file >= 0, "open");
  for (std::size_t done = 0; done < bytes.size;) {
    const ssize_t n = read(file, bytes.data.get() + done, bytes.size - done);
    require(n > 0, "read");
    done += static_cast<std::size_t>(n);
  }
  close(file);
}

void write_plainly(const std::string& path, const Bytes& bytes) {
  const std::string temporary = path + ".tmp";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  require(file >= 0, "open");
  for (std::size_t done = 0; done < bytes.size;) {
    const ssize_t n = write(file, bytes.data.get() + done, bytes.size - done);
    require(n > 0, "write");
    done += static_cast<std::size_t>(n);
  }
  require(fsync(file) == 0, "fsync");
  require(close(file) == 0, "close");
  require(std::rename(temporary.c_str(), path.c_str()) == 0, "rename");
}

// ---- times -------------------------------------------------------------------------------------------------------

template <class F>
double milliseconds(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Sorts the times.
double print_median(const char* what, std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  std::printf("  %-22s %7.1f ms (%.1f to %.1f)\n", what, median, times.front(), times.back());
  return median;
}

template <class Plain, class Ours>
void compare(const char* plain_name, Plain plain, const char* our_name, Ours ours, int rounds) {
  std::vector<double> plain_times, our_times;
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) plain_times.push_back(milliseconds(plain));
    our_times.push_back(milliseconds(ours));
    if (round % 2 != 0) plain_times.push_back(milliseconds(plain));
  }
  const double plain_median = print_median(plain_name, plain_times), our_median = print_median(our_name, our_times);
  std::printf("  speed of %s: %.2f of the plain one\n", our_name, plain_median / our_median);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace xtape;
  const std::string folder = argc > 1 ? argv[1] : ".";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  if (rounds < 9) return std::fprintf(stderr, "files: at least 9 rounds\n"), 2;
  const std::string ours = folder + "/xtape_bench_files.safetensors", plain = folder + "/xtape_bench_files.bytes";

  StateDict weights;
  for (std::int64_t i = 0; i < layers; ++i) {
    weights.insert("layers." + std::to_string(i) + ".weight", randn({features, features}));
    weights.insert("layers." + std::to_string(i) + ".bias", randn({features}));
  }
  io::save_safetensors(ours, weights);
  const Bytes bytes = room_for(ours);
  read_plainly(ours, bytes);
  write_plainly(plain, bytes);

  const auto save = [&weights, &ours] { io::save_safetensors(ours, weights); };
  const auto load = [&ours] { io::load_safetensors(ours); };
  std::printf("%.1f MB, %d rounds\n", static_cast<double>(bytes.size) / 1e6, rounds);
  compare(
      "write, fsync, rename", [&] { write_plainly(plain, bytes); }, "save_safetensors", save, rounds);
  compare(
      "read", [&] { read_plainly(plain, bytes); }, "load_safetensors", load, rounds);
  compare(
      "read into new memory", [&] { read_plainly(plain, room_for(plain)); }, "load_safetensors", load, rounds);
  std::filesystem::remove(ours);
  std::filesystem::remove(plain);
}
