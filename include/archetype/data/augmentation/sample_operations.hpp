// SPDX-License-Identifier: BSL-1.0
/// @file sample_operations.hpp
/// What can be done to one sample, without chance; values are those of torchvision.
#pragma once
#include <archetype/data/augment.hpp>
#include <archetype/data/sample_reader.hpp>
#include <archetype/error.hpp>

#include <cmath>
#include <numbers>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

[[noreturn]] inline void refuse_operation(const std::string& who, const std::string& expected,
                                          const std::string& found) {
    throw detail::thrown<std::invalid_argument>("archetype::" + who + ": expected " + expected + ", found " +
                                                found);
}

/// Colours are cut to 0 and 1: values beyond them would be lost. @throws std::invalid_argument
inline void check_colour(const std::string& who, const sample& image) {
    for (const float value : image.values)
        if (!(value >= 0 && value <= 1)) refuse_operation(who, "values from 0 to 1", std::to_string(value));
}

/// The brightness of a pixel as people see it (ITU-R BT.601, rounded as torchvision does); that of one channel is itself.
inline float gray_of(const sample& image, std::size_t pixel) {
    const float* at = image.values.data() + pixel * image.channels;
    return image.channels == 1 ? at[0] : 0.2989f * at[0] + 0.587f * at[1] + 0.114f * at[2];
}

inline void check_channels(const std::string& who, const sample& image) {
    if (image.channels != 1 && image.channels != 3)
        refuse_operation(who, "1 or 3 channels", std::to_string(image.channels));
}

/// factor * value + (1 - factor) * other, cut to 0 and 1.
inline float blend(float value, float other, double factor) {
    const double mixed = factor * static_cast<double>(value) + (1 - factor) * static_cast<double>(other);
    return static_cast<float>(mixed < 0 ? 0 : mixed > 1 ? 1 : mixed);
}

inline void check_factor(const std::string& who, double factor) {
    if (!(factor >= 0 && factor <= 1e6))
        refuse_operation(who, "a factor of at least 0", std::to_string(factor));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The rectangle of `height` x `width` whose first pixel is (top, left); pixels outside of the image are `fill`.
inline void crop(sample& image, std::ptrdiff_t top, std::ptrdiff_t left, std::size_t height,
                 std::size_t width, float fill = 0) {
    sample cut{height,         width,
               image.channels, std::vector<float>(height * width * image.channels, fill),
               image.label,    std::move(image.target)};
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) {
            const std::ptrdiff_t row = top + static_cast<std::ptrdiff_t>(y),
                                 column = left + static_cast<std::ptrdiff_t>(x);
            if (row < 0 || column < 0 || row >= static_cast<std::ptrdiff_t>(image.height) ||
                column >= static_cast<std::ptrdiff_t>(image.width))
                continue;
            for (std::size_t c = 0; c < image.channels; ++c)
                cut.at(y, x, c) =
                    image.at(static_cast<std::size_t>(row), static_cast<std::size_t>(column), c);
        }
    image = std::move(cut);
}

/// Mirrors one sample.
inline void mirror(sample& image, flip_direction direction) {
    const bool horizontal = direction == flip_direction::horizontal;
    for (std::size_t y = 0; y < (horizontal ? image.height : image.height / 2); ++y)
        for (std::size_t x = 0; x < (horizontal ? image.width / 2 : image.width); ++x)
            for (std::size_t c = 0; c < image.channels; ++c)
                std::swap(image.at(y, x, c), horizontal ? image.at(y, image.width - 1 - x, c)
                                                        : image.at(image.height - 1 - y, x, c));
}

/// How `affine` moves an image around its middle.
struct affine_motion {
    double degrees = 0;               ///< turned clockwise
    double right = 0, down = 0;       ///< moved by pixels
    double scale = 1;                 ///< enlarged
    double shear_x = 0, shear_y = 0;  ///< in degrees, below 90
};

