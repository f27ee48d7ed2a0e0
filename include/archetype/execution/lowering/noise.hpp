// SPDX-License-Identifier: BSL-1.0
/// @file noise.hpp
/// Noise of training: each layer of a network has its own, each pass another.
#pragma once
#include <archetype/architecture/layers/noise.hpp>
#include <archetype/execution/lowering/pointwise.hpp>
#include <archetype/kernels/elementwise/noise.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `Noise` has `of<Step>(mask)`: what the kernel applies.
template <class Noise>
struct noise_lowering : pointwise_lowering {
    template <class Step>
    static constexpr auto noise(std::uint64_t seed) {
        return Noise::template of<Step>(kernels::dropout_mask{seed, Step::index, Step::at.rate});
    }
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::disturb<Step::in, Step::out, false>(call.in, call.out, noise<Step>(call.seed), epilogue,
                                                         samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::disturb<grad_out_image<Step>, grad_in_image<Step>, true>(
                call.grad_out, call.grad_in, noise<Step>(call.seed), epilogue, samples);
        });
    }
};

struct channel_noise {
    template <class Step>
    static constexpr auto of(const kernels::dropout_mask& mask) {
        return kernels::channel_mask<Step::in.channels>{{mask}};
    }
};
template <depth_mode Mode>
struct depth_noise {
    template <class Step>
    static constexpr auto of(const kernels::dropout_mask& mask) {
        return kernels::sample_mask<Mode == depth_mode::batch>{{mask}};
    }
};
struct alpha_noise {
    template <class Step>
    static constexpr auto of(const kernels::dropout_mask& mask) {
        return kernels::alpha_mask(mask);
    }
};
template <bool Factor>
struct gaussian {
    template <class Step>
    static constexpr auto of(const kernels::dropout_mask& mask) {
        return kernels::normal_noise<Factor>{
            {mask}, Factor ? expression::elementary::sqrt(mask.rate / (1 - mask.rate)) : mask.rate};
    }
};

template <auto Rate>
struct lowering<spatial_dropout<Rate>> : noise_lowering<channel_noise> {};
template <auto Rate>
struct lowering<alpha_dropout<Rate>> : noise_lowering<alpha_noise> {};
template <auto Rate>
struct lowering<gaussian_dropout<Rate>> : noise_lowering<gaussian<true>> {};
template <auto Deviation>
struct lowering<gaussian_noise<Deviation>> : noise_lowering<gaussian<false>> {};
template <auto Rate, depth_mode Mode>
struct lowering<stochastic_depth<Rate, Mode>> : noise_lowering<depth_noise<Mode>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
