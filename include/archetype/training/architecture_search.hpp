// SPDX-License-Identifier: BSL-1.0
/// @file architecture_search.hpp
/// Search over architectures: a grid of types, made by the compiler with Boost.Hana, each of them trained and ranked.
#pragma once
#include <archetype/architecture/counts.hpp>
#include <archetype/training/search.hpp>

#include <boost/hana/cartesian_product.hpp>
#include <boost/hana/integral_constant.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
#include <boost/hana/unpack.hpp>
#include <type_traits>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers that an architecture takes one of: `grid_values<"width", 8, 16, 32>{}`. They come as
/// `hana::integral_c<std::size_t, 8>` and so on: `width.value` is a constant.
template <name Name, std::size_t... Values>
struct grid_values {
    static constexpr text_view label = Name.view();
    static constexpr auto options = boost::hana::make_tuple(boost::hana::integral_c<std::size_t, Values>...);
};

/// Layers or blocks that an architecture takes one of: `grid_types<"activation", tanh, relu>{}`. They come as
/// `hana::type_c<tanh>` and so on: `typename decltype(activation)::type` is the type.
template <name Name, class... Types>
struct grid_types {
    static constexpr text_view label = Name.view();
    static constexpr auto options = boost::hana::make_tuple(boost::hana::type_c<Types>...);
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string option_text(std::size_t value, std::size_t) { return std::to_string(value); }
template <class Type>
std::string option_text(boost::hana::basic_type<Type>, std::size_t place) {
    if constexpr (requires { Type::kind; })
        return std::string(text_view(Type::kind));
    else
        return "#" + std::to_string(place + 1);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// All networks that `Build` makes of the combinations of the axes, the last axis changing fastest.
template <class Build, class... Axes>
class architecture_grid {
public:
    /// `build(option of the first axis, option of the second, ...)` returns `hana::type_c<network<...>>`; it is only asked for
    /// its type.
    constexpr explicit architecture_grid(Build, Axes...) {}

    static constexpr auto combinations =
        boost::hana::cartesian_product(boost::hana::make_tuple(Axes::options...));
    static constexpr std::size_t size() { return decltype(boost::hana::length(combinations))::value; }
    /// Network number I.
    template <std::size_t I>
    using network_at = typename decltype(boost::hana::unpack(combinations[boost::hana::size_c<I>],
                                                             std::declval<Build>()))::type;

    /// What network number I is made of.
    template <std::size_t I>
    static candidate candidate_at() {
        candidate made;
        std::size_t rest = I;
        const std::size_t counts[] = {decltype(boost::hana::length(Axes::options))::value...};
        std::size_t places[sizeof...(Axes)];
        for (std::size_t axis = sizeof...(Axes); axis-- > 0; rest /= counts[axis])
            places[axis] = rest % counts[axis];
        const text_view labels[] = {Axes::label...};
        std::size_t axis = 0;
        boost::hana::unpack(combinations[boost::hana::size_c<I>], [&](const auto&... options) {
            const auto add = [&](const auto& option) {
                setting one{std::string(labels[axis]), static_cast<double>(places[axis]),
                            detail::option_text(option, places[axis])};
                if constexpr (requires { option.value; }) one.value = static_cast<double>(option.value);
                made.settings.push_back(std::move(one));
                ++axis;
            };
            (add(options), ...);
        });
        return made;
    }
};

/// Judges every network of a grid by `objective(std::type_identity<Network>{}, seed)`, which makes a model, trains it and
/// returns a score, the smaller the better:
///
///     [&]<class Net>(std::type_identity<Net>, at::seed start) { at::model<Net> net{start}; ... }
///
/// Threads, repeats and errors as `search`. The compiler instantiates the objective for each network.
template <class Build, class... Axes, class Objective>
search_result search_architectures(const architecture_grid<Build, Axes...>&, const Objective& objective,
                                   const search_options& options = {}) {
    using grid = architecture_grid<Build, Axes...>;
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        using call = double (*)(const Objective&, seed);
        static constexpr call calls[] = {[](const Objective& judge, seed start) -> double {
            return judge(std::type_identity<typename grid::template network_at<I>>{}, start);
        }...};
        std::vector<trial> trials{{.what = grid::template candidate_at<I>(),
                                   .parameters = static_cast<std::size_t>(
                                       parameter_count<typename grid::template network_at<I>>)}...};
        return detail::ranked(
            std::move(trials), [&](std::size_t i, seed start) { return calls[i](objective, start); },
            options);
    }
    (std::make_index_sequence<grid::size()>{});
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
