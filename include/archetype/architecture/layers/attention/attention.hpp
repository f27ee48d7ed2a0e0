// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention (Vaswani et al. 2017) of a sequence with itself.
#pragma once
#include <archetype/architecture/graph.hpp>
#include <archetype/architecture/layers/dense.hpp>

namespace archetype {

/// So many heads of keys and values, each for Heads / Count neighbouring heads of queries (Ainslie et al. 2023): 1 is
/// multi-query attention. As many as queries unless given.
template <std::size_t Count>
struct key_value_heads {
    static constexpr option sets = option::key_value_heads;
    static constexpr void apply(option_values& to) { to.key_value_heads = Count; }
};
/// Attention sees the newest `Steps` steps alone, the query's own among them (Beltagy et al. 2020); without `causal` as many
/// after the query as before it.
template <std::size_t Steps>
struct window {
    static constexpr option sets = option::window;
    static constexpr void apply(option_values& to) {
        to.window = Steps;
        if (Steps == 0) to.broken = rule::extent_is_zero;
    }
};
/// Rotary positions (Su et al. 2021): before the products, channels 2 i and 2 i + 1 of each head of queries and keys are turned by
/// the angle t Base^(-2 i / D) at step t.
template <double Base = 10000.0>
struct rotary {
    static constexpr option sets = option::rotary;
    static constexpr void apply(option_values& to) {
        to.rotary = Base;
        if (!(Base > 1)) to.broken = rule::base_of_positions_is_too_small;
    }
};
/// Channels of each head: embed_dim / num_heads unless given (Keras' key_dim).
template <std::size_t Channels>
struct head_size {
    static constexpr option sets = option::head_size;
    static constexpr void apply(option_values& to) { to.head_size = Channels; }
};

/// Training drops each share of a key with probability `Rate` and scales the others by 1 / (1 - Rate) (Vaswani et al. 2017; Keras'
/// and PyTorch's `dropout` of attention). Inference drops none.
template <auto Rate>
requires std::convertible_to<decltype(Rate), double>
struct attention_dropout {
    static constexpr option sets = option::attention_dropout;
    static constexpr void apply(option_values& to) {
        to.attention_dropout = Rate;
        if (!(Rate >= 0 && Rate < 1)) to.broken = rule::dropout_rate_is_out_of_range;
    }
};
/// Scores stay between -Cap and Cap: Cap tanh(score / Cap) goes into the softmax, and hides no key (Gemma Team 2024,
/// arXiv:2408.00118, equation 1; ONNX' softcap).
template <double Cap>
struct softcap {
    static constexpr option sets = option::softcap;
    static constexpr void apply(option_values& to) {
        to.softcap = Cap;
        if (!(Cap > 0)) to.broken = rule::softcap_is_not_positive;
    }
};
/// The last channel of what comes in is no query, key or value (in a recurrent layer: no feature), but says of each step whether it may
/// be seen: 0 hides it, as padding; a recurrent layer skips it, and its states stay as they are. A query that sees no step at all gives zeros.
struct masked {
    static constexpr option sets = option::masked;
    static constexpr void apply(option_values&) {}
};
/// The same by a point or a named input {T} or {T, 1}: 1 for steps that are there, 0 for padding, which no query sees (Keras'
/// mask, Hugging Face's attention_mask; PyTorch's key_padding_mask is 1 where this one is 0). masks.hpp makes such ones.
template <name Point>
struct padding_mask {
    static constexpr option sets = option::padding_mask;
    static constexpr void apply(option_values&) {}
};

namespace detail {
/// Cells along time that results of attention read.
template <class Layer>
constexpr cells_read cells_of_attention(const shape& in, bool rows, cells_read results) {
    if (rows) return results;
    const auto last = static_cast<std::ptrdiff_t>(in.width()) - 1;
    const auto first_of =
        static_cast<std::ptrdiff_t>(Layer::first_key(static_cast<std::size_t>(results.first)));
    const auto last_of =
        static_cast<std::ptrdiff_t>(Layer::last_key(static_cast<std::size_t>(results.last), in.width()));
    return {first_of, last_of < last ? last_of : last};
}

/// Queries and keys that they see, together.
constexpr std::uint64_t attention_pairs(std::uint64_t steps, const option_values& options) {
    const std::uint64_t width =
        options.has(option::window) && options.window < steps ? options.window : steps;
    return options.has(option::causal)
               ? width * (width + 1) / 2 + (steps - width) * width
               : steps * steps - (steps - width) * (steps - width + (width == steps ? 0 : 1));
}

/// What a softcap changes.
constexpr void bound_scores(layer_facts& facts, double cap, std::uint64_t scores) {
    if (cap == 0) return;
    facts.pointwise_operations += scores;
    facts.variant = fingerprint({facts.variant, cap});
}

/// All of attention's rule on values.
/// @param cells  along time that results read, where they do not read all
constexpr layer_facts describe_attention(const shape& in, std::size_t heads, const option_values& options,
                                         cells_read (*cells)(const shape&, bool, cells_read)) {
    const std::size_t key_value_heads =
        options.has(option::key_value_heads) ? options.key_value_heads : heads;
    const bool is_causal = options.has(option::causal), is_masked = options.has(option::masked);
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (heads == 0 || key_value_heads == 0) return broken_layer(rule::extent_is_zero);
    if (heads % key_value_heads != 0) return broken_layer(rule::heads_are_not_divisible_by_key_value_heads);
    if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
    const std::size_t all = heads + 2 * key_value_heads;
    const std::size_t channels = in.channels() - (is_masked ? 1 : 0), size = channels / all,
                      steps = in.width();
    if (size == 0 || channels % all != 0) return broken_layer(rule::channels_are_not_divisible_by_heads);
    if (options.has(option::rotary) && size % 2 != 0) return broken_layer(rule::rotary_head_is_odd);
    layer_facts facts = detail::blank_facts;
    facts.output = {steps, heads * size};
    const std::uint64_t pairs = attention_pairs(steps, options);
    facts.multiply_accumulates = 2 * heads * size * pairs;
    facts.pointwise_operations = 3 * heads * pairs;  // as a softmax
    if (is_causal || options.has(option::window))
        facts.reads_cells = cells;
    else
        facts.sees_all_columns = true;
    if (is_causal)  // what a stream keeps: keys and values of the steps that a query sees
        facts.state_elements = (options.has(option::window) ? options.window : steps) *
                               (2 * key_value_heads * size + (is_masked ? 1 : 0));
    facts.rate = options.attention_dropout;
    facts.scratch_elements = steps + (steps * key_value_heads + (options.has(option::rotary) ? 2 : 0)) * size;
    if (facts.scratch_elements < 4 * steps) facts.scratch_elements = 4 * steps;  // scores of 32 bits in 8
    facts.variant =
        detail::fingerprint({double(heads), double(key_value_heads), double(is_causal) + (is_masked ? 2 : 0),
                             double(options.window), options.rotary});
    bound_scores(facts, options.softcap, heads * pairs);
    return facts;
}

}  // namespace detail

/// softmax(Q K^T / sqrt(D)) V for each head by itself: {T, (Heads + 2 KV) D} -> {T, Heads D}. Channels of the input are the
/// queries of all heads, then the keys, then the values of the KV heads (as PyTorch's `in_proj` and GPT-2's `c_attn` give them);
/// D is what that makes of them; with `masked` a mask is one channel more. No parameters. Memory grows with T, not with T^2.
/// Options: causal, key_value_heads, window, rotary, masked, attention_dropout, softcap.
template <std::size_t Heads, class... Options>
struct scaled_dot_product_attention {
    static constexpr text_view kind = "attention";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values options =
        read_options<option::causal | option::key_value_heads | option::window | option::rotary |
                         option::masked | option::attention_dropout | option::softcap,
                     Options...>();
    static constexpr std::size_t heads = Heads, key_value_heads = options.has(option::key_value_heads)
                                                                      ? options.key_value_heads
                                                                      : Heads;
    static constexpr bool is_causal = options.has(option::causal), is_masked = options.has(option::masked),
                          is_cross = false;
    static constexpr double base = options.rotary;  ///< of rotary positions; 0: none
    static constexpr double cap = options.softcap;  ///< of scores; 0: none

