// SPDX-License-Identifier: BSL-1.0
/// @file global_pool2d.hpp
/// Pooling over all pixels of an image: its result has one value per channel.
#pragma once
#include <archetype/kernels/pooling/avg_pool2d.hpp>
#include <archetype/kernels/pooling/max_pool2d.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[c] = epilogue(mean of in[y, x, c] over all pixels); `Out` is an image of 1 x 1 pixel.
template <image In, image Out, class T, class Epilogue>
void global_average_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    avg_pool2d_forward<global_pool2d(In, Out)>(in, out, epilogue, samples);
}

/// grad_in[y, x, c] = epilogue(grad_out[c] / pixels); `GradOut` is an image of 1 x 1 pixel.
template <image GradOut, image GradIn, class T, class Epilogue>
void global_average_pool2d_backward(const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    avg_pool2d_backward<global_pool2d(GradIn, GradOut)>(grad_out, grad_in, epilogue, samples);
}

/// out[c] = epilogue(maximum of in[y, x, c] over all pixels); `Out` is an image of 1 x 1 pixel.
template <image In, image Out, class T, class Epilogue>
void global_max_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    max_pool2d_forward<global_pool2d(In, Out)>(in, out, epilogue, samples);
}

/// grad_in = epilogue(grad_out[c] at the first maximum of channel c, 0 elsewhere).
template <image In, image GradOut, image GradIn, class T, class Epilogue>
void global_max_pool2d_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                                range samples) {
    max_pool2d_backward<global_pool2d(In, GradOut), GradOut, GradIn>(in, grad_out, grad_in, epilogue,
                                                                     samples);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
