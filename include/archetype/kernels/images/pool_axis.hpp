// SPDX-License-Identifier: BSL-1.0
/// @file pool_axis.hpp
/// Windows of a pooling along one axis.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One axis of a pooling: which cells a window touches.
struct pool_axis {
    std::size_t in, out, kernel, stride, dilation, pad_before, pad_after;

    /// First kernel cell of window `o` at or after the image's begin.
    constexpr std::size_t first(std::size_t o) const {
        const std::size_t begin = o * stride;
        return begin >= pad_before ? 0 : (pad_before - begin + dilation - 1) / dilation;
    }
    /// One past the last kernel cell of window `o` before `limit` (counted from the image's begin).
    constexpr std::size_t last(std::size_t o, std::size_t limit) const {
        const std::size_t begin = o * stride, end = limit + pad_before;
        if (begin >= end) return 0;
        const std::size_t cells = (end - begin + dilation - 1) / dilation;
        return cells < kernel ? cells : kernel;
    }
    constexpr std::size_t last(std::size_t o) const { return last(o, in); }
    /// Cells of window `o` that an average divides by.
    constexpr std::size_t count(std::size_t o, bool count_padding) const {
        return count_padding ? last(o, in + pad_after) : last(o) - first(o);
    }
    /// Every window touches the image.
    constexpr bool valid() const {
        for (std::size_t o = 0; o < out; ++o)
            if (first(o) >= last(o)) return false;
        return in != 0 && kernel != 0 && stride != 0 && dilation != 0;
    }
    /// No window is clipped.
    constexpr bool whole() const {
        return pad_before == 0 && (out - 1) * stride + (kernel - 1) * dilation < in;
    }
    /// The windows `first` to `last - 1` may touch cell `i` (surely, without dilation).
    struct windows {
        std::size_t first, last;
    };
    constexpr windows covering(std::size_t i) const {
        const std::size_t end = i + pad_before, reach = (kernel - 1) * dilation;
        const std::size_t first = end > reach ? (end - reach + stride - 1) / stride : 0,
                          last = end / stride + 1;
        return {first, last < out ? last : out};
    }
    /// A kernel cell of window `o`, one of `covering(i)`, lies on cell `i`.
    constexpr bool touches(std::size_t o, std::size_t i) const {
        return dilation == 1 || (i + pad_before - o * stride) % dilation == 0;
    }
    /// Every cell of the image belongs to exactly one window.
    constexpr bool tiles() const {
        return pad_before == 0 && dilation == 1 && kernel == stride && out == (in + stride - 1) / stride;
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
