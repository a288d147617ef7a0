// Windows<T>: some images laid out so that a convolution's matrix of windows can be read from them: row p of that
// matrix, for channel and tap p, begins at offset()[p] and goes on without a gap, from output to output, from row to
// row and from image to image. In between lie columns that belong to no output. Rows share their padding: the zeros
// behind one are those before the next, and so do images. A stride of s is one of 1 in each of s planes, plane f with
// every s-th element from f on. Where too few columns would belong to outputs, a part of the matrix itself is stored.
#pragma once

#include <cstdint>
#include <vector>

namespace xtape::kernels {

/// Along an axis, window i of `count` sees by tap t the element i * step + at[t] of a source of `extent` elements.
struct WindowAxis {
  std::int64_t count = 0, step = 1, extent = 0;
  std::vector<std::int64_t> at = {};

  /// Windows first to first + number of the same axis.
  WindowAxis part(std::int64_t first, std::int64_t number) const;
};

/// An axis, laid out: element j of plane f is the source's element origin[f] + j * step, or 0 outside the source.
struct PlanesOfAxis {
  explicit PlanesOfAxis(const WindowAxis& axis);

  std::int64_t count, step, extent;
  std::vector<std::int64_t> origin;        // of each plane that a tap uses
  std::vector<std::int64_t> plane, index;  // where each tap begins
  std::int64_t length;                     // elements from one row (or image) to the next
  std::int64_t reach;                      // behind the last element that a tap sees
  /// The elements of plane f that are the source's, [first, last).
  std::int64_t first(std::int64_t f) const;
  std::int64_t last(std::int64_t f) const;
};

/// Images first_image to first_image + images, of which rows of windows first_row to first_row + rows.
struct WindowChunk {
  std::int64_t first_image, images, first_row, rows;
};

/// Source planes (images, all_channels, rows.extent, columns.extent).
template <class T>
struct WindowSource {
  const T* at;
  std::int64_t all_channels;
  const WindowAxis& rows;
  const WindowAxis& columns;
};

/// How much of the source is laid out at a time: about `wished` columns of the matrix, which meets `multiples` rows.
class WindowChunks {
 public:
  WindowChunks(const WindowAxis& rows, const WindowAxis& columns, std::int64_t images, std::int64_t channels,
               std::int64_t multiples, std::int64_t wished);
  std::int64_t count() const { return image_steps_ * row_steps_; }
  WindowChunk operator[](std::int64_t i) const;
  bool stored() const { return stored_; }  // the matrix itself
  /// How many elements are laid out for a column.
  std::int64_t elements() const { return elements_; }

 private:
  std::int64_t images_, rows_, images_at_a_time_, rows_at_a_time_, image_steps_, row_steps_;
  std::int64_t elements_;
  bool stored_;
};

template <class T>
class Windows {
 public:
  Windows(const WindowAxis& rows, const WindowAxis& columns, const WindowChunk& chunk, std::int64_t channels,
          bool stored);

  /// How many elements the images take.
  std::int64_t size() const { return size_; }
  /// Of the matrix.
  std::int64_t columns() const { return columns_; }
  const std::int64_t* offset() const { return offset_.data(); }
  /// In columns: from a row of outputs to the next one, from an image to the next one.
  std::int64_t next_row() const { return stored_ ? across_.count : across_.length; }
  std::int64_t next_image() const { return next_row() * (stored_ ? down_.count : down_.length); }

  /// Lays out channels first to first + channels of the source at `to`.
  void lay_out(const WindowSource<T>& source, std::int64_t first, T* to) const;

  /// f(image, row, column, count, at) for the outputs among columns first to last of the matrix: outputs column to
  /// column + count of a row, the first of which is at column `at`; image and row count from the chunk's.
  template <class F>
  void each_run(std::int64_t first, std::int64_t last, F f) const {
    const std::int64_t width = next_row(), height = next_image() / width;
    for (std::int64_t line = first / width; line * width < last; ++line) {
      const std::int64_t row = line % height, begin = line * width;
      if (row >= down_.count) continue;
      const std::int64_t from = first > begin ? first - begin : 0;
      const std::int64_t end = last - begin < across_.count ? last - begin : across_.count;
      if (from < end) f(line / height, row, from, end - from, begin + from);
    }
  }

 private:
  void lay_out_plane(const T* image, std::int64_t f, std::int64_t g, T* to) const;
  void store_windows(const T* image, std::int64_t next, std::size_t t, std::size_t u, T* to) const;

  const WindowChunk chunk_;
  const PlanesOfAxis down_, across_;
  const std::int64_t channels_;
  const bool stored_;
  std::int64_t columns_, plane_, size_;
  std::vector<std::int64_t> offset_;
};

}  // namespace xtape::kernels
