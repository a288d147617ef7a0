#include "kernels/windows.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/isa.hpp"

namespace xtape::kernels {

namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

/// Elements that are `step` apart, of some rows.
template <class T>
void put_elements(const T* from, std::int64_t ld_from, std::int64_t step, std::int64_t rows, std::int64_t count, T* to,
                  std::int64_t ld_to) {
  if (step == 2) return isa_of<T>().put_every_second(from, ld_from, rows, count, to, ld_to);
  if (step == 1 && count > 2) return isa_of<T>().put_rows(from, ld_from, rows, count, nullptr, to, ld_to);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < count; ++j) to[i * ld_to + j] = from[i * ld_from + j * step];
  }
}

template <class T>
void fill_zeros(T* from, T* to) {
  std::memset(from, 0, sizeof(T) * static_cast<std::size_t>(to - from));
}

}  // namespace

WindowAxis WindowAxis::part(std::int64_t first, std::int64_t number) const {
  WindowAxis some{number, step, extent, at};
  for (std::int64_t& t : some.at) t += first * step;
  return some;
}

PlanesOfAxis::PlanesOfAxis(const WindowAxis& axis)
    : count(axis.count), step(axis.step), extent(axis.extent), length(axis.count), reach(0) {
  const std::int64_t lowest = *std::min_element(axis.at.begin(), axis.at.end());
  for (const std::int64_t t : axis.at) {
    const std::int64_t start = lowest + (t - lowest) % step;
    const auto known = std::find(origin.begin(), origin.end(), start);
    plane.push_back(known - origin.begin());
    if (known == origin.end()) origin.push_back(start);
    index.push_back((t - lowest) / step);
    const std::int64_t f = plane.back(), end = index.back() + count;
    reach = std::max(reach, end);
    // What a tap sees behind the end of a row is the beginning of the next: that must be what lies outside the source.
    if (first(f) >= std::min(last(f), end)) continue;
    length = std::max({length, std::min(last(f), end), end - first(f)});
  }
}

std::int64_t PlanesOfAxis::first(std::int64_t f) const {
  return std::max<std::int64_t>(0, ceil_div(-origin[static_cast<std::size_t>(f)], step));
}
std::int64_t PlanesOfAxis::last(std::int64_t f) const {
  return std::max<std::int64_t>(0, ceil_div(extent - origin[static_cast<std::size_t>(f)], step));
}

WindowChunks::WindowChunks(const WindowAxis& rows, const WindowAxis& columns, std::int64_t images,
                           std::int64_t channels, std::int64_t multiples, std::int64_t wished)
    : images_(images), rows_(rows.count) {
  constexpr std::int64_t most_elements = 1 << 16, fewest_columns = 128;
  const PlanesOfAxis down(rows), across(columns);
  const std::int64_t outputs = rows.count * columns.count, columns_of_image = down.length * across.length;
  constexpr std::int64_t store = 40;  // storing an element takes about as long as so many multiply-adds
  stored_ = columns_of_image * multiples > outputs * (multiples + store);
  elements_ = channels * static_cast<std::int64_t>(stored_ ? rows.at.size() * columns.at.size()
                                                           : down.origin.size() * across.origin.size());
  const std::int64_t fit = std::max(std::min(wished, most_elements / elements_), fewest_columns);
  const std::int64_t width = stored_ ? columns.count : across.length, one = stored_ ? outputs : columns_of_image;
  images_at_a_time_ = std::clamp<std::int64_t>(fit / one, 1, images_);
  rows_at_a_time_ = one <= 2 * fit ? rows_ : std::clamp<std::int64_t>(fit / width, 1, rows_);
  image_steps_ = (images_ + images_at_a_time_ - 1) / images_at_a_time_;
  row_steps_ = (rows_ + rows_at_a_time_ - 1) / rows_at_a_time_;
}

WindowChunk WindowChunks::operator[](std::int64_t i) const {
  const std::int64_t image = i / row_steps_ * images_at_a_time_, row = i % row_steps_ * rows_at_a_time_;
  return {image, std::min(images_at_a_time_, images_ - image), row, std::min(rows_at_a_time_, rows_ - row)};
}

