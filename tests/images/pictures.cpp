#include "images/pictures.hpp"

// jpeglib.h needs what stdio.h declares.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <png.h>
#include <zlib.h>

#include <cstdlib>

#include "support/idx.hpp"

namespace xtape::testing {

namespace {

void append_png(png_structp png, png_bytep bytes, png_size_t n) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), n);
}

std::vector<jpeg_scan_info> one_scan_a_coefficient() {
  std::vector<jpeg_scan_info> scans = {{1, {0}, 0, 0, 0, 0}};
  for (int coefficient = 1; coefficient < 64; ++coefficient) {
    scans.push_back({1, {0}, coefficient, coefficient, 0, 1});
    scans.push_back({1, {0}, coefficient, coefficient, 1, 0});
  }
  return scans;
}

J_COLOR_SPACE space_of(JpegColors colors) {
  switch (colors) {
    case JpegColors::grey: return JCS_GRAYSCALE;
    case JpegColors::ycc: return JCS_YCbCr;
    case JpegColors::rgb: return JCS_RGB;
    case JpegColors::cmyk: return JCS_CMYK;
    default: return JCS_YCCK;
  }
}

}  // namespace

std::string png(std::uint32_t height, std::uint32_t width, const PngKind& kind, const std::string& rows) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);  // aborts on errors
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &file, append_png, nullptr);
  png_set_IHDR(png, info, width, height, kind.depth, kind.color_type,
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (!kind.palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(kind.palette.data()),
                 static_cast<int>(kind.palette.size() / 3));
  }
  if (!kind.transparency.empty()) {
    png_color_16 color{};
    color.gray = color.red = color.green = color.blue = static_cast<unsigned char>(kind.transparency[0]);
    png_set_tRNS(png, info, reinterpret_cast<png_const_bytep>(kind.transparency.data()),
                 static_cast<int>(kind.transparency.size()), &color);
  }
  png_write_info(png, info);
  std::string copy = rows;
  std::vector<png_bytep> pointers;
  for (std::uint32_t i = 0; i < height; ++i) {
    pointers.push_back(reinterpret_cast<png_bytep>(copy.data()) + i * png_get_rowbytes(png, info));
  }
  if (copy.size() != height * png_get_rowbytes(png, info)) std::abort();
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string png(std::uint32_t height, std::uint32_t width, const std::string& pixels) {
  return png(height, width, {.depth = 8, .color_type = pixels.size() == height * width ? 0 : 2}, pixels);
}

std::string png_chunk(std::string_view type, const std::string& data) {
  const std::string content = std::string(type) + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + content + big_endian(static_cast<std::uint32_t>(crc));
}

std::string png_header(std::uint32_t height, std::uint32_t width, int depth, int color_type, bool interlaced) {
  return "\x89PNG\r\n\x1a\n" +
         png_chunk("IHDR", big_endian(width) + big_endian(height) +
                               std::string{static_cast<char>(depth), static_cast<char>(color_type), 0, 0, interlaced});
}

std::string jpeg(int height, int width, const JpegKind& kind, const std::string& pixels) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);  // ends the program on errors
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  const bool four = kind.colors == JpegColors::cmyk || kind.colors == JpegColors::ycck;
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.input_components = kind.colors == JpegColors::grey ? 1 : four ? 4 : 3;
  jpeg.in_color_space = kind.colors == JpegColors::grey ? JCS_GRAYSCALE : four ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_colorspace(&jpeg, space_of(kind.colors));
  jpeg_set_quality(&jpeg, kind.quality, TRUE);
  if (kind.progressive) jpeg_simple_progression(&jpeg);
  const std::vector<jpeg_scan_info> scans = one_scan_a_coefficient();
  if (kind.many_scans) {
    jpeg.scan_info = scans.data();
    jpeg.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&jpeg, TRUE);
  for (std::size_t at = 0; at < kind.comment.size(); at += 60'000) {
    const std::string part = kind.comment.substr(at, 60'000);
    jpeg_write_marker(&jpeg, JPEG_COM, reinterpret_cast<const JOCTET*>(part.data()),
                      static_cast<unsigned>(part.size()));
  }
  std::string copy = pixels;
  const std::size_t row = static_cast<std::size_t>(width * jpeg.input_components);
  if (copy.size() != static_cast<std::size_t>(height) * row) std::abort();
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW rows[] = {reinterpret_cast<JSAMPROW>(copy.data()) + jpeg.next_scanline * row};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return file;
}

std::string smooth(int height, int width, int channels) {
  std::string bytes;
  for (int i = 0; i < height; ++i) {
    for (int j = 0; j < width; ++j) {
      for (int c = 0; c < channels; ++c)
        bytes += static_cast<char>(20 + 50 * c + 50 * i / height + 80 * j / width * (c != 1));
    }
  }
  return bytes;
}

}  // namespace xtape::testing
