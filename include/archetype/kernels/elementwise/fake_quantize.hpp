// SPDX-License-Identifier: BSL-1.0
/// @file fake_quantize.hpp
/// Rounding to multiples of a step within a range, and its straight-through gradient.
#pragma once
#include <archetype/expression/whole_numbers.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The nearest whole number, halves away from zero, as 8-bit kernels round. What is half in integers (a mean of an even
/// number of them) is a few units in the last place less in sums of real numbers: that counts as half, too.
template <class V>
ARCHETYPE_INLINE V nearest_step(const V& x) {
    using A = expression::arithmetic<V>;
    constexpr double half = 0.5 + (sizeof(expression::scalar_of<V>) == 4 ? 0x1p-14 : 0x1p-40);
    return A::copy_sign(expression::elementary::floor(
                            V(A::abs(x) + A::broadcast(static_cast<expression::scalar_of<V>>(half)))),
                        x);
}

/// x to step * clamp(round(x / step), least, most); nothing where the step is 0.
template <class T>
struct fake_quantizer {
    T step, least, most;

    ARCHETYPE_INLINE bool rounds() const { return step > T(0); }
    /// x / step, rounded, unclamped.
    ARCHETYPE_INLINE lanes<T> steps(const lanes<T>& x) const {
        return nearest_step(lanes<T>(x / broadcast(step)));
    }
    ARCHETYPE_INLINE lanes<T> operator()(const lanes<T>& x) const {
        const lanes<T> whole = steps(x), low = broadcast(least), high = broadcast(most);
        return select<T>(whole < low, low, select<T>(high < whole, high, whole)) * broadcast(step);
    }
    /// `gradient` where x is within the range, else 0.
    ARCHETYPE_INLINE lanes<T> passed(const lanes<T>& x, const lanes<T>& gradient) const {
        const lanes<T> whole = steps(x), zero = broadcast(T(0));
        return select<T>(whole < broadcast(least), zero, select<T>(broadcast(most) < whole, zero, gradient));
    }
    T rounded(T x) const {
        if (!rounds()) return x;
        const T whole = nearest_step(T(x / step));
        return (whole < least ? least : most < whole ? most : whole) * step;
    }
    /// The derivative of the result with respect to the step (Esser et al. 2020, eq. 3).
    T step_derivative(T x) const {
        const T exact = x / step, whole = nearest_step(exact);
        return whole < least ? least : most < whole ? most : whole - exact;
    }
};

/// out = epilogue(rounds(in)).
template <image In, image Out, class T, class Epilogue>
void fake_quantize(const T* in, T* out, const fake_quantizer<T>& rounds, const Epilogue& epilogue,
                   range samples) {
    const bool changes = rounds.rounds();
    transform<In, Out, runs_across_pixels<Epilogue>>(
        in, out, samples, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
            return epilogue(changes ? lanes<T>(rounds(value)) : value, where);
        });
}

/// grad_in = epilogue(grad_out where in is within the range, else 0).
template <image In, image GradOut, image GradIn, class T, class Epilogue>
void fake_quantize_backward(const T* in, const T* grad_out, T* grad_in, const fake_quantizer<T>& rounds,
                            const Epilogue& epilogue, range samples) {
    const bool changes = rounds.rounds();
    transform<GradOut, GradIn, false>(
        grad_out, grad_in, samples, [&](const lanes<T>& gradient, place where) ARCHETYPE_INLINE_LAMBDA {
            const T* const x = in + pixel_offset<In>(where.sample, where.y, where.x) + where.channel;
            return epilogue(changes ? lanes<T>(rounds.passed(load(x), gradient)) : gradient, where);
        });
}

/// Calls `visit(sample, row, column, channel)` for each element of the samples of an image.
template <image In, class Visit>
void for_each_element(std::size_t batch, const Visit& visit) {
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x)
                for (std::size_t c = 0; c < In.channels; ++c) visit(n, y, x, c);
}

/// The sum over a batch of grad_out times the derivative with respect to the step, in one order.
template <image In, image GradOut, class T>
T fake_quantize_step_gradient(const T* in, const T* grad_out, const fake_quantizer<T>& rounds,
                              std::size_t batch) {
    T sum{};
    if (rounds.rounds())
        for_each_element<In>(batch, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            sum += grad_out[pixel_offset<GradOut>(n, y, x) + c] *
                   rounds.step_derivative(in[pixel_offset<In>(n, y, x) + c]);
        });
    return sum;
}

/// The smallest and the largest number.
template <class T>
struct number_range {
    T low{}, high{};
};
/// Of a batch, zero among them.
template <image In, class T>
number_range<T> range_of(const T* in, std::size_t batch) {
    number_range<T> seen;
    for_each_element<In>(batch, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        const T value = in[pixel_offset<In>(n, y, x) + c];
        seen.low = value < seen.low ? value : seen.low;
        seen.high = seen.high < value ? value : seen.high;
    });
    return seen;
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
