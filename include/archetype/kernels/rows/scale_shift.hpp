// SPDX-License-Identifier: BSL-1.0
/// @file scale_shift.hpp
/// An affine function per channel, as inference applies batch normalization, and folding the latter into it
/// or into the weights of the layer before.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Per-channel parameters laid out so that a vector may begin at any element of a row: with fewer channels
/// than lanes the parameters are repeated past the last channel; otherwise the caller's array is used as it
/// is.
template <class T, std::size_t Channels>
class channel_parameters {
    static constexpr bool repeated = Channels < lane_count<T>;
    const T* values_;
    T copies_[repeated ? Channels + lane_count<T> : 1];

public:
    ARCHETYPE_INLINE channel_parameters() : values_(nullptr) {}  ///< nobody asks for any
    ARCHETYPE_INLINE explicit channel_parameters(const T* values) : values_(values) {
        if constexpr (repeated)
            for (std::size_t i = 0; i < Channels + lane_count<T>; ++i) copies_[i] = values[i % Channels];
    }
    /// The parameters of the lanes that begin at channel `c`.
    ARCHETYPE_INLINE lanes<T> at(std::size_t c) const {
        if constexpr (repeated)
            return load(copies_ + c);
        else
            return load(values_ + c);
    }
    /// Whether vectors may run on from pixel to pixel.
    static constexpr bool across_pixels = repeated;
};

/// out = epilogue(in * scale[channel] + shift[channel]). In place if the images are equal.
template <image In, image Out, class T, class Epilogue>
void scale_shift(const T* in, const T* scale, const T* shift, T* out, const Epilogue& epilogue,
                 range samples) {
    using parameters = channel_parameters<T, In.channels>;
    const parameters scales(scale), shifts(shift);
    transform<In, Out, parameters::across_pixels && runs_across_pixels<Epilogue>>(
        in, out, samples, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
            return epilogue(multiply_add<T>(value, scales.at(where.channel), shifts.at(where.channel)),
                            where);
        });
}

/// Batch normalization with fixed statistics as scale and shift:
/// scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale. All arrays hold `channels`
/// elements; `gamma` and `beta` may be null for 1 and 0; `scale` and `shift` may be any of the inputs.
template <class T>
constexpr void fold_batch_norm(const T* gamma, const T* beta, const T* mean, const T* variance, T epsilon,
                               T* scale, T* shift, std::size_t channels) {
    for (std::size_t c = 0; c < channels; ++c) {
        const T factor =
            (gamma != nullptr ? gamma[c] : T(1)) / expression::elementary::sqrt(variance[c] + epsilon);
        const T offset = (beta != nullptr ? beta[c] : T(0)) - mean[c] * factor;
        scale[c] = factor;
        shift[c] = offset;
    }
}

/// Folds a scale and shift of each filter into the convolution or dense layer before it, whose weights are
/// `[rows][filters]` (rows: kernel height * width * channels in, or inputs) and whose bias is `[filters]`.
template <class T>
constexpr void fold_into_weights(T* weights, T* bias, std::size_t rows, std::size_t filters, const T* scale,
                                 const T* shift) {
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t f = 0; f < filters; ++f) weights[r * filters + f] *= scale[f];
    for (std::size_t f = 0; f < filters; ++f) bias[f] = bias[f] * scale[f] + shift[f];
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
