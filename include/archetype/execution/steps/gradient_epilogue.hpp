// SPDX-License-Identifier: BSL-1.0
/// @file gradient_epilogue.hpp
/// What a loop of the backward pass does to each gradient that it computes, before it stores it: adds the other terms,
/// multiplies with the derivative of the activation that the value ends with.
#pragma once
#include <archetype/execution/steps/gradient_plan.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How the elements of a term lie, and what they are multiplied with.
struct term_layout {
    kernels::image layout{};
    double scale = 1;
    constexpr bool operator==(const term_layout&) const = default;
};

/// Where element `at` of an image lies.
template <kernels::image Image>
ARCHETYPE_INLINE std::size_t element_offset(const kernels::place& at) {
    return Image.offset + at.sample * Image.sample_stride + at.y * Image.row_stride +
           at.x * Image.pixel_stride + at.channel;
}

/// (gradient + terms) * derivative of `Activation` (void: none) at its result.
template <class T, class Activation, kernels::image Result, term_layout... Terms>
struct gradient_epilogue {
    static constexpr bool across_pixels =
        (std::is_void_v<Activation> || Result.pixel_stride == Result.channels) &&
        ((Terms.layout.pixel_stride == Terms.layout.channels) && ...);
    const T* result;
    std::array<const T*, sizeof...(Terms)> terms;

    ARCHETYPE_INLINE kernels::lanes<T> operator()(kernels::lanes<T> gradient,
                                                  const kernels::place& at) const {
        std::size_t next = 0;
        ((gradient = gradient +
                     scaled<Terms.scale>(kernels::load(terms[next++] + element_offset<Terms.layout>(at)))),
         ...);
        if constexpr (std::is_void_v<Activation>)
            return gradient;
        else
            return expression::gradient_from_output(
                expression_of<Activation>, kernels::load(result + element_offset<Result>(at)), gradient);
    }

    template <double Scale>
    ARCHETYPE_INLINE static kernels::lanes<T> scaled(const kernels::lanes<T>& term) {
        if constexpr (Scale == 1)
            return term;
        else
            return term * kernels::broadcast(static_cast<T>(Scale));
    }
};

/// The activation whose derivative a write of value `V` applies.
template <class Net, bool Applies, std::size_t V>
struct applied_activation {
    using type = void;
};
template <class Net, std::size_t V>
struct applied_activation<Net, true, V> {
    using type = boost::mp11::mp_at_c<layers_of<Net>, last_activation<Net>(V)>;
};

/// The epilogue of a write of value `V`, seen with the shape `Taken`. The first `Skip` terms are left out.
/// @param result    the value
/// @param place_of  where a slot lies
template <class Net, class T, std::size_t V, shape Taken, gradient_write Write, std::size_t Skip = 0,
          class PlaceOf>
auto epilogue_of_write(const T* result, const PlaceOf& place_of) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        constexpr const auto& terms = gradient_plan<Net>.terms;
        return gradient_epilogue < T, typename applied_activation<Net, Write.derivative, V>::type,
               Write.derivative ? image_of(training_plan<Net>.values[V], Taken) : kernels::image{},
               term_layout{terms[Write.first_term + Skip + I].layout,
                           terms[Write.first_term + Skip + I].scale}... >
                   {result, {place_of(terms[Write.first_term + Skip + I].slot)...}};
    }
    (std::make_index_sequence<(Write.term_count > Skip ? Write.term_count - Skip : 0)>{});
}

/// The gradient of input `I` of a join, which all come as pointers, in their order, from images that may repeat.
template <class T, class Join, std::size_t I, class Next, kernels::stretched_image... Values>
struct join_gradient {
    static constexpr std::size_t count = sizeof...(Values);
    static constexpr double share = std::is_same_v<Join, add>         ? 1
                                    : std::is_same_v<Join, average>   ? 1.0 / count
                                    : !std::is_same_v<Join, subtract> ? 0
                                                                      : (I == 0 ? 1 : -1);
    static constexpr bool across_pixels =
        (share != 0 || (Values.runs_across_pixels() && ...)) && kernels::runs_across_pixels<Next>;
    std::array<const T*, sizeof...(Values)> values;
    Next next;

    ARCHETYPE_INLINE kernels::lanes<T> operator()(kernels::lanes<T> gradient,
                                                  const kernels::place& at) const {
        if constexpr (share == 1) {
        } else if constexpr (share != 0) {
            gradient = gradient * kernels::broadcast(static_cast<T>(share));
        } else if constexpr (std::is_same_v<Join, divide>) {
            const kernels::lanes<T> below = value<1>(at);
            gradient = quotient(gradient, below);
            if constexpr (I == 1) gradient = -gradient * quotient(value<0>(at), below);
        } else {
            [&]<std::size_t... K>(std::index_sequence<K...>) __attribute__((always_inline)) {
                const kernels::lanes<T> own = value<I>(at);
                ((gradient = K == I ? gradient : with<(K < I)>(gradient, own, value<K>(at))), ...);
            }
            (std::make_index_sequence<count>{});
        }
        return next(gradient, at);
    }

private:
    ARCHETYPE_INLINE static kernels::lanes<T> quotient(const kernels::lanes<T>& a,
                                                       const kernels::lanes<T>& b) {
        return expression::arithmetic<kernels::lanes<T>>::quotient(a, b);
    }
    template <std::size_t K>
    ARCHETYPE_INLINE kernels::lanes<T> value(const kernels::place& at) const {
        static constexpr kernels::stretched_image layouts[] = {Values...};
        return kernels::load_stretched<layouts[K]>(values[K], at);
    }
    /// Of equal candidates, the first is the maximum (or minimum).
    template <bool Before>
    ARCHETYPE_INLINE static kernels::lanes<T> with(const kernels::lanes<T>& gradient,
                                                   const kernels::lanes<T>& own,
                                                   const kernels::lanes<T>& other) {
        if constexpr (std::is_same_v<Join, minimum>)
            return with_larger<Before>(gradient, other, own);
        else if constexpr (!std::is_same_v<Join, multiply>)
            return with_larger<Before>(gradient, own, other);
        else
            return gradient * other;
    }
    template <bool Before>
    ARCHETYPE_INLINE static kernels::lanes<T> with_larger(const kernels::lanes<T>& gradient,
                                                          const kernels::lanes<T>& own,
                                                          const kernels::lanes<T>& other) {
        const kernels::lanes<T> nothing = kernels::broadcast(T(0));
        if constexpr (Before)
            return kernels::select<T>(own <= other, nothing, gradient);
        else
            return kernels::select<T>(own < other, nothing, gradient);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
