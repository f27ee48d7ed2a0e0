// SPDX-License-Identifier: BSL-1.0
/// @file window.hpp
/// Sliding windows: O = floor((W - Fe + P) / S) + 1 with Fe = D(F - 1) + 1, for convolution and pooling
/// alike.
#pragma once
#include <archetype/architecture/options.hpp>

namespace archetype {

/// One axis of a sliding window over `input` cells.
struct window_axis {
    std::size_t input{}, kernel{1}, stride{1}, dilation{1};
    std::size_t before{}, after{};  ///< padding; for `same`, what it came to
    std::size_t output{1};
    std::size_t remainder{};  ///< cells at the end that no window reads
    constexpr bool operator==(const window_axis&) const = default;

    /// Cells that the dilated kernel covers.
    constexpr std::size_t reach() const { return dilation * (kernel - 1) + 1; }
    constexpr bool fits() const { return input + before + after >= reach(); }

    /// Every window holds a cell of the input: none steps over all of it with its dilation. Once `slide` was called.
    constexpr bool touches_everywhere() const {
        for (std::size_t o = 0; o < output && o * stride < before; ++o) {
            const std::size_t gap = before - o * stride, first = (gap + dilation - 1) / dilation;
            if (first >= kernel || first * dilation - gap >= input) return false;
        }
        return true;
    }

    /// Sets padding, output and remainder from the rest. `fits()` must be asked first unless `same`.
    constexpr void slide(bool same, bool ceil_mode, bool odd_first = false) {
        if (same) {
            output = (input + stride - 1) / stride;
            const std::size_t covered = (output - 1) * stride + reach();
            const std::size_t total = covered > input ? covered - input : 0;
            before = odd_first ? total - total / 2 : total / 2;
            after = total - before;
            remainder = 0;
            return;
        }
        const std::size_t span = input + before + after - reach();
        output = span / stride + 1;
        remainder = span % stride;
        if (ceil_mode && remainder != 0 &&
            output * stride < input + before) {  // the last window must start inside
            ++output;
            remainder = 0;
        }
    }
};

/// A window over an image.
struct window_facts {
    window_axis rows, columns;
    constexpr bool operator==(const window_facts&) const = default;
};

/// The window of `kernel` with `options` over the image `in`, or what is wrong with it.
constexpr rule slide_window(window_facts& window, const shape& in, extent kernel,
                            const option_values& options) {
    if (options.broken != rule::ok) return options.broken;
    if (kernel.area() == 0) return rule::extent_is_zero;
    if (in.rank != 3) return rule::takes_an_image;
    window.rows = {in.height(), kernel.height, options.stride.height, options.dilation.height,
                   options.top, options.bottom};
    window.columns = {in.width(),   kernel.width, options.stride.width, options.dilation.width,
                      options.left, options.right};
    const bool is_same = options.has(option::same);
    if (!is_same && !(window.rows.fits() && window.columns.fits())) return rule::kernel_exceeds_padded_input;
    window.rows.slide(is_same, options.has(option::ceil_mode), options.odd_first);
    window.columns.slide(is_same, options.has(option::ceil_mode), options.odd_first);
    if (options.has(option::exact) && (window.rows.remainder != 0 || window.columns.remainder != 0))
        return rule::stride_leaves_a_remainder;
    return rule::ok;
}

/// The window of `kernel` steps over the sequence `in`, which is seen as an image of one row: `window.columns`.
constexpr rule slide_sequence(window_facts& window, const shape& in, std::size_t kernel,
                              const option_values& options) {
    if (options.broken != rule::ok) return options.broken;
    if (kernel == 0) return rule::extent_is_zero;
    if (in.rank != 2) return rule::takes_a_sequence;
    if (options.top != options.bottom || options.left != options.right) return rule::sequence_has_two_ends;
    // padding<before, after> was read as padding<rows, columns>.
    window.rows = {.input = 1};
    window.columns = {in.width(),  kernel,       options.stride.width, options.dilation.width,
                      options.top, options.right};
    if (options.has(option::causal)) window.columns.before = window.columns.reach() - 1;
    const bool is_same = options.has(option::same);
    if (!is_same && !window.columns.fits()) return rule::kernel_exceeds_padded_input;
    window.columns.slide(is_same, options.has(option::ceil_mode), options.odd_first);
    if (options.has(option::exact) && window.columns.remainder != 0) return rule::stride_leaves_a_remainder;
    return rule::ok;
}

}  // namespace archetype
