// SPDX-License-Identifier: BSL-1.0
/// @file set_norm.hpp
/// Normalization over sets of a sample's elements: all rows or each, all columns or each, channels in pieces. Group, instance,
/// layer and root-mean-square normalization are such. The backward pass computes mean and variance anew: nothing is stored.
#pragma once
#include <archetype/kernels/rows/layer_norm.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Which elements share a mean and a variance, and which a factor and a shift.
struct norm_sets {
    bool rows = true, columns = true;  ///< all of them together
    std::size_t pieces = 1;            ///< of the channels
    bool of_elements =
        false;  ///< a factor for each element of a set (pieces: 1 or one for each channel), else for each channel
    bool centered = true;  ///< else the mean stays, and the variance is the mean square
};

/// Walks over the sets of an image, a set for each piece at a time.
template <image In, norm_sets Sets, class T>
struct set_walk {
    static constexpr std::size_t channels = In.channels, room = channels + lane_count<T>,
                                 piece = channels / Sets.pieces, height = Sets.rows ? In.height : 1,
                                 width = Sets.columns ? In.width : 1;
    static constexpr bool has_channel = Sets.pieces != channels || !Sets.of_elements;
    static constexpr T share = T(1) / T(height * width * piece);
    using numbers = T[room];

    /// body(first row, first column)
    template <class Body>
    ARCHETYPE_INLINE static void each(const Body& body) {
        for (std::size_t y = 0; y < In.height; y += height)
            for (std::size_t x = 0; x < In.width; x += width) body(y, x);
    }
    /// body(row, column) for the pixels of a set
    template <class Body>
    ARCHETYPE_INLINE static void pixels(std::size_t top, std::size_t left, const Body& body) {
        for (std::size_t y = top; y < top + height; ++y)
            for (std::size_t x = left; x < left + width; ++x) body(y, x);
    }
    /// Where the factor of an element stands.
    ARCHETYPE_INLINE static std::size_t parameter(std::size_t y, std::size_t x, std::size_t c) {
        if constexpr (!Sets.of_elements) return c;
        const std::size_t pixel = (Sets.rows ? y * width : 0) + (Sets.columns ? x : 0);
        return has_channel ? pixel * channels + c : pixel;
    }
    ARCHETYPE_INLINE static lanes<T> factor(const T* gamma, std::size_t y, std::size_t x, std::size_t c) {
        if (gamma == nullptr) return broadcast(T(1));
        return has_channel ? load(gamma + parameter(y, x, c)) : broadcast(gamma[parameter(y, x, c)]);
    }
    ARCHETYPE_INLINE static lanes<T> shift(const T* beta, std::size_t y, std::size_t x, std::size_t c) {
        if (beta == nullptr) return broadcast(T(0));
        return has_channel ? load(beta + parameter(y, x, c)) : broadcast(beta[parameter(y, x, c)]);
    }

    /// to[c] = mean over the set of c of term(y, x, c): sums of rows, of these the total.
    template <class Term>
    ARCHETYPE_INLINE static void mean(std::size_t top, std::size_t left, T* to, const Term& term) {
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t) ARCHETYPE_INLINE_LAMBDA {
            lanes<T> total = broadcast(T(0));
            for (std::size_t y = top; y < top + height; ++y) {
                lanes<T> row = broadcast(T(0));
                for (std::size_t x = left; x < left + width; ++x) row = row + term(y, x, c);
                total = total + row;
            }
            store<T>(to + c, total);
        });
        for (std::size_t p = 0; p < channels; p += piece) {
            T sum = T(0);
            for (std::size_t c = p; c < p + piece; ++c) sum += to[c];
            for (std::size_t c = p; c < p + piece; ++c) to[c] = sum * share;
        }
    }
    /// Mean and 1 / sqrt(variance + epsilon) of the sets, for each channel.
    ARCHETYPE_INLINE static void statistics(const T* in, std::size_t n, std::size_t top, std::size_t left,
                                            T epsilon, T* middle, T* inverse) {
        if constexpr (Sets.centered)
            mean(top, left, middle, [&](std::size_t y, std::size_t x, std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                return load(in + pixel_offset<In>(n, y, x) + c);
            });
        else
            for (std::size_t c = 0; c < room; ++c) middle[c] = T(0);
        mean(top, left, inverse, [&](std::size_t y, std::size_t x, std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> distance = load(in + pixel_offset<In>(n, y, x) + c) - load(middle + c);
            return lanes<T>(distance * distance);
        });
        for (std::size_t p = 0; p < channels; p += piece) {
            const T scale = T(1) / expression::elementary::sqrt(inverse[p] + epsilon);
            for (std::size_t c = p; c < p + piece; ++c) inverse[c] = scale;
        }
    }
};

