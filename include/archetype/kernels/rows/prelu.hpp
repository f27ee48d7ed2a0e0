// SPDX-License-Identifier: BSL-1.0
/// @file prelu.hpp
/// Rectifiers with slopes below 0 that are trained (He et al. 2015).
#pragma once
#include <archetype/kernels/rows/batch_norm.hpp>
#include <archetype/kernels/rows/softmax.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// How many slopes there are.
enum class slope_count { one, of_channels, of_elements };

/// The slopes of the lanes that begin at a place; those of elements lie as an image without gaps.
template <slope_count Count, image In, class T>
class prelu_slopes {
    using of_channel = channel_parameters<T, In.channels>;
    const T* values_;
    of_channel channels_;

public:
    ARCHETYPE_INLINE explicit prelu_slopes(const T* values)
        : values_(values), channels_(Count == slope_count::of_channels ? of_channel(values) : of_channel()) {}
    static constexpr bool across_pixels =
        Count == slope_count::one || (Count == slope_count::of_channels && of_channel::across_pixels);
    ARCHETYPE_INLINE lanes<T> at(const place& where) const {
        if constexpr (Count == slope_count::one)
            return broadcast(*values_);
        else if constexpr (Count == slope_count::of_channels)
            return channels_.at(where.channel);
        else
            return load(values_ + (where.y * In.width + where.x) * In.channels + where.channel);
    }
};

/// out = in where in > 0, elsewhere slope * in. In place if the images are equal.
template <slope_count Count, image In, image Out, class T>
void prelu_forward(const T* in, const T* slopes, T* out, range samples) {
    using slope_type = prelu_slopes<Count, In, T>;
    const slope_type slope(slopes);
    transform<In, Out, slope_type::across_pixels>(
        in, out, samples, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
            return select<T>(value > broadcast(T(0)), value, lanes<T>(value * slope.at(where)));
        });
}

/// grad_in = epilogue(gradient where in > 0, elsewhere slope * gradient).
template <slope_count Count, image In, image GradOut, image GradIn, class T, class Epilogue>
void prelu_backward(const T* in, const T* grad_out, const T* slopes, T* grad_in, const Epilogue& epilogue,
                    range samples) {
    using slope_type = prelu_slopes<Count, In, T>;
    const slope_type slope(slopes);
    constexpr bool rows =
        slope_type::across_pixels && runs_across_pixels<Epilogue> && In.pixel_stride == In.channels;
    transform<GradOut, GradIn, rows>(
        grad_out, grad_in, samples, [&](const lanes<T>& gradient, place where) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> value =
                load(in + pixel_offset<In>(where.sample, where.y, where.x) + where.channel);
            return epilogue(
                select<T>(value > broadcast(T(0)), gradient, lanes<T>(gradient * slope.at(where))), where);
        });
}

/// Gradients of the slopes over the batch: sums of in * gradient where in is not above 0.
template <slope_count Count, image In, image GradOut, class T>
void prelu_slope_gradients(const T* in, const T* grad_out, std::size_t batch, T* grad_slopes) {
    const lanes<T> zero = broadcast(T(0));
    const auto term = [&](std::size_t n, std::size_t y, std::size_t x,
                          std::size_t c) ARCHETYPE_INLINE_LAMBDA {
        const lanes<T> value = load(in + pixel_offset<In>(n, y, x) + c);
        return select<T>(value > zero, zero,
                         lanes<T>(value * load(grad_out + pixel_offset<GradOut>(n, y, x) + c)));
    };
    T total = T(0);
    if constexpr (Count == slope_count::of_elements) {
        for_pixels<In>({0, 1}, [&](std::size_t, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
            for_channel_parts<T, In.channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
                lanes<T> all = zero;
                for (std::size_t n = 0; n < batch; ++n) all = all + term(n, y, x, c);
                store_partial<T>(grad_slopes + (y * In.width + x) * In.channels + c, all, count);
            });
        });
    } else {
        for_channel_parts<T, In.channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            T sums[lane_count<T>];
            store<T>(sums,
                     channel_total<In, T>(batch, [&](std::size_t n, std::size_t y, std::size_t x)
                                                     ARCHETYPE_INLINE_LAMBDA { return term(n, y, x, c); }));
            for (std::size_t i = 0; i < count; ++i)
                if constexpr (Count == slope_count::of_channels)
                    grad_slopes[c + i] = sums[i];
                else
                    total += sums[i];
        });
        if constexpr (Count == slope_count::one) *grad_slopes = total;
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
