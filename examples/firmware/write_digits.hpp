// SPDX-License-Identifier: BSL-1.0
/// @file write_digits.hpp
/// On a host: the first digits of MNIST's test set as a header, which firmwares read by board/digits.hpp.
#pragma once
#include <archetype/data/mnist.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace board {

/// Writes `digits_samples.hpp` into a folder. @throws std::runtime_error if it cannot be written
inline void write_digits(const archetype::dataset& digits, std::size_t count,
                         const std::filesystem::path& folder) {
    constexpr std::size_t size = 28 * 28;
    std::ofstream out(folder / "digits_samples.hpp");
    out << "#pragma once\nstruct digits_sample {\n    unsigned char label;\n    unsigned char "
           "pixels[784];\n};\n"
           "inline constexpr digits_sample digits_samples[] = {\n";
    for (std::size_t i = 0; i < count; ++i) {
        out << "{" << digits.labels(i) << ",{";
        for (std::size_t p = 0; p < size; ++p)
            out << static_cast<int>(digits.samples.data()[i * size + p] * 255.f + 0.5f) << ',';
        out << "}},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error("digits_samples.hpp cannot be written");
}

}  // namespace board
