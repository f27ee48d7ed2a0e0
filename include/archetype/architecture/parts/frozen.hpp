// SPDX-License-Identifier: BSL-1.0
/// @file frozen.hpp
/// Parts that training leaves as they are.
#pragma once
#include <archetype/architecture/path.hpp>

namespace archetype {

/// `Part` with parameters that are not trained: they have no gradient and no state of an optimizer, take no penalty, and
/// count as non-trainable, as with Keras' `trainable = False`. A `batch_norm` in it uses its moving averages in training too
/// and leaves them as they are. Dropout in it still drops. Names and results are those of `Part`.
template <class Part>
struct frozen {};

namespace detail {

template <class Part>
struct part<frozen<Part>> {
    struct content {
        using layers = typename part<Part>::content::layers;
    };
    static constexpr tally size = part<Part>::size;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        ++visitor.freezing;
        part<Part>::visit(visitor);
        --visitor.freezing;
    }
};
template <name Name, class Part>
struct part<named<Name, frozen<Part>>> : part<frozen<named<Name, Part>>> {};
template <class Part>
inline constexpr bool is_named<frozen<Part>> = is_named<Part>;

/// Of the layers before it only those in parts of these names are trained.
template <name... Paths>
struct trains_only {};

template <name... Paths>
struct part<trains_only<Paths...>> {
    struct content {
        using layers = boost::mp11::mp_list<>;
    };
    static constexpr tally size{.scopes = 1};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        if (visitor.failed()) return;
        struct named_scopes {
            const scope* scopes;
            std::size_t scope_count;
        };
        const named_scopes all{visitor.scopes, visitor.facts.scope_count};
        std::size_t found[sizeof...(Paths)]{};
        std::size_t count = 0;
        for (const text_view path : {Paths.view()...}) {
            found[count] = find_scope(all, path);
            if (found[count++] != all.scope_count) continue;
            visitor.facts.first_fault = {rule::part_does_not_exist, 0, visitor.shape_of(visitor.current),
                                         visitor.add_scope(path)};
            return;
        }
        const auto is_named_here = [&](std::size_t n) {
            for (const std::size_t s : found)
                if (n >= all.scopes[s].first && n < all.scopes[s].last) return true;
            return false;
        };
        // What is shared is trained if one of those that share it is.
        for (std::size_t n = 0; n < visitor.facts.node_count; ++n) {
            const std::size_t owner = visitor.nodes[n].shares == none ? n : visitor.nodes[n].shares;
            bool is_trained = is_named_here(n);
            for (std::size_t other = 0; visitor.shared_count != 0 && other < visitor.facts.node_count;
                 ++other)
                is_trained = is_trained || ((other == owner || visitor.nodes[other].shares == owner) &&
                                            is_named_here(other));
            if (!is_trained) visitor.freeze(visitor.nodes[n]);
        }
    }
};

template <class Net, name... Paths>
struct with_trained_only;
template <class... Parts, name... Paths>
struct with_trained_only<network<Parts...>, Paths...> {
    using type = network<Parts..., trains_only<Paths...>>;
};

template <class Net, std::size_t Last, class Indices>
struct with_frozen_but_last;
template <class Input, class... Parts, std::size_t Last, std::size_t... I>
struct with_frozen_but_last<network<Input, Parts...>, Last, boost::mp11::index_sequence<I...>> {
    using type = network<Input, boost::mp11::mp_if_c<(I + Last < sizeof...(Parts)), frozen<Parts>, Parts>...>;
};
template <class Net>
inline constexpr std::size_t part_count = 0;
template <class Input, class... Parts>
inline constexpr std::size_t part_count<network<Input, Parts...>> = sizeof...(Parts);

}  // namespace detail

/// The network with all of its parts frozen but the last `Last`, as `network<...>` lists them.
template <class Net, std::size_t Last>
requires(Last <= detail::part_count<Net>) using frozen_but_last = typename detail::with_frozen_but_last<
    Net, Last, boost::mp11::make_index_sequence<detail::part_count<Net>>>::type;

/// The network with all of its layers frozen but those in the parts of these names: `trained_only<net, "stage4", "dense">`.
/// Parameters that such a layer shares with others are trained.
template <class Net, name... Paths>
requires(sizeof...(Paths) > 0) using trained_only = typename detail::with_trained_only<Net, Paths...>::type;

}  // namespace archetype
