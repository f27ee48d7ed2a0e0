// SPDX-License-Identifier: BSL-1.0
/// @file noise.hpp
/// Random factors and addends of elements, channels and samples, as `dropout.hpp` has its mask: functions of seed, step and
/// position, made anew by the backward pass.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/trigonometry.hpp>
#include <archetype/kernels/elementwise/dropout.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Normal numbers for the elements from `first` on, by Box and Muller's transform ("A Note on the Generation of Random Normal
/// Deviates", 1958) of two words of 32 bits for each.
template <class T>
ARCHETYPE_INLINE lanes<T> normal_numbers(std::uint64_t key, std::uint32_t first) {
    // Another key, so that the two words of an element do not know of each other.
    const std::uint64_t turned = (key << 32 | key >> 32) ^ 0xa0761d6478bd642fu;
    T share[lane_count<T>], turn[lane_count<T>];
    for (std::uint32_t i = 0; i < lane_count<T>; ++i) {
        share[i] = (static_cast<T>(dropout_mask::bits(key, first + i)) + T(0.5)) * T(0x1p-32);
        turn[i] = static_cast<T>(dropout_mask::bits(turned, first + i)) * T(0x1.921fb54442d18p+2 * 0x1p-32);
    }
    namespace functions = expression::elementary;
    const lanes<T> square = broadcast(T(-2)) * functions::log(load(share));
    return functions::sqrt(square) * functions::cos(load(turn));
}

/// What a noise does to a vector of elements of one sample: `forward` to values, `backward` to gradients. `mask` has seed,
/// step and rate; `first` is the place of the first element in its sample.
struct element_noise {
    dropout_mask mask;
    std::uint64_t key(std::size_t n) const { return mask.key(n); }
};

/// Whole channels are dropped.
template <std::size_t Channels>
struct channel_mask : element_noise {
    template <class T>
    ARCHETYPE_INLINE lanes<T> forward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        T factors[lane_count<T>];
        const std::uint32_t threshold = mask.threshold();
        for (std::uint32_t i = 0; i < lane_count<T>; ++i)
            factors[i] = dropout_mask::bits(key, (first + i) % Channels) < threshold
                             ? T(0)
                             : static_cast<T>(mask.scale());
        return value * load(factors);
    }
    template <class T>
    ARCHETYPE_INLINE lanes<T> backward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        return forward<T>(value, key, first);
    }
};

/// Whole samples, or batches, are dropped.
template <bool Batch>
struct sample_mask : element_noise {
    std::uint64_t key(std::size_t n) const { return mask.key(Batch ? 0 : n); }
    template <class T>
    ARCHETYPE_INLINE lanes<T> forward(const lanes<T>& value, std::uint64_t key, std::uint32_t) const {
        return value *
               broadcast(dropout_mask::bits(key, 0) < mask.threshold() ? T(0) : static_cast<T>(mask.scale()));
    }
    template <class T>
    ARCHETYPE_INLINE lanes<T> backward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        return forward<T>(value, key, first);
    }
};

/// Dropped elements become `dropped`, kept ones `factor` x + `addend`.
struct affine_mask : element_noise {
    double factor = 1, addend = 0, dropped = 0;
    template <class T>
    ARCHETYPE_INLINE lanes<T> forward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        T factors[lane_count<T>], addends[lane_count<T>];
        const std::uint32_t threshold = mask.threshold();
        for (std::uint32_t i = 0; i < lane_count<T>; ++i) {
            const bool drops = dropout_mask::bits(key, first + i) < threshold;
            factors[i] = drops ? T(0) : static_cast<T>(factor);
            addends[i] = static_cast<T>(drops ? dropped : addend);
        }
        return value * load(factors) + load(addends);
    }
    template <class T>
    ARCHETYPE_INLINE lanes<T> backward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        T factors[lane_count<T>];
        const std::uint32_t threshold = mask.threshold();
        for (std::uint32_t i = 0; i < lane_count<T>; ++i)
            factors[i] = dropout_mask::bits(key, first + i) < threshold ? T(0) : static_cast<T>(factor);
        return value * load(factors);
    }
};
/// Klambauer et al. 2017, section "Maintaining self-normalization by alpha dropout".
constexpr affine_mask alpha_mask(const dropout_mask& mask) {
    constexpr double lowest = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;
    const double a = 1 / expression::elementary::sqrt((1 - mask.rate) * (1 + mask.rate * lowest * lowest));
    const double b = -a * lowest * mask.rate;
    return {{mask}, a, b, a * lowest + b};
}

/// Elements times numbers of mean 1, or with additional numbers of mean 0.
template <bool Factor>
struct normal_noise : element_noise {
    double deviation = 0;
    template <class T>
    ARCHETYPE_INLINE lanes<T> forward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        const lanes<T> drawn = normal_numbers<T>(key, first) * broadcast(static_cast<T>(deviation));
        if constexpr (Factor)
            return value * (broadcast(T(1)) + drawn);
        else
            return value + drawn;
    }
    template <class T>
    ARCHETYPE_INLINE lanes<T> backward(const lanes<T>& value, std::uint64_t key, std::uint32_t first) const {
        if constexpr (Factor)
            return forward<T>(value, key, first);
        else
            return value;
    }
};

/// out = epilogue(noise(in)), of values or (`Backward`) of gradients. In place if the images are equal.
template <image In, image Out, bool Backward, class T, class Noise, class Epilogue>
void disturb(const T* in, T* out, const Noise& noise, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const std::uint64_t key = noise.key(n);
        transform<In, Out, runs_across_pixels<Epilogue>>(
            in, out, {n, n + 1}, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
                const auto first =
                    static_cast<std::uint32_t>((where.y * In.width + where.x) * In.channels + where.channel);
                if constexpr (Backward)
                    return epilogue(noise.template backward<T>(value, key, first), where);
                else
                    return epilogue(noise.template forward<T>(value, key, first), where);
            });
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
