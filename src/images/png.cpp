// PNG by libpng. The functions named ..._by_setjmp leave through longjmp when libpng meets an error; they and what
// libpng calls back hold no objects with destructors.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "images/picture.hpp"

namespace xtape::images {

namespace {

// Lengths of chunks that are read as a whole; an image needs none that is longer.
constexpr png_alloc_size_t longest_chunk = 8 << 20;
constexpr std::int64_t most_png_inflation = 1032;  // deflate's: a match of 258 bytes takes two bits

/// What is known of the picture while libpng reads it.
struct PngState {
  const std::uint8_t* bytes;
  std::size_t size, next;
  bool is_short;      // it asked for more than there is
  char message[128];  // of the error
  png_structp png;
  png_infop info;
};

void on_png_error(png_structp png, png_const_charp message) {
  auto* const state = static_cast<PngState*>(png_get_error_ptr(png));
  std::strncpy(state->message, message, sizeof state->message - 1);
  png_longjmp(png, 1);
}

void on_png_warning(png_structp, png_const_charp) {}

void read_png_bytes(png_structp png, png_bytep to, png_size_t n) {
  auto* const state = static_cast<PngState*>(png_get_io_ptr(png));
  if (n > state->size - state->next) {
    state->is_short = true;
    png_error(png, "it ends too soon");
  }
  std::memcpy(to, state->bytes + state->next, n);
  state->next += n;
}

/// Reads what comes before the pixels, and asks for 8 bits a channel, without palette and alpha.
bool begin_png_by_setjmp(PngState* state) {
  state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, on_png_error, on_png_warning);
  state->info = state->png ? png_create_info_struct(state->png) : nullptr;
  if (!state->info) {
    std::strcpy(state->message, "there is no memory");
    return false;
  }
  if (setjmp(png_jmpbuf(state->png)) != 0) return false;
  png_set_read_fn(state->png, state, read_png_bytes);
  png_set_user_limits(state->png, 0x7fffffff, 0x7fffffff);  // check_size has the say
  png_set_chunk_malloc_max(state->png, longest_chunk);
  // Texts, profiles and the like are passed over.
  png_set_keep_unknown_chunks(state->png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(state->png, state->info);
  const int type = png_get_color_type(state->png, state->info);
  if (png_get_bit_depth(state->png, state->info) == 16) png_set_scale_16(state->png);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(state->png);
  if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(state->png);
  png_set_strip_alpha(state->png);
  png_set_interlace_handling(state->png);
  png_read_update_info(state->png, state->info);
  return true;
}

/// Reads the pixels to `rows` and the file to its end.
bool finish_png_by_setjmp(PngState* state, std::uint8_t** rows) {
  if (setjmp(png_jmpbuf(state->png)) != 0) return false;
  png_read_image(state->png, rows);
  png_read_end(state->png, nullptr);
  return true;
}

class Png {
 public:
  Png(const Request& request, Bytes bytes)
      : request_(request), state_{bytes.data(), bytes.size(), 0, false, {}, {}, {}} {}
  ~Png() { png_destroy_read_struct(&state_.png, &state_.info, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  Pixels decode() {
    check(begin_png_by_setjmp(&state_));
    Pixels pixels;
    pixels.height = png_get_image_height(state_.png, state_.info);
    pixels.width = png_get_image_width(state_.png, state_.info);
    pixels.channels = png_get_channels(state_.png, state_.info);
    const std::size_t row = png_get_rowbytes(state_.png, state_.info);
    pixels.values.resize(static_cast<std::size_t>(pixels.height) * row);
    std::vector<std::uint8_t*> rows;
    for (std::int64_t i = 0; i < pixels.height; ++i) {
      rows.push_back(pixels.values.data() + static_cast<std::size_t>(i) * row);
    }
    check(finish_png_by_setjmp(&state_, rows.data()));
    return pixels;
  }

 private:
  void check(bool ok) const {
    if (ok) return;
    if (state_.is_short) request_.fail(" is truncated: it ends at byte " + std::to_string(state_.size));
    request_.fail(std::string(" is damaged: libpng says \"") + state_.message + '"');
  }

  const Request& request_;
  PngState state_;
};

std::int64_t big_endian_at(Bytes bytes, std::size_t i) {
  return std::int64_t{bytes[i]} << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3];
}

constexpr std::uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

}  // namespace

bool is_png(Bytes bytes) noexcept {
  return bytes.size() >= 8 && std::memcmp(bytes.data(), png_signature, sizeof png_signature) == 0;
}

Header png_header(const Request& request, Bytes bytes, bool is_whole) {
  constexpr std::size_t end = 8 + 8 + 13;  // the signature, then the chunk IHDR
  if (bytes.size() < end) {
    if (!is_whole) return {};
    request.fail(" is truncated: its header ends at byte " + std::to_string(end) + ", the file at " +
                 std::to_string(bytes.size()));
  }
  if (std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) request.fail(" is damaged: its first chunk is not IHDR");
  const Header header{big_endian_at(bytes, 20), big_endian_at(bytes, 16)};
  check_size(request, header);
  return header;
}

Pixels decode_png(const Request& request, Bytes bytes) {
  const Header header = png_header(request, bytes, true);
  // At least a bit a pixel, and a byte a row: more than the file can hold is refused before memory is allocated.
  const std::int64_t least = header.height * (header.width / 8 + 1);
  if (least / most_png_inflation > static_cast<std::int64_t>(bytes.size())) {
    request.fail(" is truncated or damaged: its header says " + std::to_string(header.width) + " x " +
                 std::to_string(header.height) + " pixels, more than it can hold");
  }
  return Png(request, bytes).decode();
}

}  // namespace xtape::images
