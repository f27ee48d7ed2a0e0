// SPDX-License-Identifier: BSL-1.0
/// @file batch_norm.hpp
/// Batch normalization in training (Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network
/// Training by Reducing Internal Covariate Shift", 2015): statistics of each channel over batch, rows and
/// columns. Statistics run over ranges of channels, normalization over ranges of samples; neither's results
/// depend on the ranges.
#pragma once
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/rows/scale_shift.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Options of `batch_norm_statistics`.
template <class T>
struct batch_norm_options {
    /// Added to the variance under the root. Keras: 1e-3, PyTorch: 1e-5.
    T epsilon;
    /// Weight of the old moving average, as in Keras (PyTorch's momentum is one minus this).
    T momentum;
    /// The moving variance estimates with n - 1 (PyTorch) instead of n (Keras). The batch is normalized with
    /// n in both.
    bool unbiased;
};

/// Totals of `term(vector, n, y, x)` over all pixels of the batch for the `count` channels from `c` on: sums
/// of rows, of these sums of samples, of these the total, so that rounding grows with the extents and not
/// with their product.
template <image Image, class T, class Term>
ARCHETYPE_INLINE lanes<T> channel_total(std::size_t batch, const Term& term) {
    lanes<T> total = broadcast(T(0));
    for (std::size_t n = 0; n < batch; ++n) {
        lanes<T> sample = broadcast(T(0));
        for (std::size_t y = 0; y < Image.height; ++y) {
            lanes<T> row = broadcast(T(0));
            for (std::size_t x = 0; x < Image.width; ++x) row = row + term(n, y, x);
            sample = sample + row;
        }
        total = total + sample;
    }
    return total;
}

/// Statistics of the `channels` given over `batch` samples of `in`, in two passes. Writes the batch's mean
/// and 1 / sqrt(variance + epsilon) for `batch_norm_forward` and the backward pass, and updates moving =
/// momentum * moving + (1 - momentum) * batch's, unless `moving_mean` and `moving_variance` are null. All
/// four arrays hold `In.channels` elements; only those of the range are written.
template <image In, class T>
void batch_norm_statistics(const T* in, std::size_t batch, const batch_norm_options<T>& options, T* mean,
                           T* inverse_deviation, T* moving_mean, T* moving_variance, range channels) {
    constexpr std::size_t width = lane_count<T>;
    const T count = T(batch * In.height * In.width);
    for (std::size_t c = channels.first; c < channels.last; c += width) {
        const std::size_t used = channels.last - c < width ? channels.last - c : width;
        const auto value = [&](std::size_t n, std::size_t y, std::size_t x)
                               ARCHETYPE_INLINE_LAMBDA { return load(in + pixel_offset<In>(n, y, x) + c); };
        const lanes<T> average = channel_total<In, T>(batch, value) * broadcast(T(1) / count);
        const lanes<T> squares = channel_total<In, T>(
            batch, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> distance = value(n, y, x) - average;
                return lanes<T>(distance * distance);
            });
        T averages[width], sums[width];
        store<T>(averages, average);
        store<T>(sums, squares);
        for (std::size_t i = 0; i < used; ++i) {
            mean[c + i] = averages[i];
            inverse_deviation[c + i] = T(1) / expression::elementary::sqrt(sums[i] / count + options.epsilon);
            if (moving_mean == nullptr || moving_variance == nullptr) continue;
            // One value has no unbiased variance; its biased one, 0, is kept.
            const T estimate = sums[i] / (options.unbiased && count > T(1) ? count - T(1) : count);
            const T fresh = T(1) - options.momentum;
            moving_mean[c + i] = options.momentum * moving_mean[c + i] + fresh * averages[i];
            moving_variance[c + i] = options.momentum * moving_variance[c + i] + fresh * estimate;
        }
    }
}

