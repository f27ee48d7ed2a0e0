// SPDX-License-Identifier: BSL-1.0
/// @file cell.hpp
/// The pointwise part of a recurrent cell for the units of a row: an expression of vectors, and its derivative.
#pragma once
#include <archetype/expression/differentiate.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <array>
#include <utility>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A vector of units for each sample.
template <class T>
struct unit_rows {
    T* at = nullptr;
    std::size_t sample_stride = 0;
    ARCHETYPE_INLINE T* row(std::size_t sample) const { return at + sample * sample_stride; }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class V>
ARCHETYPE_INLINE constexpr std::array<V, 1> as_array(const V& value) {
    return {value};
}
template <class V, std::size_t N>
ARCHETYPE_INLINE constexpr std::array<V, N> as_array(const std::array<V, N>& values) {
    return values;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// results = e(arguments) for the units of one sample. A result may be stored where an argument lies.
template <std::size_t Units, class E, class T, std::size_t Arguments, std::size_t Results>
ARCHETYPE_INLINE void evaluate_cell(const E& e, const std::array<unit_rows<const T>, Arguments>& arguments,
                                    const std::array<unit_rows<T>, Results>& results, std::size_t sample) {
    [&]<std::size_t... A, std::size_t... R>(std::index_sequence<A...>, std::index_sequence<R...>)
        __attribute__((always_inline)) {
        const T* const from[] = {arguments[A].row(sample)...};
        T* const to[] = {results[R].row(sample)...};
        for (std::size_t u = 0; u < Units; u += lane_count<T>) {
            const auto made = expression::evaluate(e, load(from[A] + u)...);
            const auto& values = detail::as_array(made);
            const std::size_t left = Units - u < lane_count<T> ? Units - u : lane_count<T>;
            (store_partial(to[R] + u, lanes<T>(values[R]), left), ...);
        }
    }
    (std::make_index_sequence<Arguments>{}, std::make_index_sequence<Results>{});
}

/// The derivative of e times the adjoints of its results, for the units of one sample: gradient k is added to what is
/// there where `Adds[k]`, else stored. It may be stored where an argument or an adjoint lies. Where `Extra`, `extra` is added
/// to the first adjoint.
template <std::size_t Units, auto Adds, bool Extra, class E, class T, std::size_t Arguments,
          std::size_t Results>
ARCHETYPE_INLINE void differentiate_cell(const E& e,
                                         const std::array<unit_rows<const T>, Arguments>& arguments,
                                         const std::array<unit_rows<const T>, Results>& adjoints,
                                         const unit_rows<const T>& extra,
                                         const std::array<unit_rows<T>, Arguments>& gradients,
                                         std::size_t sample) {
    [&]<std::size_t... A, std::size_t... R>(std::index_sequence<A...>, std::index_sequence<R...>)
        __attribute__((always_inline)) {
        constexpr auto& touched = expression::detail::adjoint_plan_of<E, Arguments>.touched;
        const T* const from[] = {arguments[A].row(sample)...};
        const T* const weight[] = {adjoints[R].row(sample)...};
        T* const to[] = {gradients[A].row(sample)...};
        [[maybe_unused]] const T* const more = extra.row(sample);
        for (std::size_t u = 0; u < Units; u += lane_count<T>) {
            std::array<lanes<T>, Results> given{load(weight[R] + u)...};
            if constexpr (Extra) given[0] = given[0] + load(more + u);
            const auto made = expression::detail::differentiate_all(
                e, given, std::array<lanes<T>, Arguments>{load(from[A] + u)...});
            const std::size_t left = Units - u < lane_count<T> ? Units - u : lane_count<T>;
            const auto give = [&]<std::size_t K>(std::integral_constant<std::size_t, K>)
                __attribute__((always_inline)) {
                if constexpr (!Adds[K])
                    store_partial(to[K] + u, made.gradient[K], left);
                else if constexpr (touched[K])
                    store_partial(to[K] + u, lanes<T>(load(to[K] + u) + made.gradient[K]), left);
            };
            (give(std::integral_constant<std::size_t, A>{}), ...);
        }
    }
    (std::make_index_sequence<Arguments>{}, std::make_index_sequence<Results>{});
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
