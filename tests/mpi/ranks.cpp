// What the tests of xtape::mpi start under mpirun: xtape_mpi_ranks CASE [ARGUMENT]. Rank 0 prints what the test
// compares.
#include <mpi.h>

#include <array>
#include <bit>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/bits.hpp"
#include "xtape/mpi.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("not so: ") + what);
}

Tensor rows_of(const Tensor& x, const mpi::Communicator& world) {
  const std::int64_t b = x.size(0), begin = world.rank() * b / world.size();
  return narrow(x, 0, begin, (world.rank() + 1) * b / world.size() - begin);
}

data::Batch batch_of(std::int64_t rows) {
  Generator generator(3);
  return {randn({rows, 6}, {.generator = &generator}), randint(0, 4, {rows}, {.generator = &generator})};
}

nn::Sequential model_of(int seed) {
  manual_seed(static_cast<std::uint64_t>(seed));
  return nn::Sequential{nn::Linear(6, 16), nn::BatchNorm1d(16), nn::ReLU(), nn::Dropout(0.3), nn::Linear(16, 4)};
}

/// A short number for all bits of a state.
std::uint64_t digest(const StateDict& state) {
  std::uint64_t hash = 1469598103934665603u;
  for (const auto& [name, tensor] : state) {
    for (const char c : name + testing::bits_of(tensor)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

float value(int rank, std::size_t i) { return std::sin(1.f + static_cast<float>(rank) * 7.1f + static_cast<float>(i)); }

float tree(std::size_t i, int first, int ranks) {
  if (ranks == 1) return value(first, i);
  const int left = static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks - 1)));
  return tree(i, first, left) + tree(i, first + left, ranks - left);
}

void sums(const mpi::Communicator& world, const std::string&) {
  for (const std::size_t n : {1u, 1000u, 1025u, 1'048'576u, 2'100'001u}) {
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = value(world.rank(), i);
    world.sum(std::span(values));
    const std::size_t stride = n > 10'000 ? 101 : 1;
    for (std::size_t i = 0; i < n; i += stride) {
      expect(values[i] == tree(i, 0, world.size()), "the sum is that of the tree");
    }
    world.broadcast(std::as_writable_bytes(std::span(values)), world.size() - 1);
  }
  std::vector<std::byte> bytes(3'000'000, static_cast<std::byte>(world.rank()));
  world.broadcast(bytes, world.size() - 1);
  expect(bytes == std::vector<std::byte>(bytes.size(), static_cast<std::byte>(world.size() - 1)),
         "broadcast gives all");
  const auto ranks = world.all_gather(static_cast<std::uint64_t>(world.rank()));
  for (std::size_t r = 0; r < ranks.size(); ++r) expect(ranks[r] == r, "all_gather is by rank");
  world.barrier();
}

/// Trains with shards; ragged batches, one of them with fewer rows than shards, and with ignored targets.
void train(const mpi::Communicator& world, const std::string& shards) {
  nn::Sequential model = model_of(world.rank());
  mpi::broadcast(model, world);
  manual_seed(5);
  const nn::CrossEntropyLoss criterion({.weight = tensor({0.1f, 2.f, 0.7f, 1.3f})});
  optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
  double last = 0;
  for (const std::int64_t rows : {29, 32, 29, 17}) {
    data::Batch batch = batch_of(rows);
    batch.y[1] = -100;
    optimizer.zero_grad();
    last = mpi::backward(model, criterion, rows_of(batch.x, world), rows_of(batch.y, world), world,
                         {.virtual_shards = std::atoi(shards.c_str())});
    optimizer.step();
  }
  model.eval();
  const data::Batch tiny = batch_of(3);  // shards, and with four ranks one of them, without rows
  optimizer.zero_grad();
  last += mpi::backward(model, criterion, rows_of(tiny.x, world), rows_of(tiny.y, world), world,
                        {.virtual_shards = std::atoi(shards.c_str())});
  optimizer.step();
  mpi::check_same(model, world, 5);
  if (world.rank() == 0) std::printf("%a %016" PRIx64 "\n", last, digest(model.state_dict()));
}

