// SPDX-License-Identifier: BSL-1.0
/// @file changed_body.hpp
/// All layers of a network as one part of another, with some of them changed and others between them.
#pragma once
#include <archetype/architecture/facts.hpp>

namespace archetype::detail {

/// The layers of `Net` as `Change` has them: `layers<Net>` is their list, in order, `added<Net>` how many are new, and
/// `visitor<Net, Visitor>`, made of a visitor, visits those of `Net` and adds the others; `give_back(visitor)` ends that.
/// Names, points and joins are those of `Net`.
template <class Net, class Change>
struct changed_body {};

template <class Net, class Change>
struct part<changed_body<Net, Change>> {
    using body = part<typename split_network<Net>::body>;
    struct content {
        using layers = typename Change::template layers<Net>;
    };
    static constexpr std::size_t added = Change::template added<Net>;
    static constexpr tally size = sum({body::size, {.layers = added, .scopes = added, .edges = added}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        typename Change::template visitor<Net, Visitor> inside(visitor);
        body::visit(inside);
        inside.give_back(visitor);
    }
};

}  // namespace archetype::detail
