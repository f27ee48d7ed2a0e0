// SPDX-License-Identifier: BSL-1.0
/// @file picture.hpp
/// A picture in memory that is written as a PNG by libpng.
#pragma once
#include <png.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <vector>

/// Pixels of red, green and blue, white at first.
class picture {
public:
    picture(std::size_t width, std::size_t height)
        : width_(width), height_(height), pixels_(3 * width * height, 255) {}

    /// Sets a pixel; the colours are from 0 to 1.
    void set(std::size_t x, std::size_t y, double red, double green, double blue) {
        const double colour[3] = {red, green, blue};
        for (std::size_t c = 0; c < 3; ++c)
            pixels_[3 * (y * width_ + x) + c] =
                static_cast<png_byte>(255 * std::clamp(colour[c], 0.0, 1.0) + 0.5);
    }

    /// Draws `value(row, column)` of a rows x columns table in grey, the smallest black, each cell `zoom` pixels wide, with
    /// its left upper corner at (left, top).
    template <class Value>
    void draw(std::size_t left, std::size_t top, std::size_t rows, std::size_t columns, std::size_t zoom,
              const Value& value) {
        double least = value(0, 0), most = least;
        for (std::size_t y = 0; y < rows; ++y)
            for (std::size_t x = 0; x < columns; ++x) {
                least = std::min<double>(least, value(y, x));
                most = std::max<double>(most, value(y, x));
            }
        for (std::size_t y = 0; y < rows * zoom; ++y)
            for (std::size_t x = 0; x < columns * zoom; ++x) {
                const double grey =
                    most == least ? 0.5 : (value(y / zoom, x / zoom) - least) / (most - least);
                set(left + x, top + y, grey, grey, grey);
            }
    }

    /// @throws std::runtime_error with libpng's message
    void write(const std::filesystem::path& path) const {
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        image.width = static_cast<png_uint_32>(width_);
        image.height = static_cast<png_uint_32>(height_);
        image.format = PNG_FORMAT_RGB;
        if (png_image_write_to_file(&image, path.c_str(), 0, pixels_.data(), 0, nullptr) == 0)
            throw std::runtime_error(path.string() + ": " + image.message);
    }

private:
    std::size_t width_, height_;
    std::vector<png_byte> pixels_;
};