/// The loop by hand gives the bits of mpi::backward.
void by_hand(const mpi::Communicator& world, const std::string&) {
  manual_seed(4);
  nn::Sequential model{nn::Linear(6, 16), nn::ReLU(), nn::Linear(16, 4)};
  nn::Sequential other = nn::clone(model);
  nn::CrossEntropyLoss criterion;
  optim::Adam optimizer(model.parameters()), other_optimizer(other.parameters());
  for (const std::int64_t rows : {31, 32, 2}) {
    const data::Batch batch = batch_of(rows);
    const Tensor x = rows_of(batch.x, world), y = rows_of(batch.y, world);
    auto parts = criterion.parts(model(x), y);
    optimizer.zero_grad();
    (parts.sum / world.sum(parts.denominator)).backward();
    mpi::sum_gradients(model.parameters(), world);
    optimizer.step();

    other_optimizer.zero_grad();
    double loss = mpi::backward(other, criterion, x, y, world);
    other_optimizer.step();
    expect(loss == world.sum(parts.sum.item()) / static_cast<double>(rows), "the loss is the mean");
  }
  testing::expect_same_bits(model.state_dict(), other.state_dict());
  expect(!::testing::Test::HasFailure(), "both have the same bits");
}

/// A data loader's thread throws, and so does the thread that waits for its batch.
void fail_in_worker() {
  struct Cut {
    std::int64_t size() const { return 8; }
    data::Batch batch(std::span<const std::int64_t>) const { throw FileError("read_png", "7.png is cut"); }
  };
  for (const data::Batch& batch : data::DataLoader(data::Dataset(Cut()), {.batch_size = 2, .num_workers = 1})) {
    expect(!batch.x.defined(), "there is no batch");
  }
}

void sleep(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

double seconds_of_this_thread() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Rank 1 ends in the middle of training.
void end_rank_1(const mpi::Communicator& world, const std::string& how) {
  nn::Sequential model = model_of(1);
  for (int step = 0;; ++step) {
    data::Batch batch = batch_of(8);
    if (step == 3 && world.rank() == 1) {
      if (how == "kill") std::raise(SIGKILL);
      if (how == "exit") std::exit(0);
      if (how == "quick_exit") std::quick_exit(0);
      if (how == "return") return;
      if (how == "throw") throw std::runtime_error("rank 1 has had enough");
      if (how == "worker") fail_in_worker();
      batch.x.fill_(std::nan(""));
    }
    mpi::backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, world), rows_of(batch.y, world), world);
  }
}

void differ(const mpi::Communicator& world, const std::string&) {
  mpi::broadcast(nn::Linear(3, world.rank() == 1 ? 5 : 2), world);
}

/// Ranks 1 and 2 of four expect fewer bytes than the others send. Rank 2 makes the same call as the rank before it, so
/// that only MPI can notice.
void misfit(const mpi::Communicator& world, const std::string& call) {
  std::vector<float> values(world.rank() % 3 == 0 ? 2000 : 1600);
  if (call == "sum") world.sum(std::span(values));
  world.broadcast(std::as_writable_bytes(std::span(values)));
}

