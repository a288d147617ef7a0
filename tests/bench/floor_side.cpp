// The floor: the time that remains if everything around the arithmetic costs nothing. A training step is its matrix
// products, by OpenBLAS on one thread, and one pass of the optimizer over the parameters, in the step's order and on
// buffers of the step's sizes, without biases, ReLU, dropout and the loss. An epoch is that for every batch; an
// evaluation is the products; reading is inflating the files.
#include <cblas.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>

#include "work.hpp"

namespace bench {

namespace {

/// Aligned to cache lines, as the buffers of a library are.
template <class T>
struct OnCacheLines {
  using value_type = T;
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const OnCacheLines&) const = default;
};
using Floats = std::vector<float, OnCacheLines<float>>;

struct Moments {
  Floats m, v;
};

/// The bodies of the loops that are compiled for each instruction set below.
[[gnu::always_inline]] inline void adam_loop(float* __restrict p, const float* __restrict g, float* __restrict m,
                                             float* __restrict v, std::size_t n, float step_size, float root_scale) {
  for (std::size_t i = 0; i < n; ++i) {
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    p[i] -= step_size * m[i] / (std::sqrt(v[i]) * root_scale + 1e-8f);
  }
}
[[gnu::always_inline]] inline void sgd_loop(float* __restrict p, const float* __restrict g, float* __restrict m,
                                            std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    m[i] = 0.9f * m[i] + g[i];
    p[i] -= 0.01f * m[i];
  }
}

#define XTAPE_BENCH_LOOPS(name, instructions)                                                                 \
  [[gnu::target(instructions)]] void adam_##name(float* p, const float* g, float* m, float* v, std::size_t n, \
                                                 float step_size, float root_scale) {                         \
    adam_loop(p, g, m, v, n, step_size, root_scale);                                                          \
  }                                                                                                           \
  [[gnu::target(instructions)]] void sgd_##name(float* p, const float* g, float* m, std::size_t n) {          \
    sgd_loop(p, g, m, n);                                                                                     \
  }
XTAPE_BENCH_LOOPS(avx512, "avx512f,avx512vl,avx512dq,fma")
XTAPE_BENCH_LOOPS(avx2, "avx2,fma")
XTAPE_BENCH_LOOPS(baseline, "sse2")
#undef XTAPE_BENCH_LOOPS

const bool has_avx512 =
    __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
const bool has_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
const int level = !has_fma ? 0 : has_avx512 ? 2 : 1;
const auto adam = level == 2 ? adam_avx512 : level == 1 ? adam_avx2 : adam_baseline;
const auto sgd = level == 2 ? sgd_avx512 : level == 1 ? sgd_avx2 : sgd_baseline;

/// An operand of a product, and whether it is transposed.
struct Factor {
  const Floats& data;
  CBLAS_TRANSPOSE transpose;
  std::int64_t columns;  // in memory, before transposing
};

/// c (m, n) = a (m, k) b (k, n)
void product(Floats& c, std::int64_t m, std::int64_t n, std::int64_t k, Factor a, Factor b) {
  cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), 1,
              a.data.data(), static_cast<int>(a.columns), b.data.data(), static_cast<int>(b.columns), 0, c.data(),
              static_cast<int>(n));
}

Floats buffer(std::int64_t n) {
  Floats values;
  for (float value : numbers(n)) values.push_back(0.05f * (value - 0.5f));
  return values;
}

/// A linear layer's buffers: weight (out, in), bias, their gradients and moments, the output and its gradient.
struct Layer {
  Layer(std::int64_t in_width, std::int64_t out_width, std::int64_t batch)
      : in(in_width),
        out(out_width),
        w(buffer(in * out)),
        dw(buffer(in * out)),
        b(buffer(out)),
        db(buffer(out)),
        y(buffer(batch * out)),
        dy(buffer(batch * out)),
        moments{Floats(w.size()), Floats(w.size())},
        bias_moments{Floats(b.size()), Floats(b.size())} {}
  std::int64_t in, out;
  Floats w, dw, b, db, y, dy;
  Moments moments, bias_moments;
};

