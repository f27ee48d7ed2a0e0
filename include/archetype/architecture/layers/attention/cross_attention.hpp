// SPDX-License-Identifier: BSL-1.0
/// @file cross_attention.hpp
/// Attention whose keys and values come from another sequence (Vaswani et al. 2017): a decoder looks at what an encoder made.
#pragma once
#include <archetype/architecture/layers/attention/attention.hpp>

namespace archetype {

/// What comes in asks, the sequence at a point answers: {T, C} and, at `Point`, {S, M} -> {T, EmbedDim}. Dense layers `q_proj` {C, H D},
/// `kv_proj` {M, 2 K D} (keys, then values of the K heads) and `out_proj` {H D, EmbedDim}; D is EmbedDim / Heads unless `head_size` says
/// it, K is Heads unless `key_value_heads` does. With C = M = EmbedDim and no options: 4 E^2 + 4 E parameters, as PyTorch's
/// MultiheadAttention. The padding mask is one of the other sequence, {S} or {S, 1}. Options: key_value_heads, head_size, no_bias,
/// padding_mask, attention_dropout, softcap.
template <std::size_t EmbedDim, std::size_t Heads, name Point, class... Options>
struct cross_attention {};

namespace detail {

/// All steps of a sequence one after the other.
struct steps_in_a_row {
    static constexpr text_view kind = "steps";
    static constexpr layer_role role = layer_role::alias;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = blank_facts;
        facts.output = shape{static_cast<std::size_t>(in.size())};
        return facts;
    }
};
/// All queries, all keys and values, and the mask if there is one, as one vector.
struct queries_and_keys {
    static constexpr text_view kind = "queries_and_keys";
    static constexpr layer_role role = layer_role::join;
    static constexpr join_kind joins = join_kind::concatenation;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        layer_facts facts = blank_facts;
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) size += in[i].size();
        facts.output = shape{size};
        facts.joins = joins;
        return facts;
    }
};

/// Attention over that vector. Only `facts_for` knows how many steps there are of each.
template <std::size_t Heads, std::size_t KeyValueHeads, bool Masked, double Rate, double Cap>
struct attention_to {
    static constexpr text_view kind = "attention";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t heads = Heads, key_value_heads = KeyValueHeads;
    static constexpr bool is_causal = false, is_masked = Masked, is_cross = true;
    static constexpr double base = 0, cap = Cap;
    static constexpr option_values options{};
    static constexpr std::size_t first_key(std::size_t) { return 0; }
    static constexpr std::size_t last_key(std::size_t, std::size_t steps) { return steps - 1; }

    static constexpr layer_facts describe(const shape&) { return broken_layer(rule::takes_a_sequence); }
    static constexpr layer_facts facts_for(std::size_t queries, std::size_t keys, std::size_t size) {
        layer_facts facts = blank_facts;
        facts.output = {queries, Heads * size};
        const std::uint64_t pairs = std::uint64_t{queries} * keys;
        facts.multiply_accumulates = 2 * Heads * size * pairs;
        facts.pointwise_operations = 3 * Heads * pairs;
        facts.sees_everything = true;
        facts.scratch_elements = keys + keys * KeyValueHeads * size;
        facts.rate = Rate;
        facts.variant = fingerprint({double(Heads), double(KeyValueHeads), double(Masked), double(queries)});
        bound_scores(facts, Cap, Heads * pairs);
        return facts;
    }
};

template <std::size_t EmbedDim, std::size_t Heads, name Point, class... Options>
struct cross_attention_parts {
    static constexpr option_values options =
        read_options<option::key_value_heads | option::head_size | option::no_bias | option::padding_mask |
                         option::attention_dropout | option::softcap,
                     Options...>();
    static constexpr std::size_t shared =
        options.has(option::key_value_heads) ? options.key_value_heads : Heads;
    static constexpr rule broken =
        options.broken != rule::ok                                 ? options.broken
        : Heads == 0 || EmbedDim == 0 || shared == 0               ? rule::extent_is_zero
        : options.has(option::head_size) && options.head_size == 0 ? rule::extent_is_zero
        : Heads % shared != 0 ? rule::heads_are_not_divisible_by_key_value_heads
        : !options.has(option::head_size) && EmbedDim % Heads != 0 ? rule::channels_are_not_divisible_by_heads
                                                                   : rule::ok;
};