    /// The keys that the query of step `t` sees.
    static constexpr std::size_t first_key(std::size_t t) {
        return options.has(option::window) && t + 1 > options.window ? t + 1 - options.window : 0;
    }
    static constexpr std::size_t last_key(std::size_t t, std::size_t steps) {
        if (is_causal) return t;
        return options.has(option::window) && t + options.window < steps ? t + options.window - 1 : steps - 1;
    }

    /// Queries and keys that they see, together.
    static constexpr std::uint64_t pairs_of(std::uint64_t steps) {
        return detail::attention_pairs(steps, options);
    }

    static constexpr layer_facts describe(const shape& in) {
        return detail::describe_attention(in, Heads, options,
                                          &detail::cells_of_attention<scaled_dot_product_attention>);
    }
};

/// Multi-head self-attention as PyTorch's MultiheadAttention has it: a dense layer `in_proj` that makes queries, keys and values
/// of all heads, attention, and a dense layer `out_proj`: {T, E} -> {T, E}, 4 E^2 + 4 E parameters. With `key_value_heads<K>` and
/// `head_size<D>`: E D (Heads + 2 K) + D (Heads + 2 K) + Heads D E + E. Options: causal, key_value_heads, head_size, window,
/// rotary, no_bias, padding_mask, attention_dropout, softcap.
template <std::size_t EmbedDim, std::size_t Heads, class... Options>
struct self_attention {};

namespace detail {

/// Options of the dense layers, not of the attention between them.
template <class Option>
struct of_projections : std::is_same<Option, no_bias> {};
template <std::size_t Channels>
struct of_projections<head_size<Channels>> : std::true_type {};
template <name Point>
struct of_projections<padding_mask<Point>> : std::true_type {};

/// A mask as steps with one channel.
struct mask_channel {
    static constexpr text_view kind = "mask";
    static constexpr layer_role role = layer_role::alias;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank > 2 || (in.rank == 2 && in.channels() != 1)) return broken_layer(rule::mask_does_not_fit);
        layer_facts facts = blank_facts;
        facts.output = {in[0], 1};
        return facts;
    }
};
/// A sequence with a mask as its last channel.
struct mask_behind_channels {
    static constexpr text_view kind = "masked";
    static constexpr layer_role role = layer_role::join;
    static constexpr join_kind joins = join_kind::concatenation;
    static constexpr layer_facts join(const shape* in, std::size_t) {
        layer_facts facts = blank_facts;
        facts.output = {in[0].width(), in[0].channels() + 1};
        facts.joins = joins;
        return facts;
    }
};
/// Goes on from the mask at a point, made a channel of `steps` steps.
template <class Visitor>
constexpr void visit_mask(Visitor& visitor, text_view point, std::size_t steps) {
    visitor.current = visitor.find(point, visitor.next_position());
    if (!visitor.failed() && visitor.shape_of(visitor.current)[0] != steps)
        visitor.add_layer(broken_layer(rule::mask_does_not_fit), mask_channel::kind, mask_channel::role,
                          text_view{});
    else
        visitor.template visit_layer<mask_channel>(text_view{});
}

