// SPDX-License-Identifier: BSL-1.0
/// @file resize2d.hpp
/// Upsampling, zero padding and cropping.
#pragma once
#include <archetype/architecture/layers/resize2d.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/elementwise/shift2d.hpp>
#include <archetype/kernels/elementwise/upsampling2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct upsampling_lowering : kernel_lowering<upsampling_lowering<Layer>> {
    template <class Step>
    static constexpr bool reads_input = false;
    static constexpr bool linear = Layer::options.has(option::bilinear);

    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::upsampling2d_forward<linear, In, Out>(in, out, epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::upsampling2d_backward<linear, grad_out_image<Step>, grad_in_image<Step>>(
            call.grad_out, call.grad_in, epilogue, samples);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t width = Step::in.width, channels = Step::in.channels;
        constexpr kernels::upsampling_axis rows{Step::in.height, Layer::factor.height, linear};
        constexpr kernels::upsampling_axis columns{width, Layer::factor.width, linear};
        for (std::size_t i = 0; i < Layer::factor.area() * Step::in.size(); ++i) {
            const std::size_t y = i / channels / (width * Layer::factor.width);
            const std::size_t x = i / channels % (width * Layer::factor.width), c = i % channels;
            const auto mixed = [&](std::size_t row) {
                const T right = columns.template share<T>(x);
                return in[(row * width + columns.low(x)) * channels + c] * (1 - right) +
                       in[(row * width + columns.high(x)) * channels + c] * right;
            };
            const T below = rows.template share<T>(y);
            out[i] = mixed(rows.low(y)) * (1 - below) + mixed(rows.high(y)) * below;
        }
    }
};

template <auto Factor, class... Options>
struct lowering<upsampling2d<Factor, Options...>> : upsampling_lowering<upsampling2d<Factor, Options...>> {};
template <std::size_t Factor>
struct lowering<upsampling1d<Factor>> : upsampling_lowering<upsampling1d<Factor>> {};

/// Layers that move the image `down` and to the `right` within another frame.
template <class Layer>
struct shift_lowering : kernel_lowering<shift_lowering<Layer>> {
    template <class Step>
    static constexpr bool reads_input = false;
    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::shift2d<Layer::down, Layer::right, In, Out>(in, out, epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::shift2d<-Layer::down, -Layer::right, grad_out_image<Step>, grad_in_image<Step>>(
            call.grad_out, call.grad_in, epilogue, samples);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr kernels::image from = Step::in, to = Step::out;
        for (std::size_t i = 0; i < to.size(); ++i) {
            const std::size_t y = i / to.channels / to.width - static_cast<std::size_t>(Layer::down);
            const std::size_t x = i / to.channels % to.width - static_cast<std::size_t>(Layer::right);
            out[i] = y < from.height && x < from.width
                         ? in[(y * from.width + x) * from.channels + i % from.channels]
                         : T{};
        }
    }
};

template <std::size_t... Sizes>
struct lowering<zero_padding2d<Sizes...>> : shift_lowering<zero_padding2d<Sizes...>> {};
template <std::size_t... Sizes>
struct lowering<cropping2d<Sizes...>> : shift_lowering<cropping2d<Sizes...>> {};
template <std::size_t... Sizes>
struct lowering<zero_padding1d<Sizes...>> : shift_lowering<zero_padding1d<Sizes...>> {};
template <std::size_t... Sizes>
struct lowering<cropping1d<Sizes...>> : shift_lowering<cropping1d<Sizes...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
