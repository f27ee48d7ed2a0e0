// SPDX-License-Identifier: BSL-1.0
/// @file local_response_norm.hpp
/// Local response normalization as a step.
#pragma once
#include <archetype/architecture/layers/normalization/local_response_norm.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/local_response_norm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Size, double Alpha, double Beta, double K>
struct lowering<local_response_norm<Size, Alpha, Beta, K>>
    : kernel_lowering<lowering<local_response_norm<Size, Alpha, Beta, K>>> {
    template <class T>
    static constexpr kernels::response_norm<T> norm{Size, static_cast<T>(Alpha), static_cast<T>(Beta),
                                                    static_cast<T>(K)};

    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::local_response_norm_forward<Size, In, Out>(in, out, norm<T>, epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::local_response_norm_backward<Size, Step::in, grad_out_image<Step>, grad_in_image<Step>>(
            call.in, call.grad_out, call.grad_in, norm<T>, epilogue, samples);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t i = 0; i < Step::in.size(); ++i) {
            const std::size_t c = i % channels, pixel = i - c;
            T squares{};
            for (std::size_t k = c < Size / 2 ? 0 : c - Size / 2; k <= c + (Size - 1) / 2 && k < channels;
                 ++k)
                squares += in[pixel + k] * in[pixel + k];
            const T base = norm<T>.k + norm<T>.alpha / static_cast<T>(Size) * squares;
            out[i] = in[i] * expression::elementary::exp(-norm<T>.beta * expression::elementary::log(base));
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