/// Puts a mask behind the channels of what comes in.
template <name Point>
struct with_mask {};
template <name Point>
struct part<with_mask<Point>> {
    struct content {
        using layers = boost::mp11::mp_list<mask_channel, mask_behind_channels>;
    };
    static constexpr tally size{.layers = 2, .scopes = 4, .edges = 3};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t sequence = visitor.current;
        if (!visitor.failed() && visitor.shape_of(sequence).rank != 2)
            return visitor.add_layer(broken_layer(rule::mask_does_not_fit), mask_channel::kind,
                                     mask_channel::role, text_view{});
        visit_mask(visitor, Point.view(), visitor.shape_of(sequence).width());
        visitor.template visit_join<mask_behind_channels>({sequence, visitor.current});
    }
};

/// What `padding_mask` among the options asks for: of whom, before attention, and of it.
template <class... Options>
struct masking_of {
    static constexpr bool is_given = false;
    static constexpr text_view point{};
    using before = sequence<>;
    using options = boost::mp11::mp_list<>;
};
template <name Point, class... Others>
struct masking_of<padding_mask<Point>, Others...> {
    static constexpr bool is_given = true;
    static constexpr text_view point = Point.view();
    using before = with_mask<Point>;
    using options = boost::mp11::mp_list<masked>;
};
template <class First, class... Others>
struct masking_of<First, Others...> : masking_of<Others...> {};

/// What is wrong with the options or numbers of a `self_attention`, said by a layer in its place.
template <class Parts>
struct broken_attention {
    static constexpr text_view kind = "self_attention";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values options = Parts::options;
    static constexpr layer_facts describe(const shape&) { return broken_layer(Parts::broken); }
};

template <std::size_t Heads, class List>
struct attention_with;
template <std::size_t Heads, class... Options>
struct attention_with<Heads, boost::mp11::mp_list<Options...>> {
    using type = scaled_dot_product_attention<Heads, Options...>;
};

template <std::size_t EmbedDim, std::size_t Heads, class... Options>
struct self_attention_parts {
    using mask = masking_of<Options...>;
    using of_core = types_but<of_projections, Options...>;
    using core =
        typename attention_with<Heads, boost::mp11::mp_append<of_core, typename mask::options>>::type;
    static constexpr option_values options =
        read_options<option::causal | option::key_value_heads | option::window | option::rotary |
                         option::head_size | option::no_bias | option::padding_mask |
                         option::attention_dropout | option::softcap,
                     Options...>();
    static constexpr rule broken = options.broken != rule::ok    ? options.broken
                                   : Heads == 0 || EmbedDim == 0 ? rule::extent_is_zero
                                   : !options.has(option::head_size) && EmbedDim % Heads != 0
                                       ? rule::channels_are_not_divisible_by_heads
                                       : rule::ok;
    static constexpr std::size_t size = options.has(option::head_size) ? options.head_size
                                        : Heads == 0                   ? 1
                                                                       : EmbedDim / Heads;
    template <std::size_t Units>
    using projection = std::conditional_t<options.has(option::no_bias), dense<Units, last_axis, no_bias>,
                                          dense<Units, last_axis>>;
    using type = std::conditional_t<
        broken == rule::ok,
        named<"self_attention",
              sequence<named<"in_proj", projection<size*(Heads + 2 * core::key_value_heads)>>,
                       typename mask::before, core, named<"out_proj", projection<EmbedDim>>>>,
        broken_attention<self_attention_parts>>;
};

template <std::size_t EmbedDim, std::size_t Heads, class... Options>
struct part<self_attention<EmbedDim, Heads, Options...>>
    : part<typename self_attention_parts<EmbedDim, Heads, Options...>::type> {};

}  // namespace detail
}  // namespace archetype