class Step {
 public:
  Step(const Net& net, Optimizer kind, std::int64_t batch) : kind_(kind), x_(buffer(batch * net.widths[0])) {
    for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
      layers_.emplace_back(net.widths[i], net.widths[i + 1], batch);
    }
  }

  void forward(std::int64_t n) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      Layer& l = layers_[i];
      product(l.y, n, l.out, l.in, {input(i), CblasNoTrans, l.in}, {l.w, CblasTrans, l.in});
    }
  }

  void run(std::int64_t n) {
    forward(n);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      Layer& l = layers_[i];
      if (i > 0) product(layers_[i - 1].dy, n, l.in, l.out, {l.dy, CblasNoTrans, l.out}, {l.w, CblasNoTrans, l.in});
      product(l.dw, l.out, l.in, n, {l.dy, CblasTrans, l.out}, {input(i), CblasNoTrans, l.in});
    }
    for (Layer& l : layers_) {
      update(l.w, l.dw, l.moments);
      update(l.b, l.db, l.bias_moments);
    }
  }

 private:
  const Floats& input(std::size_t i) const { return i == 0 ? x_ : layers_[i - 1].y; }

  /// The step is so small that the numbers hardly change, however long it is measured.
  void update(Floats& p, const Floats& g, Moments& s) const {
    if (kind_ == Optimizer::adam) {
      adam(p.data(), g.data(), s.m.data(), s.v.data(), p.size(), 1e-9f, 1.0f);
    } else {
      sgd(p.data(), g.data(), s.m.data(), p.size());
    }
  }

  Optimizer kind_;
  Floats x_;
  std::vector<Layer> layers_;
};

constexpr std::int64_t images = 60'000;

std::vector<char> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::vector<char> bytes(in ? static_cast<std::size_t>(in.tellg()) : 0);
  if (!in.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw std::runtime_error(path + " cannot be read");
  }
  return bytes;
}

void inflate_all(std::vector<char>& packed, std::vector<unsigned char>& bytes) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  const bool done = inflateInit2(&stream, 15 + 16) == Z_OK && inflate(&stream, Z_FINISH) == Z_STREAM_END;
  inflateEnd(&stream);
  if (!done) throw std::runtime_error("a file of Fashion-MNIST is damaged");
}

}  // namespace

void set_threads(int) {}  // OPENBLAS_NUM_THREADS=1 keeps it at one

Work training_step(const Net& net, Optimizer kind, std::int64_t batch) {
  if (net.name == toy.name) return {};  // a toy step consists of what the floor leaves out
  auto step = std::make_shared<Step>(net, kind, batch);
  return [step, batch] { step->run(batch); };
}

Work epoch(const std::string&) {
  auto step = std::make_shared<Step>(mlp, Optimizer::adam, 64);
  return [step] {
    for (std::int64_t i = 0; i < images; i += 64) step->run(std::min<std::int64_t>(64, images - i));
  };
}

Work evaluation(const std::string&) {
  auto step = std::make_shared<Step>(mlp, Optimizer::adam, 1000);
  return [step] {
    for (std::int64_t i = 0; i < images; i += 1000) step->forward(1000);
  };
}

Work read_images(const std::string& directory) {
  return [directory] {
    for (const char* name : {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                             "t10k-labels-idx1-ubyte.gz"}) {
      std::vector<char> packed = read(directory + "/" + name);
      std::uint32_t size;  // the last bytes of a gzip file
      std::memcpy(&size, packed.data() + packed.size() - sizeof size, sizeof size);
      std::vector<unsigned char> bytes(size);
      inflate_all(packed, bytes);
    }
  };
}

Work chain(int) { return {}; }
Work text_epoch() { return {}; }

}  // namespace bench
