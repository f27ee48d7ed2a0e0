// SPDX-License-Identifier: BSL-1.0
/// @file image_file.hpp
/// Pictures as PNG and JPEG files, read with libpng and libjpeg. `ARCHETYPE_HAS_LIBPNG` and `ARCHETYPE_HAS_LIBJPEG` are 1 where
/// <png.h> and <jpeglib.h> are found (link with -lpng, -ljpeg) unless defined before; with 0 there is only an error that
/// says so.
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/read_limits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#if !defined(ARCHETYPE_HAS_LIBPNG)
#if __has_include(<png.h>)
#define ARCHETYPE_HAS_LIBPNG 1
#else
#define ARCHETYPE_HAS_LIBPNG 0
#endif
#endif
#if !defined(ARCHETYPE_HAS_LIBJPEG)
#if __has_include(<jpeglib.h>)
#define ARCHETYPE_HAS_LIBJPEG 1
#else
#define ARCHETYPE_HAS_LIBJPEG 0
#endif
#endif
#if ARCHETYPE_HAS_LIBPNG
#include <png.h>
#endif
#if ARCHETYPE_HAS_LIBJPEG
#include <csetjmp>

#include <jpeglib.h>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a picture becomes: `gray` has one channel, `rgb` three. Colours become grey by (299 R + 587 G + 114 B) / 1000, as with
/// Pillow and Keras. What is transparent keeps its colour, as with torchvision's and TensorFlow's loaders: alpha is left out.
enum class image_channels { gray = 1, rgb = 3 };

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

using decoded_pixels = xt::xtensor<std::uint8_t, 3>;

/// Memory for a picture whose header says this size. @throws file_error
inline decoded_pixels image_of_size(const std::string& path, std::size_t height, std::size_t width,
                                    std::size_t channels, const read_limits& limits) {
    if (height == 0 || width == 0 || height > limits.decompressed_bytes / width / channels)
        throw file_error({path,
                          "a picture of at most " + std::to_string(limits.decompressed_bytes) +
                              " bytes (read_limits::decompressed_bytes)",
                          std::to_string(height) + " x " + std::to_string(width) + " of " +
                              std::to_string(channels) + " channels"});
    return decoded_pixels::from_shape({height, width, channels});
}

/// Pixels without their alpha, and colours as grey if that is wanted: (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601), rounded
/// as Pillow does.
inline decoded_pixels with_channels(decoded_pixels from, image_channels wanted) {
    const std::size_t found = from.shape()[2], count = static_cast<std::size_t>(wanted);
    if (found == count) return from;
    auto made = decoded_pixels::from_shape({from.shape()[0], from.shape()[1], count});
    for (std::size_t i = 0; i < made.size() / count; ++i) {
        const std::uint8_t* const pixel = from.data() + i * found;
        if (found < 3 || count == 3)
            std::copy_n(pixel, count, made.data() + i * count);
        else
            made.data()[i] = static_cast<std::uint8_t>(
                (pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 32768u) >> 16);
    }
    return made;
}

