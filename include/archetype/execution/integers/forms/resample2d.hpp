// SPDX-License-Identifier: BSL-1.0
/// @file resample2d.hpp
/// Paddings, resizing, adaptive pooling, pooling over one axis and shuffles in integers: results stand for what the input's
/// numbers do.
#pragma once
#include <archetype/execution/integers/forms/pooling.hpp>
#include <archetype/kernels/integers/int8_resample2d.hpp>

#include <concepts>
#include <cstddef>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct resample_integer_form : plain_integer_form {
    using floating = resample_lowering<Layer>;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        if (floating::template blank<double> != 0) return integer_rule::padding_is_zeros;
        if (floating::template columns<Step>.rule == axis_rule::cubic)
            return integer_rule::resizing_is_not_cubic;
        // A mean of channels is a sum of them all.
        return Step::at.drops_axis == 1 &&
                       Step::in.channels > (sizeof(Number) == 1 ? 1u << 23 : (1u << 16) - 2)
                   ? integer_rule::pooling_fits_32_bits
                   : integer_rule::ok;
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr bool largest = floating::largest;
        if constexpr (floating::template drops_channels<Step>) {
            kernels::integer_reduce_channels<largest, Step::in, Step::out>(call.in, call.out);
        } else {
            constexpr kernels::image out =
                floating::template turns<Step> ? kernels::column_of<Step::out> : Step::out;
            kernels::integer_resample2d<floating::template rows<Step>, floating::template columns<Step>,
                                        largest, Step::in, out>(call.in, call.out, call.zero_point());
        }
    }
};

template <class Layer>
requires resampled<Layer>
struct integer_form<Layer> : resample_integer_form<Layer> {
};

/// Repeated or interpolated pixels: a resize by whole factors.
template <class Layer>
struct upsampling_integer_form : plain_integer_form {
    static constexpr bool in_streams = true;  // each row of results is one of the input
    static constexpr axis_map axis(std::size_t input, std::size_t output) {
        const bool linear = Layer::options.has(option::bilinear);
        axis_map made{linear ? axis_rule::linear : axis_rule::nearest, input, output};
        if (linear) return made;
        made.coordinates = coordinate_rule::asymmetric;
        made.nearest = nearest_rule::floor;
        return made;
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::integer_resample2d<axis(Step::in.height, Step::out.height),
                                    axis(Step::in.width, Step::out.width), false, Step::in, Step::out>(
            call.in, call.out, call.zero_point());
    }
};
template <auto Factor, class... Options>
struct integer_form<upsampling2d<Factor, Options...>>
    : upsampling_integer_form<upsampling2d<Factor, Options...>> {};
template <std::size_t Factor>
struct integer_form<upsampling1d<Factor>> : upsampling_integer_form<upsampling1d<Factor>> {};

template <class Layer>
requires shuffled<Layer>
struct integer_form<Layer> : plain_integer_form {
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::image in = Step::in, out = Step::out;
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x)
                for (std::size_t c = 0; c < out.channels; ++c)
                    call.out[kernels::pixel_offset<out>(0, y, x) + c] =
                        call.in[kernels::shuffled_from<lowering<Layer>::by_blocks, in, out>(0, y, x, c)];
    }
};

/// Zeros around an image or a sequence, and what is cut off it.
template <class Layer>
concept shifted = requires {
    { Layer::down + Layer::right } -> std::same_as<std::ptrdiff_t>;
};
template <class Layer>
requires shifted<Layer>
struct integer_form<Layer> : plain_integer_form {
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::image in = Step::in, out = Step::out;
        const auto blank = static_cast<typename Call::number>(call.zero_point());
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x) {
                const std::size_t row = y - static_cast<std::size_t>(Layer::down),
                                  column = x - static_cast<std::size_t>(Layer::right);
                const bool inside = row < in.height && column < in.width;
                for (std::size_t c = 0; c < out.channels; ++c)
                    call.out[kernels::pixel_offset<out>(0, y, x) + c] =
                        inside ? call.in[kernels::pixel_offset<in>(0, row, column) + c] : blank;
            }
    }
};

template <std::size_t Before, std::size_t After, double Value>
struct integer_form<channel_padding<Before, After, Value>> : plain_integer_form {
    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return Value != 0 ? integer_rule::padding_is_zeros : integer_rule::ok;
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::image in = Step::in, out = Step::out;
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x)
                for (std::size_t c = 0; c < out.channels; ++c)
                    call.out[kernels::pixel_offset<out>(0, y, x) + c] =
                        c - Before < in.channels ? call.in[kernels::pixel_offset<in>(0, y, x) + c - Before]
                                                 : static_cast<typename Call::number>(call.zero_point());
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
