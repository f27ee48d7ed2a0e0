// SPDX-License-Identifier: BSL-1.0
/// @file recompute.hpp
/// Parts whose results training computes a second time instead of keeping all of them: memory for time.
#pragma once
#include <archetype/architecture/path.hpp>

namespace archetype {

/// `Part`, of whose values training keeps about `Keep` percent of the bytes from the forward to the backward pass: of those that
/// can be computed again, and more where values would have to be computed from one another in chains longer than three (what
/// goes in and out of the network is always kept). The others, those first that cost the fewest operations for each element, are
/// computed again when the backward pass reads them, with the same bits: batch statistics and what dropout drops are those of
/// the forward pass, moving averages move once. Recurrent layers are not computed again. Names, parameters, results and
/// inference are those of `Part`. Like PyTorch's `torch.utils.checkpoint` and Keras' `RematScope`, but value by value
/// (Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016, section 3). Without it large networks compute
/// what is cheap again by themselves; `recompute<Part, 100>` keeps all.
template <class Part, std::size_t Keep = 50>
struct recompute {
    static_assert(Keep <= 100, "recompute: expected percent, at most 100");
};

namespace detail {

template <class Part, std::size_t Keep>
struct part<recompute<Part, Keep>> {
    struct content {
        using layers = typename part<Part>::content::layers;
    };
    static constexpr tally size = part<Part>::size;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t around = visitor.recomputing, kept_around = visitor.keeping;
        visitor.recomputing = ++visitor.recompute_parts;
        visitor.keeping = Keep;
        part<Part>::visit(visitor);
        visitor.recomputing = around;
        visitor.keeping = kept_around;
    }
};
template <name Name, class Part, std::size_t Keep>
struct part<named<Name, recompute<Part, Keep>>> : part<recompute<named<Name, Part>, Keep>> {};
template <class Part, std::size_t Keep>
inline constexpr bool is_named<recompute<Part, Keep>> = is_named<Part>;

template <class Net, std::size_t Keep>
struct with_recompute;
template <class Input, class... Parts, std::size_t Keep>
struct with_recompute<network<Input, Parts...>, Keep> {
    using type = network<Input, recompute<sequence<Parts...>, Keep>>;
};

}  // namespace detail

/// The network with all of it in one `recompute` part.
template <class Net, std::size_t Keep = 50>
using with_recompute = typename detail::with_recompute<Net, Keep>::type;

}  // namespace archetype
