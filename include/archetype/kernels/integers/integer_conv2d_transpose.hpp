// SPDX-License-Identifier: BSL-1.0
/// @file integer_conv2d_transpose.hpp
/// Transposed convolutions of 8-bit and 16-bit numbers, bit for bit as TensorFlow Lite's TRANSPOSE_CONV.
#pragma once
#include <archetype/kernels/images/runs.hpp>
#include <cstdint>
#include <numeric>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Cells of `in` are spread over windows of `out`: `over` is the window of the convolution from `out` to `in`.
struct integer_spread {
    image in, out;
    window over;
    std::size_t groups = 1;
    constexpr bool operator==(const integer_spread&) const = default;

    constexpr std::size_t depth() const { return in.channels / groups; }
    constexpr std::size_t group_filters() const { return out.channels / groups; }
    /// Weights of a filter.
    constexpr std::size_t taps() const { return over.kernel_height * over.kernel_width * depth(); }
    /// Taps along an axis that one result sees at most.
    static constexpr std::size_t most(std::size_t kernel, std::size_t stride, std::size_t dilation) {
        const std::size_t apart = stride / std::gcd(stride, dilation);
        return (kernel + apart - 1) / apart;
    }
    constexpr std::size_t most_cells() const {
        return most(over.kernel_height, over.stride_height, over.dilation_height) *
               most(over.kernel_width, over.stride_width, over.dilation_width);
    }
};

/// Where the cell lies that tap `k` takes to `at`; too large if there is none.
ARCHETYPE_INLINE constexpr std::size_t spread_from(std::size_t at, std::size_t pad, std::size_t k,
                                                   std::size_t stride) {
    return at + pad < k || (at + pad - k) % stride != 0 ? static_cast<std::size_t>(-1)
                                                        : (at + pad - k) / stride;
}

/// Row `y` of one sample. Each result is the sum over the cells whose window holds it.
/// @param row_of   row_of(n): row `n` of the input, null if there is none
/// @param weights  [filter][kernel row][kernel column][channel of the group]
/// @param result   result(sum, filter): what is stored
template <integer_spread G, class Number, class RowOf, class Result>
void integer_spread_row(const RowOf& row_of, std::size_t y, Number* out, const std::int8_t* weights,
                        std::int32_t zero_point, const Result& result) {
    using sum_type = std::conditional_t<sizeof(Number) == 1, std::int32_t, std::int64_t>;
    constexpr window w = G.over;
    constexpr std::size_t depth = G.depth();
    for (std::size_t x = 0; x < G.out.width; ++x, out += G.out.pixel_stride) {
        const Number* cells[G.most_cells()];
        std::size_t places[G.most_cells()], count = 0;
        for (std::size_t ky = 0; ky < w.kernel_height; ++ky) {
            const Number* const row =
                row_of(spread_from(y, w.pad_top, ky * w.dilation_height, w.stride_height));
            if (row == nullptr) continue;
            for (std::size_t kx = 0; kx < w.kernel_width; ++kx) {
                const std::size_t column = spread_from(x, w.pad_left, kx * w.dilation_width, w.stride_width);
                if (column >= G.in.width) continue;
                cells[count] = row + column * G.in.pixel_stride;
                places[count++] = (ky * w.kernel_width + kx) * depth;
            }
        }
        for (std::size_t f = 0; f < G.out.channels; ++f) {
            const std::size_t first = f / G.group_filters() * depth;
            sum_type sum = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const std::int8_t* const weight = weights + f * G.taps() + places[i];
                for (std::size_t c = 0; c < depth; ++c)
                    sum += static_cast<sum_type>(cells[i][first + c] - zero_point) * weight[c];
            }
            out[f] = result(sum, f);
        }
    }
}

/// One sample, row by row.
template <integer_spread G, class Number, class Result>
void integer_conv2d_transpose(const Number* in, Number* out, const std::int8_t* weights,
                              std::int32_t zero_point, const Result& result) {
    const auto row_of = [&](std::size_t n) -> const Number* {
        return n < G.in.height ? in + pixel_offset<G.in>(0, n, 0) : nullptr;
    };
    for (std::size_t y = 0; y < G.out.height; ++y)
        integer_spread_row<G>(row_of, y, out + pixel_offset<G.out>(0, y, 0), weights, zero_point, result);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
