// SPDX-License-Identifier: BSL-1.0
/// @file dense_backward.hpp
/// Gradients of a dense layer for small processors: from the logical weights, without a copy of them, and row by row, so that
/// nobody must keep all gradients of the weights.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// sums[r] = the sum over f of weights[r * filters + f] * gradient[f], f from 0 on.
template <class T, std::size_t Rows>
[[gnu::noinline]] void multiply_weight_rows(const T* weights, const T* gradient, std::size_t filters,
                                            T* sums) {
    lanes<T> sum[Rows];
    const T* row[Rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) sum[r] = broadcast(T{}), row[r] = weights + r * filters;
    const auto step = [&](std::size_t f) ARCHETYPE_INLINE_LAMBDA {
        const T factor = gradient[f];
#pragma GCC unroll 8
        for (std::size_t r = 0; r < Rows; ++r) sum[r] = multiply_add<T>(factor, row[r][f], sum[r]);
    };
    std::size_t f = 0;
    for (; f + 4 <= filters; f += 4) {
        step(f);
        step(f + 1);
        step(f + 2);
        step(f + 3);
    }
    for (; f < filters; ++f) step(f);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) sums[r] = sum[r];
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// grad_in = epilogue(weights times grad_out) of a layer of `inputs` x `filters` weights, with one lane. Every sum is in the
/// order of the filters.
template <image GradOut, image GradIn, class T, class Epilogue>
void dense_backward_input(const T* grad_out, const T* weights, T* grad_in, const Epilogue& epilogue,
                          range samples) {
    constexpr std::size_t inputs = GradIn.channels, filters = GradOut.channels, block = inputs < 4 ? 1 : 4;
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const T* const from = grad_out + n * GradOut.sample_stride + GradOut.offset;
        T* const to = grad_in + n * GradIn.sample_stride + GradIn.offset;
        for (std::size_t next = 0; next < inputs; next += block) {
            const std::size_t first = next + block <= inputs ? next : inputs - block;
            T sums[block];
            detail::multiply_weight_rows<T, block>(weights + first * filters, from, filters, sums);
            for (std::size_t r = next - first; r < block; ++r)
                to[first + r] = epilogue(sums[r], place{n, 0, 0, first + r});
        }
    }
}

/// Row `input` of the weights' gradient: to[f] = the sum over samples of in[input] * grad_out[f], with one lane.
template <image In, image GradOut, class T>
void dense_gradient_row(const T* in, const T* grad_out, std::size_t input, std::size_t batch, T* to) {
    const T* from = in + In.offset + input;
    const T* slope = grad_out + GradOut.offset;
    for (std::size_t f = 0; f < GradOut.channels; ++f) to[f] = multiply_add<T>(*from, slope[f], T{});
    for (std::size_t n = 1; n < batch; ++n) {
        from += In.sample_stride, slope += GradOut.sample_stride;
        for (std::size_t f = 0; f < GradOut.channels; ++f) to[f] = multiply_add<T>(*from, slope[f], to[f]);
    }
}
/// The gradient of the bias: the sum over samples of grad_out.
template <image GradOut, class T>
void dense_gradient_bias(const T* grad_out, std::size_t batch, T* to) {
    for (std::size_t f = 0; f < GradOut.channels; ++f) {
        T sum{};
        for (std::size_t n = 0; n < batch; ++n)
            sum = sum + grad_out[n * GradOut.sample_stride + GradOut.offset + f];
        to[f] = sum;
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