inline decoded_pixels read_png([[maybe_unused]] std::span<const std::byte> bytes, const std::string& path,
                               [[maybe_unused]] image_channels channels,
                               [[maybe_unused]] const read_limits& limits) {
#if ARCHETYPE_HAS_LIBPNG
    png_image header{};
    header.version = PNG_IMAGE_VERSION;
    const auto fail = [&] {
        const std::string why = header.message;
        png_image_free(&header);
        throw file_error({path, "a PNG picture", why});
    };
    if (png_image_begin_read_from_memory(&header, bytes.data(), bytes.size()) == 0) fail();
    // libpng would lay what is transparent on a background in linear light, which no other loader does.
    const bool has_alpha = (header.format & PNG_FORMAT_FLAG_ALPHA) != 0;
    // Grey by libpng would be that of linear light too.
    const bool has_color = channels == image_channels::rgb || (header.format & PNG_FORMAT_FLAG_COLOR) != 0;
    header.format = (has_color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) | (has_alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
    decoded_pixels made;
    try {
        made = image_of_size(path, header.height, header.width, (has_color ? 3 : 1) + (has_alpha ? 1 : 0),
                             limits);
    } catch (...) {
        png_image_free(&header);
        throw;
    }
    if (png_image_finish_read(&header, nullptr, made.data(), 0, nullptr) == 0) fail();
    if (PNG_IMAGE_FAILED(header) || header.warning_or_error != 0) fail();  // as a file that ends too early
    png_image_free(&header);
    return with_channels(std::move(made), channels);
#else
    throw file_error(
        {path, "a format that this program reads (it is built without libpng)", "a PNG picture"});
#endif
}

#if ARCHETYPE_HAS_LIBJPEG
/// The C library leaves its functions by longjmp on errors: nothing with a destructor is made in between.
struct jpeg_reader {
    jpeg_decompress_struct state{};
    jpeg_error_mgr errors{};
    std::jmp_buf back{};
    char message[JMSG_LENGTH_MAX]{};

    jpeg_reader() {
        state.err = jpeg_std_error(&errors);
        state.client_data = this;
        errors.error_exit = [](j_common_ptr of) {
            auto* const self = static_cast<jpeg_reader*>(of->client_data);
            of->err->format_message(of, self->message);
            std::longjmp(self->back, 1);
        };
        // A warning, as of a file that ends too early, is an error too.
        errors.emit_message = [](j_common_ptr of, int level) {
            if (level < 0) of->err->error_exit(of);
        };
    }
    jpeg_reader(const jpeg_reader&) = delete;
    jpeg_reader& operator=(const jpeg_reader&) = delete;
    ~jpeg_reader() { jpeg_destroy_decompress(&state); }

    /// Grey files stay so if grey is wanted.
    bool begin(const unsigned char* bytes, std::size_t size, bool gray) {
        if (setjmp(back) != 0) return false;
        jpeg_create_decompress(&state);
        jpeg_mem_src(&state, bytes, static_cast<unsigned long>(size));
        jpeg_read_header(&state, TRUE);
        state.out_color_space = gray && state.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
        return true;
    }
    bool read(std::uint8_t* to, std::size_t row) {
        if (setjmp(back) != 0) return false;
        jpeg_start_decompress(&state);
        while (state.output_scanline < state.output_height) {
            JSAMPROW at = to + row * state.output_scanline;
            jpeg_read_scanlines(&state, &at, 1);
        }
        jpeg_finish_decompress(&state);
        return true;
    }
};
#endif

inline decoded_pixels read_jpeg([[maybe_unused]] std::span<const std::byte> bytes, const std::string& path,
                                [[maybe_unused]] image_channels channels,
                                [[maybe_unused]] const read_limits& limits) {
#if ARCHETYPE_HAS_LIBJPEG
    jpeg_reader reader;
    const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
    if (!reader.begin(from, bytes.size(), channels == image_channels::gray))
        throw file_error({path, "a JPEG picture", reader.message});
    decoded_pixels made = image_of_size(path, reader.state.image_height, reader.state.image_width,
                                        reader.state.out_color_space == JCS_GRAYSCALE ? 1 : 3, limits);
    if (!reader.read(made.data(), made.shape()[1] * made.shape()[2]))
        throw file_error({path, "a JPEG picture", reader.message});
    return with_channels(std::move(made), channels);
#else
    throw file_error(
        {path, "a format that this program reads (it is built without libjpeg)", "a JPEG picture"});
#endif
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A PNG or JPEG picture, told by its first bytes, as [row][column][channel] of 0 to 255. PNG with 16 bits a channel is
/// brought to 8. @throws file_error, also for a picture that ends too early
inline xt::xtensor<std::uint8_t, 3> read_image(const std::filesystem::path& path,
                                               image_channels channels = image_channels::rgb,
                                               const read_limits& limits = {}) {
    const std::vector<std::byte> bytes = try_read_file(path).value();
    const auto begins = [&](std::initializer_list<int> with) {
        return bytes.size() >= with.size() &&
               std::equal(with.begin(), with.end(), bytes.begin(),
                          [](int wanted, std::byte found) { return std::to_integer<int>(found) == wanted; });
    };
    if (begins({0x89, 'P', 'N', 'G'})) return detail::read_png(bytes, path.string(), channels, limits);
    if (begins({0xff, 0xd8, 0xff})) return detail::read_jpeg(bytes, path.string(), channels, limits);
    throw file_error(
        {path.string(), "a PNG or JPEG picture", bytes.empty() ? "an empty file" : "another file"});
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