/// Rank 0 makes a call that the others do not make, before a step.
void other_call(const mpi::Communicator& world, const std::string& call) {
  const nn::Sequential model = model_of(1);
  const std::vector<Tensor> parameters = model.parameters();
  std::vector<float> values(200'000);
  std::array<std::byte, 10> bytes{};
  if (world.rank() == 0) {
    if (call == "sum") world.sum(1.);
    if (call == "sum_of_many") world.sum(std::span(values));
    if (call == "barrier") world.barrier();
    if (call == "broadcast") world.broadcast(bytes, 1);
    if (call == "check_same") mpi::check_same(model, world, 7);
  }
  if (call == "check_same") mpi::sum_gradients(parameters, world);
  const data::Batch batch = batch_of(8);
  mpi::backward(model, nn::CrossEntropyLoss(), rows_of(batch.x, world), rows_of(batch.y, world), world);
}

/// A rank that hears of another's end can go on without it, though not with the session.
void go_on(const mpi::Communicator& world, const std::string&) {
  if (world.rank() == 1) return;
  for (int i = 0; i < 2; ++i) {
    try {
      world.barrier();
    } catch (const Error& error) {
      if (world.rank() == 0) std::fprintf(stderr, "%s\n", error.what());
    }
  }
}

/// With five ranks rank 3 gets what rank 0 sends through rank 1, when the others have long ended.
void pass_on(const mpi::Communicator& world, const std::string&) {
  if (world.rank() == 1) sleep(300);
  std::array<std::byte, 8> bytes{static_cast<std::byte>(world.rank() + 1)};
  world.broadcast(bytes);
  expect(bytes[0] == std::byte{1}, "broadcast gives all");
}

/// All calls on a second thread, the first of which waits for rank 0 and must leave the core to this thread.
void on_another_thread(const mpi::Communicator& world, const std::string&) {
  std::exception_ptr failure;
  double share = 0;  // of a core, while it waits
  if (world.rank() == 0) sleep(600);
  std::thread([&world, &failure, &share] {
    try {
      const auto begin = std::chrono::steady_clock::now();
      world.barrier();
      const std::chrono::duration<double> wait = std::chrono::steady_clock::now() - begin;
      share = seconds_of_this_thread() / wait.count();
      sums(world, "");
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  expect(world.rank() == 0 || share < 0.4, "a second thread sleeps while it waits");
}

/// Rank 1 never answers a call of rank 0's second thread.
void give_up(const mpi::Communicator& world, const std::string&) {
  if (world.rank() == 1) return sleep(60'000);
  const auto call = [&world] {
    try {
      world.barrier();
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  };
  std::thread second(call);
  sleep(50);
  world.give_up();
  second.join();
  call();
}

/// A call of rank 0's second thread is given up. Then rank 1 answers, and rank 0's MPI goes on working.
void answer_late(const mpi::Communicator& world, const std::string&) {
  std::array<std::byte, 16> all{};
  if (world.rank() == 1) {
    sleep(300);
    all.fill(std::byte{9});
    return world.all_gather(all);
  }
  std::thread second([&world, &all] {
    try {
      world.all_gather(all);
    } catch (const Error&) {
      all.fill(std::byte{5});
    }
  });
  sleep(50);
  world.give_up();
  second.join();
  for (int i = 0; i < 1000; ++i) {
    int has_come = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &has_come, MPI_STATUS_IGNORE);
    sleep(1);
  }
  std::fprintf(stderr, "%s\n", all[15] == std::byte{5} ? "left alone" : "written");
}

using Case = void (*)(const mpi::Communicator&, const std::string&);
const std::map<std::string, Case> cases = {
    {"sums", sums},       {"train", train},           {"by_hand", by_hand},
    {"end", end_rank_1},  {"differ", differ},         {"misfit", misfit},
    {"go_on", go_on},     {"pass_on", pass_on},       {"thread", on_another_thread},
    {"give_up", give_up}, {"other_call", other_call}, {"answer_late", answer_late}};

/// Sessions in a program that runs MPI itself, and after the end.
int join() {
  int finalized = 0;
  MPI_Init(nullptr, nullptr);
  {
    mpi::Session session;
    const mpi::Session second;
    expect(second.world().sum(1.) == session.world().size(), "two sessions work at once");
  }
  MPI_Finalized(&finalized);
  expect(!finalized, "a session that has joined leaves MPI running");
  mpi::Communicator world = mpi::Session().world();
  try {
    world.barrier();
    return 1;
  } catch (const Error& error) {
    if (world.rank() == 0) std::puts(error.what());
  }
  MPI_Finalize();
  try {
    mpi::Session session;
    return 1;
  } catch (const Error& error) {
    if (world.rank() == 0) std::puts(error.what());
  }
  return 0;
}

/// One session after another, each of which ends with its last sum.
int sessions() {
  MPI_Init(nullptr, nullptr);
  for (int i = 1; i <= 20; ++i) {
    mpi::Session session;
    const mpi::Communicator world = session.world();
    for (int call = 0; call < i % 4; ++call) expect(world.sum(1.) == world.size(), "each session counts all ranks");
  }
  MPI_Finalize();
  return 0;
}

/// Prints whether sessions overlap where rank r has the r-th of these two letters in XTAPE_MPI_OVERLAP ('-': not set).
int overlap(const std::string& letters, const std::string& threads) {
  int provided = 0, rank = 0;
  MPI_Init_thread(nullptr, nullptr, threads.empty() ? MPI_THREAD_SERIALIZED : MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const std::string own(1, letters[static_cast<std::size_t>(rank)]);
  if (own != "-") ::setenv("XTAPE_MPI_OVERLAP", own.c_str(), 1);
  try {
    const bool overlaps = mpi::Session().world().overlaps();
    if (rank == 1) std::puts(overlaps ? "yes" : "no");
  } catch (const ValueError& error) {
    std::puts(error.what());
  }
  MPI_Finalize();
  return 0;
}

}  // namespace
/// A program without a handler.
int uncaught(const std::string& what) {
  mpi::Session session;
  const mpi::Communicator world = session.world();
  if (world.rank() == 1 && what == "number") throw 1;
  if (world.rank() == 1) throw std::runtime_error(what);
  world.barrier();
  return 0;
}

}  // namespace xtape

int main(int argc, char** argv) {
  using namespace xtape;
  const std::string name = argc > 1 ? argv[1] : "", argument = argc > 2 ? argv[2] : "";
  set_num_threads(1);
  if (name == "join") return join();
  if (name == "sessions") return sessions();
  if (name == "uncaught") return uncaught(argument);
  if (name == "overlap") return overlap(argument, argc > 3 ? argv[3] : "");
  try {
    mpi::Session session;
    const mpi::Communicator world = session.world();
    cases.at(name)(world, argument);
    return 0;
  } catch (const std::exception& error) {  // reached by a single rank only, for else the session aborts
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
