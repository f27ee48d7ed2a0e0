// SPDX-License-Identifier: BSL-1.0
/// @file dense.hpp
/// Dense layers, forward and backward: convolutions of one position, whose rows are the samples of a batch.
#pragma once
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {
template <dense_geometry G>
inline constexpr conv2d_geometry dense_convolution = as_convolution(G);
template <dense_geometry G>
inline constexpr conv2d_backward_geometry dense_backward{dense_convolution<G>, dense_convolution<G>.out,
                                                         dense_convolution<G>.in};
}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The weights `dense_forward` reads: `prepared_size` (0: the logical [in][out] themselves) and `prepare`.
template <dense_geometry G, class T>
using dense_weights = conv2d_weights<detail::dense_convolution<G>, T>;

/// The weights `dense_backward_input` reads.
template <dense_geometry G, class T>
using dense_transposed_weights = conv2d_transposed_weights<detail::dense_convolution<G>, T>;

template <dense_geometry G, class T>
inline constexpr std::size_t dense_weight_tasks = conv2d_weight_tasks<detail::dense_backward<G>, T>;

/// Elements of workspace per thread.
template <dense_geometry G, class T>
inline constexpr std::size_t dense_forward_workspace =
    conv2d_forward_workspace<detail::dense_convolution<G>, T>;
template <dense_geometry G, class T>
inline constexpr std::size_t dense_backward_input_workspace =
    conv2d_backward_input_workspace<detail::dense_backward<G>, T>;
template <dense_geometry G, class T>
inline constexpr std::size_t dense_backward_weights_workspace =
    conv2d_backward_weights_workspace<detail::dense_backward<G>, T>;

/// out = epilogue(in * weights + bias) for the samples of a range. `weights` are prepared ones where
/// `dense_weights<G, T>::prepared_size` is not 0; `bias` may be null.
template <dense_geometry G, class T, class Epilogue = identity_epilogue>
void dense_forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                   range samples, T* workspace = nullptr) {
    conv2d_forward<detail::dense_convolution<G>, T>(in, weights, bias, out, epilogue, samples, workspace);
}

/// grad_in = epilogue(grad_out * transposed weights) for the samples of a range; overwritten.
template <dense_geometry G, class T, class Epilogue = identity_epilogue>
void dense_backward_input(const T* grad_out, const T* transposed, T* grad_in, const Epilogue& epilogue,
                          range samples, T* workspace = nullptr) {
    conv2d_backward_input<detail::dense_backward<G>, T>(grad_out, transposed, grad_in, epilogue, samples,
                                                        workspace);
}

/// grad_weights [in][out] and grad_bias (may be null), summed over the batch; `accumulate` adds to what is
/// there.
template <dense_geometry G, class T>
void dense_backward_weights(const T* in, const T* grad_out, T* grad_weights, T* grad_bias, bool accumulate,
                            std::size_t batch, range tasks, T* workspace) {
    conv2d_backward_weights<detail::dense_backward<G>, T>(in, grad_out, grad_weights, grad_bias, accumulate,
                                                          batch, tasks, workspace);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