template <std::size_t EmbedDim, std::size_t Heads, name Point, class... Options>
requires(cross_attention_parts<EmbedDim, Heads, Point, Options...>::broken !=
         rule::ok) struct part<cross_attention<EmbedDim, Heads, Point, Options...>>
    : part<named<"cross_attention",
                 broken_attention<cross_attention_parts<EmbedDim, Heads, Point, Options...>>>> {
};

template <std::size_t EmbedDim, std::size_t Heads, name Point, class... Options>
requires(cross_attention_parts<EmbedDim, Heads, Point, Options...>::broken ==
         rule::ok) struct part<cross_attention<EmbedDim, Heads, Point, Options...>> {
    using parts = cross_attention_parts<EmbedDim, Heads, Point, Options...>;
    using mask = masking_of<Options...>;
    static constexpr std::size_t width =
        parts::options.has(option::head_size) ? parts::options.head_size : EmbedDim / Heads;
    template <std::size_t Units>
    using projection = std::conditional_t<parts::options.has(option::no_bias),
                                          dense<Units, last_axis, no_bias>, dense<Units, last_axis>>;
    using queries = projection<Heads * width>;
    using keys = projection<2 * parts::shared * width>;
    using result = projection<EmbedDim>;
    using core = attention_to<Heads, parts::shared, mask::is_given, parts::options.attention_dropout,
                              parts::options.softcap>;
    using of_mask = boost::mp11::mp_if_c<mask::is_given, boost::mp11::mp_list<mask_channel, steps_in_a_row>,
                                         boost::mp11::mp_list<>>;
    struct content {
        using layers =
            boost::mp11::mp_append<boost::mp11::mp_list<queries, steps_in_a_row, keys, steps_in_a_row>,
                                   of_mask, boost::mp11::mp_list<queries_and_keys, core, result>>;
    };
    static constexpr std::size_t layers = boost::mp11::mp_size<typename content::layers>::value;
    static constexpr std::size_t inputs = mask::is_given ? 3 : 2;
    // Besides the layers: the name, points that do not stand, and a layer that is wrong with a name of its own.
    static constexpr tally size{.layers = layers, .scopes = layers + 4, .edges = layers - 1 + inputs};

    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.open("cross_attention");
        visit_inside(visitor);
        visitor.close();
    }

private:
    template <class Visitor>
    static constexpr void visit_inside(Visitor& visitor) {
        std::size_t ends[inputs]{};
        std::size_t done = 0;
        const auto in_a_row = [&] {
            visitor.template visit_layer<steps_in_a_row>(text_view{});
            ends[done++] = visitor.current;
        };
        const auto project = [&]<class Layer>(Layer*, text_view given) {
            const shape from = visitor.shape_of(visitor.current);
            if (from.rank == 2)
                visitor.template visit_layer<Layer>(given);
            else if (!visitor.failed())
                visitor.add_layer(broken_layer(rule::takes_a_sequence), Layer::kind, Layer::role, given);
            in_a_row();
            return from.width();
        };
        const std::size_t asking = project(static_cast<queries*>(nullptr), "q_proj");
        visitor.current = visitor.find(Point.view(), visitor.next_position());
        const std::size_t asked = project(static_cast<keys*>(nullptr), "kv_proj");
        if constexpr (mask::is_given) {
            visit_mask(visitor, mask::point, asked);
            in_a_row();
        }
        visitor.template visit_join<queries_and_keys>(ends);
        if (visitor.failed()) return;
        visitor.add_layer(core::facts_for(asking, asked, width), core::kind, core::role, text_view{});
        visitor.template visit_layer<result>("out_proj");
    }
};

}  // namespace detail
}  // namespace archetype