/// Turns, shears, enlarges and moves an image, with bilinear interpolation; what comes from outside is `fill`.
/// Result(p) = image(M^-1 (p - middle - shift) + middle), M = scale * rotation(degrees - shear_y) * shears / cos(shear_y).
/// @throws std::invalid_argument for a scale that is not above 0 or a shear of 90 degrees and more
inline void affine(sample& image, const affine_motion& by, float fill = 0) {
    if (!(by.scale > 0 && by.scale < 1e9))
        detail::refuse_operation("affine", "a scale above 0", std::to_string(by.scale));
    for (const double shear : {by.shear_x, by.shear_y})
        if (!(std::abs(shear) < 90))
            detail::refuse_operation("affine", "shears between -90 and 90 degrees", std::to_string(shear));
    const double radian = std::numbers::pi / 180, turn = by.degrees * radian, across = by.shear_x * radian,
                 along = by.shear_y * radian;
    // The matrix without its scale has the determinant 1.
    const double a = std::cos(turn - along) / std::cos(along), b = -a * std::tan(across) - std::sin(turn),
                 c = std::sin(turn - along) / std::cos(along), d = -c * std::tan(across) + std::cos(turn);
    const double middle_x = (static_cast<double>(image.width) - 1) / 2,
                 middle_y = (static_cast<double>(image.height) - 1) / 2;
    const auto height = static_cast<std::ptrdiff_t>(image.height),
               width = static_cast<std::ptrdiff_t>(image.width);
    std::vector<float> moved(image.values.size());
    const auto read = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::size_t channel) {
        const bool inside = y >= 0 && x >= 0 && y < height && x < width;
        return static_cast<double>(
            inside ? image.at(static_cast<std::size_t>(y), static_cast<std::size_t>(x), channel) : fill);
    };
    for (std::size_t y = 0; y < image.height; ++y)
        for (std::size_t x = 0; x < image.width; ++x) {
            const double from_x = static_cast<double>(x) - middle_x - by.right,
                         from_y = static_cast<double>(y) - middle_y - by.down;
            // A position far outside would not be a number of pixels.
            const auto near = [](double at, std::size_t size) {
                return at < -2 ? -2 : at > static_cast<double>(size) + 1 ? static_cast<double>(size) + 1 : at;
            };
            const double at_x = near((d * from_x - b * from_y) / by.scale + middle_x, image.width),
                         at_y = near((a * from_y - c * from_x) / by.scale + middle_y, image.height);
            const double left = std::floor(at_x), top = std::floor(at_y);
            const double share_x = at_x - left, share_y = at_y - top;
            const auto column = static_cast<std::ptrdiff_t>(left), row = static_cast<std::ptrdiff_t>(top);
            for (std::size_t k = 0; k < image.channels; ++k) {
                const double above =
                    (1 - share_x) * read(row, column, k) + share_x * read(row, column + 1, k);
                const double below =
                    (1 - share_x) * read(row + 1, column, k) + share_x * read(row + 1, column + 1, k);
                moved[(y * image.width + x) * image.channels + k] =
                    static_cast<float>((1 - share_y) * above + share_y * below);
            }
        }
    image.values = std::move(moved);
}

/// Values times `factor`, cut to 1. @throws std::invalid_argument for values outside of 0 to 1, as of the next two
inline void adjust_brightness(sample& image, double factor) {
    detail::check_factor("adjust_brightness", factor);
    detail::check_colour("adjust_brightness", image);
    for (float& value : image.values) value = detail::blend(value, 0, factor);
}

/// factor * value + (1 - factor) * the mean of the image's grey, cut to 0 and 1.
inline void adjust_contrast(sample& image, double factor) {
    detail::check_factor("adjust_contrast", factor);
    detail::check_channels("adjust_contrast", image);
    detail::check_colour("adjust_contrast", image);
    double sum = 0;
    const std::size_t pixels = image.height * image.width;
    for (std::size_t i = 0; i < pixels; ++i) sum += static_cast<double>(detail::gray_of(image, i));
    const auto mean = static_cast<float>(sum / static_cast<double>(pixels));
    for (float& value : image.values) value = detail::blend(value, mean, factor);
}

/// factor * value + (1 - factor) * the pixel's grey, cut to 0 and 1. One channel stays as it is.
inline void adjust_saturation(sample& image, double factor) {
    detail::check_factor("adjust_saturation", factor);
    detail::check_channels("adjust_saturation", image);
    detail::check_colour("adjust_saturation", image);
    if (image.channels == 1) return;
    for (std::size_t i = 0; i < image.height * image.width; ++i) {
        const float gray = detail::gray_of(image, i);
        for (std::size_t c = 0; c < 3; ++c)
            image.values[3 * i + c] = detail::blend(image.values[3 * i + c], gray, factor);
    }
}

/// Which index of a sample [row][column][channel].
enum class sample_axis { rows, columns, channels };

/// Sets a rectangle to a value; its parts outside of the image do not count.
inline void erase(sample& image, std::ptrdiff_t top, std::ptrdiff_t left, std::size_t height,
                  std::size_t width, float value = 0) {
    const auto cut = [](std::ptrdiff_t at, std::size_t size) {
        return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(size)));
    };
    const std::size_t bottom = cut(top + static_cast<std::ptrdiff_t>(height), image.height),
                      right = cut(left + static_cast<std::ptrdiff_t>(width), image.width);
    for (std::size_t y = cut(top, image.height); y < bottom; ++y)
        for (std::size_t x = cut(left, image.width); x < right; ++x)
            for (std::size_t c = 0; c < image.channels; ++c) image.at(y, x, c) = value;
}

/// Sets `size` indices of an axis, from `first` on, to a value. @throws std::invalid_argument if there are fewer
inline void mask(sample& of, sample_axis axis, std::size_t first, std::size_t size, float value = 0) {
    const std::size_t extent = axis == sample_axis::rows      ? of.height
                               : axis == sample_axis::columns ? of.width
                                                              : of.channels;
    if (first > extent || size > extent - first)
        detail::refuse_operation("mask", "a part of " + std::to_string(extent) + " indices",
                                 std::to_string(size) + " from " + std::to_string(first) + " on");
    for (std::size_t y = 0; y < of.height; ++y)
        for (std::size_t x = 0; x < of.width; ++x)
            for (std::size_t c = 0; c < of.channels; ++c) {
                const std::size_t at = axis == sample_axis::rows ? y : axis == sample_axis::columns ? x : c;
                if (at >= first && at - first < size) of.at(y, x, c) = value;
            }
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