/// out = epilogue(gamma (in - mean) / sqrt(variance + epsilon) + beta). `gamma` and `beta` may be null for 1 and 0. In place
/// if the images are equal.
template <norm_sets Sets, image In, image Out, class T, class Epilogue>
void set_norm_forward(const T* in, const T* gamma, const T* beta, T epsilon, T* out, const Epilogue& epilogue,
                      range samples) {
    using walk = set_walk<In, Sets, T>;
    typename walk::numbers middle{}, inverse{};
    for (std::size_t n = samples.first; n < samples.last; ++n)
        walk::each([&](std::size_t top, std::size_t left) {
            walk::statistics(in, n, top, left, epsilon, middle, inverse);
            walk::pixels(top, left, [&](std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
                const T* const from = in + pixel_offset<In>(n, y, x);
                T* const to = out + pixel_offset<Out>(n, y, x);
                for_channel_parts<T, In.channels>([&](std::size_t c,
                                                      std::size_t count) ARCHETYPE_INLINE_LAMBDA {
                    const lanes<T> normalized = (load(from + c) - load(middle + c)) * load(inverse + c);
                    const lanes<T> value =
                        multiply_add<T>(normalized, walk::factor(gamma, y, x, c), walk::shift(beta, y, x, c));
                    store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
                });
            });
        });
}

/// Gradients with respect to gamma (sums of gradient times normalized input) and beta (of the gradient) over the batch;
/// either may be null.
template <norm_sets Sets, image In, image GradOut, class T>
void set_norm_parameter_gradients(const T* in, const T* grad_out, T epsilon, T* grad_gamma, T* grad_beta,
                                  std::size_t batch) {
    using walk = set_walk<In, Sets, T>;
    constexpr std::size_t count =
        !Sets.of_elements ? In.channels : walk::height * walk::width * (walk::has_channel ? In.channels : 1);
    for (T* const sums : {grad_gamma, grad_beta})
        for (std::size_t i = 0; sums != nullptr && i < count; ++i) sums[i] = T(0);
    typename walk::numbers middle{}, inverse{};
    const auto add = [&](T* sums, std::size_t at, const lanes<T>& value, std::size_t used) {
        if (sums == nullptr) return;
        if constexpr (walk::has_channel) {
            store_partial<T>(sums + at, load_partial(sums + at, used) + value, used);
        } else {
            T elements[lane_count<T>];
            store<T>(elements, value);
            for (std::size_t i = 0; i < used; ++i) sums[at] += elements[i];
        }
    };
    for (std::size_t n = 0; n < batch; ++n)
        walk::each([&](std::size_t top, std::size_t left) {
            walk::statistics(in, n, top, left, epsilon, middle, inverse);
            walk::pixels(top, left, [&](std::size_t y, std::size_t x) {
                const T* const from = in + pixel_offset<In>(n, y, x);
                const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
                for_channel_parts<T, In.channels>([&](std::size_t c, std::size_t used) {
                    const lanes<T> normalized = (load(from + c) - load(middle + c)) * load(inverse + c),
                                   given = load(gradient + c);
                    add(grad_gamma, walk::parameter(y, x, c), lanes<T>(given * normalized), used);
                    add(grad_beta, walk::parameter(y, x, c), given, used);
                });
            });
        });
}

/// grad_in = epilogue((h - mean(h) - normalized * mean(h * normalized)) / sqrt(variance + epsilon)) with h = gamma * grad_out
/// and means over the set; mean(h) stays where the mean does. `grad_in` may be `grad_out` if their images are equal.
template <norm_sets Sets, image In, image GradOut, image GradIn, class T, class Epilogue>
void set_norm_backward(const T* in, const T* grad_out, const T* gamma, T epsilon, T* grad_in,
                       const Epilogue& epilogue, range samples) {
    using walk = set_walk<In, Sets, T>;
    typename walk::numbers middle{}, inverse{}, constant{}, slope{};
    for (std::size_t n = samples.first; n < samples.last; ++n)
        walk::each([&](std::size_t top, std::size_t left) {
            walk::statistics(in, n, top, left, epsilon, middle, inverse);
            const auto given = [&](std::size_t y, std::size_t x, std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                return lanes<T>(load(grad_out + pixel_offset<GradOut>(n, y, x) + c) *
                                walk::factor(gamma, y, x, c));
            };
            const auto normalized = [&](std::size_t y, std::size_t x, std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                return lanes<T>((load(in + pixel_offset<In>(n, y, x) + c) - load(middle + c)) *
                                load(inverse + c));
            };
            if constexpr (Sets.centered) walk::mean(top, left, constant, given);
            walk::mean(top, left, slope,
                       [&](std::size_t y, std::size_t x, std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                           return lanes<T>(given(y, x, c) * normalized(y, x, c));
                       });
            walk::pixels(top, left, [&](std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
                T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
                for_channel_parts<T, In.channels>(
                    [&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
                        const lanes<T> value =
                            (given(y, x, c) - load(constant + c) - normalized(y, x, c) * load(slope + c)) *
                            load(inverse + c);
                        store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
                    });
            });
        });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
