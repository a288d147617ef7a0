// JPEG by libjpeg-turbo. The functions named ..._by_setjmp leave through longjmp when the library meets an error; they
// and what the library calls back hold no objects with destructors.
// jpeglib.h needs what stdio.h declares.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>

#include "images/picture.hpp"

namespace xtape::images {

namespace {

/// A progressive picture has about ten scans; one of thousands, each of a few bytes, would take minutes.
constexpr int most_scans = 100;
constexpr long most_jpeg_memory = 1 << 30;  // the library's own, for the coefficients of progressive pictures

/// What is known of the picture while the library reads it. The first two members are what the library sees.
struct JpegState {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf on_error;
  bool is_created;
  bool is_short;  // the bytes ended too soon
  char message[JMSG_LENGTH_MAX];
};

JpegState* state_of(j_common_ptr jpeg) { return static_cast<JpegState*>(jpeg->client_data); }

void on_jpeg_error(j_common_ptr jpeg) {
  JpegState* const state = state_of(jpeg);
  (*jpeg->err->format_message)(jpeg, state->message);
  std::longjmp(state->on_error, 1);
}

/// The library goes on behind damage and makes up the rest; a picture whose pixels are in doubt is refused.
void on_jpeg_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;  // a trace
  const int code = jpeg->err->msg_code;
  // Bytes between two markers, which cameras write, and numbers of versions: the pixels are all there.
  if (code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM) return;
  state_of(jpeg)->is_short = code == JWRN_JPEG_EOF;
  on_jpeg_error(jpeg);
}

void print_nothing(j_common_ptr) {}

void limit_scans(j_common_ptr jpeg) {
  auto* const decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decompress->input_scan_number <= most_scans) return;
  JpegState* const state = state_of(jpeg);
  std::snprintf(state->message, sizeof state->message, "more than %d scans", most_scans);
  std::longjmp(state->on_error, 1);
}

/// Reads what comes before the pixels.
bool begin_jpeg_by_setjmp(JpegState* state, const std::uint8_t* bytes, std::size_t size) {
  state->jpeg.err = jpeg_std_error(&state->errors);
  state->errors.error_exit = on_jpeg_error;
  state->errors.emit_message = on_jpeg_message;
  state->errors.output_message = print_nothing;
  state->jpeg.client_data = state;
  if (setjmp(state->on_error) != 0) return false;
  jpeg_create_decompress(&state->jpeg);
  state->is_created = true;
  state->jpeg.client_data = state;
  state->jpeg.mem->max_memory_to_use = most_jpeg_memory;
  state->progress.progress_monitor = limit_scans;
  state->jpeg.progress = &state->progress;
  jpeg_mem_src(&state->jpeg, bytes, size);
  jpeg_read_header(&state->jpeg, TRUE);
  return true;
}

/// Asks for grey, RGB or CMYK.
bool start_jpeg_by_setjmp(JpegState* state) {
  if (setjmp(state->on_error) != 0) return false;
  switch (state->jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE: state->jpeg.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: state->jpeg.out_color_space = JCS_CMYK; break;
    default: state->jpeg.out_color_space = JCS_RGB;
  }
  jpeg_start_decompress(&state->jpeg);
  return true;
}

/// Reads the pixels to `to`, rows of `row` bytes, and the file to its end.
bool finish_jpeg_by_setjmp(JpegState* state, std::uint8_t* to, std::size_t row) {
  if (setjmp(state->on_error) != 0) return false;
  while (state->jpeg.output_scanline < state->jpeg.output_height) {
    JSAMPROW rows[] = {to + state->jpeg.output_scanline * row};
    jpeg_read_scanlines(&state->jpeg, rows, 1);
  }
  jpeg_finish_decompress(&state->jpeg);
  return true;
}

class Jpeg {
 public:
  Jpeg(const Request& request, Bytes bytes) : request_(request), bytes_(bytes), state_{} {}
  ~Jpeg() {
    if (state_.is_created) jpeg_destroy_decompress(&state_.jpeg);
  }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  /// Whether the header is complete. The size is checked.
  bool begin(bool is_whole) {
    if (!begin_jpeg_by_setjmp(&state_, bytes_.data(), bytes_.size())) {
      if (!is_whole) return false;
      fail();
    }
    check_size(request_, header());
    return true;
  }

  Header header() const {
    return {static_cast<std::int64_t>(state_.jpeg.image_height), static_cast<std::int64_t>(state_.jpeg.image_width)};
  }

  Pixels decode() {
    begin(true);
    expect_possible();
    if (!start_jpeg_by_setjmp(&state_)) fail();
    Pixels pixels;
    pixels.height = state_.jpeg.output_height;
    pixels.width = state_.jpeg.output_width;
    pixels.channels = state_.jpeg.output_components;
    const std::size_t row = static_cast<std::size_t>(pixels.width * pixels.channels);
    pixels.values.resize(static_cast<std::size_t>(pixels.height) * row);
    if (!finish_jpeg_by_setjmp(&state_, pixels.values.data(), row)) fail();
    return pixels;
  }

 private:
  /// Huffman's code takes a bit or more for each block of 8 x 8: more blocks than that are refused before memory is
  /// allocated.
  void expect_possible() const {
    std::int64_t blocks = 0;
    for (int i = 0; i < state_.jpeg.num_components; ++i) {
      const jpeg_component_info& component = state_.jpeg.comp_info[i];
      blocks += std::int64_t{component.width_in_blocks} * component.height_in_blocks;
    }
    if (state_.jpeg.arith_code || blocks / 8 <= static_cast<std::int64_t>(bytes_.size())) return;
    const Header size = header();
    request_.fail(" is truncated or damaged: its header says " + std::to_string(size.width) + " x " +
                  std::to_string(size.height) + " pixels, more than it can hold");
  }

  [[noreturn]] void fail() const {
    if (state_.is_short) request_.fail(" is truncated: it ends at byte " + std::to_string(bytes_.size()));
    request_.fail(std::string(" is damaged or of a kind that is not read: libjpeg says \"") + state_.message + '"');
  }

  const Request& request_;
  const Bytes bytes_;
  JpegState state_;
};

}  // namespace

bool is_jpeg(Bytes bytes) noexcept {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

Header jpeg_header(const Request& request, Bytes bytes, bool is_whole) {
  Jpeg jpeg(request, bytes);
  return jpeg.begin(is_whole) ? jpeg.header() : Header{};
}

Pixels decode_jpeg(const Request& request, Bytes bytes) { return Jpeg(request, bytes).decode(); }

}  // namespace xtape::images