/// out = epilogue((in - mean) * inverse_deviation * gamma + beta). `gamma` and `beta` may be null for 1 and
/// 0. In place if the images are equal (the backward pass needs `in`, however).
template <image In, image Out, class T, class Epilogue>
void batch_norm_forward(const T* in, const T* mean, const T* inverse_deviation, const T* gamma, const T* beta,
                        T* out, const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = In.channels;
    T scale[channels + lane_count<T>] = {}, shift[channels + lane_count<T>] = {};
    for (std::size_t c = 0; c < channels; ++c) {
        scale[c] = inverse_deviation[c] * (gamma != nullptr ? gamma[c] : T(1));
        shift[c] = beta != nullptr ? beta[c] : T(0);
    }
    using parameters = channel_parameters<T, channels>;
    const parameters means(mean), scales(scale), shifts(shift);
    transform<In, Out, parameters::across_pixels && runs_across_pixels<Epilogue>>(
        in, out, samples, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
            const std::size_t c = where.channel;
            return epilogue(multiply_add<T>(value - means.at(c), scales.at(c), shifts.at(c)), where);
        });
}

/// Gradients with respect to gamma (sum of gradient times normalized input) and beta (sum of gradient),
/// overwritten, for the `channels` given over the whole batch. Both are needed by `batch_norm_backward`.
template <image In, image GradOut, class T>
void batch_norm_parameter_gradients(const T* in, const T* grad_out, std::size_t batch, const T* mean,
                                    const T* inverse_deviation, T* grad_gamma, T* grad_beta, range channels) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t c = channels.first; c < channels.last; c += width) {
        const std::size_t used = channels.last - c < width ? channels.last - c : width;
        const lanes<T> average = load(mean + c);
        const auto gradient = [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
            return load(grad_out + pixel_offset<GradOut>(n, y, x) + c);
        };
        const lanes<T> product = channel_total<In, T>(
            batch, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
                return lanes<T>((load(in + pixel_offset<In>(n, y, x) + c) - average) * gradient(n, y, x));
            });
        store_partial<T>(grad_gamma + c, product * load(inverse_deviation + c), used);
        store_partial<T>(grad_beta + c, channel_total<In, T>(batch, gradient), used);
    }
}

/// grad_in = epilogue(gradient with respect to `in`) through the batch's statistics, of `batch` samples in
/// all: gamma / sqrt(variance + epsilon) * (g - mean(g) - normalized * mean(g * normalized)). `gamma` may be
/// null for 1; `grad_in` may be `grad_out` if their images are equal.
template <image In, image GradOut, image GradIn, class T, class Epilogue>
void batch_norm_backward(const T* in, const T* grad_out, std::size_t batch, const T* mean,
                         const T* inverse_deviation, const T* gamma, const T* grad_gamma, const T* grad_beta,
                         T* grad_in, const Epilogue& epilogue, range samples) {
    static_assert(In.height == GradIn.height && In.width == GradIn.width && In.channels == GradIn.channels,
                  "all images need the same height, width and channels");
    constexpr std::size_t channels = In.channels;
    T scale[channels + lane_count<T>] = {}, constant[channels + lane_count<T>] = {},
                       slope[channels + lane_count<T>] = {};
    const T inverse_count = T(1) / T(batch * In.height * In.width);
    for (std::size_t c = 0; c < channels; ++c) {
        scale[c] = inverse_deviation[c] * (gamma != nullptr ? gamma[c] : T(1));
        constant[c] = grad_beta[c] * inverse_count;
        slope[c] = grad_gamma[c] * inverse_count * inverse_deviation[c];
    }
    using parameters = channel_parameters<T, channels>;
    const parameters means(mean), scales(scale), constants(constant), slopes(slope);
    constexpr bool rows =
        parameters::across_pixels && runs_across_pixels<Epilogue> && In.pixel_stride == channels;
    transform<GradOut, GradIn, rows>(
        grad_out, grad_in, samples, [&](const lanes<T>& gradient, place where) ARCHETYPE_INLINE_LAMBDA {
            const std::size_t c = where.channel;
            const lanes<T> value = load(in + pixel_offset<In>(where.sample, where.y, where.x) + c);
            const lanes<T> direct = gradient - constants.at(c) - (value - means.at(c)) * slopes.at(c);
            return epilogue(lanes<T>(direct * scales.at(c)), where);
        });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