template <class T>
Windows<T>::Windows(const WindowAxis& rows, const WindowAxis& columns, const WindowChunk& chunk, std::int64_t channels,
                    bool stored)
    : chunk_(chunk),
      down_(rows.part(chunk.first_row, chunk.rows)),
      across_(columns),
      channels_(channels),
      stored_(stored) {
  const std::int64_t line = across_.length, image = down_.length * line;
  const std::int64_t end = (chunk.images - 1) * image + (down_.reach - 1) * line + across_.reach;
  columns_ = stored ? chunk.images * down_.count * across_.count
                    : (chunk.images - 1) * image + (down_.count - 1) * line + across_.count;
  plane_ = stored ? columns_ : std::max(end, chunk.images * image);
  const std::int64_t planes_across = static_cast<std::int64_t>(across_.origin.size());
  const std::int64_t planes = static_cast<std::int64_t>(down_.origin.size()) * planes_across;
  const std::int64_t taps = static_cast<std::int64_t>(down_.plane.size() * across_.plane.size());
  const std::int64_t next_channel = (stored ? taps : planes) * plane_;
  offset_.resize(static_cast<std::size_t>(channels * taps));
  std::int64_t* to = offset_.data();
  for (std::size_t t = 0; t < down_.plane.size(); ++t) {
    for (std::size_t u = 0; u < across_.plane.size(); ++u, ++to) {
      const std::int64_t plane = down_.plane[t] * planes_across + across_.plane[u];
      *to = stored ? (to - offset_.data()) * plane_ : plane * plane_ + down_.index[t] * line + across_.index[u];
      for (std::int64_t c = 1; c < channels; ++c) to[c * taps] = *to + c * next_channel;
    }
  }
  size_ = channels * next_channel + 4 * window_columns;  // a product reads whole tiles
}

template <class T>
void Windows<T>::lay_out(const WindowSource<T>& source, std::int64_t first, T* to) const {
  const std::int64_t pixels = down_.extent * across_.extent;
  T* at = to;
  for (std::int64_t c = 0; c < channels_; ++c) {
    const T* const image = source.at + (chunk_.first_image * source.all_channels + first + c) * pixels;
    const std::int64_t next = source.all_channels * pixels;
    if (stored_) {
      for (std::size_t t = 0; t < down_.plane.size(); ++t) {
        for (std::size_t u = 0; u < across_.plane.size(); ++u, at += plane_) store_windows(image, next, t, u, at);
      }
      continue;
    }
    for (std::size_t f = 0; f < down_.origin.size(); ++f) {
      for (std::size_t g = 0; g < across_.origin.size(); ++g, at += plane_) {
        const std::int64_t each = down_.length * across_.length;
        for (std::int64_t n = 0; n < chunk_.images; ++n) {
          lay_out_plane(image + n * next, static_cast<std::int64_t>(f), static_cast<std::int64_t>(g), at + n * each);
        }
        fill_zeros(at + chunk_.images * each, at + plane_);
      }
    }
  }
  fill_zeros(at, to + size_);
}

template <class T>
void Windows<T>::lay_out_plane(const T* image, std::int64_t f, std::int64_t g, T* to) const {
  const std::int64_t width = across_.length, step = across_.step, height = down_.length;
  const std::int64_t top = std::min(down_.first(f), height), bottom = std::max(top, std::min(down_.last(f), height));
  const std::int64_t left = std::min(across_.first(g), width);
  const std::int64_t right = std::max(left, std::min(across_.last(g), width));
  const std::int64_t row = down_.origin[static_cast<std::size_t>(f)];
  const std::int64_t column = across_.origin[static_cast<std::size_t>(g)] + left * step;
  fill_zeros(to, to + height * width);
  const T* const from = image + (row + top * down_.step) * across_.extent + column;
  const std::int64_t next = down_.step * across_.extent;
  if (top < bottom && left < right)
    put_elements(from, next, step, bottom - top, right - left, to + top * width + left, width);
}

/// What each output of each image sees by tap t down and tap u across; images are `next` apart.
template <class T>
void Windows<T>::store_windows(const T* image, std::int64_t next, std::size_t t, std::size_t u, T* to) const {
  const auto first_seen = [](const PlanesOfAxis& axis, std::size_t tap) {
    return axis.origin[static_cast<std::size_t>(axis.plane[tap])] + axis.index[tap] * axis.step;
  };
  const auto begin = [](const PlanesOfAxis& axis, std::int64_t seen) {
    return std::clamp<std::int64_t>(ceil_div(-seen, axis.step), 0, axis.count);
  };
  const auto end = [](const PlanesOfAxis& axis, std::int64_t seen, std::int64_t from) {
    return std::clamp<std::int64_t>(ceil_div(axis.extent - seen, axis.step), from, axis.count);
  };
  const std::int64_t row = first_seen(down_, t), column = first_seen(across_, u), width = across_.count;
  const std::int64_t top = begin(down_, row), bottom = end(down_, row, top);
  const std::int64_t left = begin(across_, column), right = end(across_, column, left), step = across_.step;
  const bool whole = bottom - top == down_.count && right - left == width;
  const std::int64_t ld = down_.step * across_.extent;
  const T* from = image + (row + top * down_.step) * across_.extent + column + left * step;
  for (std::int64_t n = 0; n < chunk_.images; ++n, from += next, to += down_.count * width) {
    if (!whole) fill_zeros(to, to + down_.count * width);
    if (left < right) put_elements(from, ld, step, bottom - top, right - left, to + top * width + left, width);
  }
}

template class Windows<float>;
template class Windows<double>;

}  // namespace xtape::kernels
