// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// The vector of class Index is zero and is not trained (PyTorch: padding_idx): what `masking<>` after it skips.
template <std::size_t Index>
struct padding_index {
    static constexpr option sets = option::padding_index;
    static constexpr void apply(option_values& to) { to.padding_index = Index; }
};

/// The class numbers are a sequence with one feature, {time, 1}, as streams take them step by step.
struct per_step {
    static constexpr option sets = option::per_step;
    static constexpr void apply(option_values&) {}
};

namespace detail {

/// All of embedding's rule on values.
constexpr layer_facts describe_embedding(const shape& in, std::size_t vocabulary, std::size_t width,
                                         const option_values& options) {
    const bool has_padding = options.has(option::padding_index);
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (vocabulary == 0 || width == 0) return broken_layer(rule::extent_is_zero);
    if (has_padding && options.padding_index >= vocabulary)
        return broken_layer(rule::padding_index_exceeds_the_vocabulary);
    const bool is_sequence = in.rank == 2 && in.channels() == 1, by_step = options.has(option::per_step);
    if (in.rank == 0 || in.rank > 2 || is_sequence != by_step)
        return broken_layer(by_step ? rule::takes_one_class_each_step : rule::takes_class_numbers);
    layer_facts facts = detail::blank_facts;
    facts.output = in;
    if (!by_step) ++facts.output.rank;
    facts.output.extents[facts.output.rank - 1] = width;
    facts.add({"embeddings", {vocabulary, width}, true, initial::weights, vocabulary, width});
    facts.variant = has_padding ? static_cast<double>(options.padding_index + 1) : 0;
    return facts;
}

}  // namespace detail

/// A vector of `Width` numbers for each of `Vocabulary` classes: {time} -> {time, Width}, Vocabulary * Width parameters
/// (`embeddings` {vocabulary, width}, as in Keras). The input is class numbers 0 to Vocabulary - 1; a model refuses others
/// with std::invalid_argument, `inference` gives zeros for them. Options: padding_index, per_step: {time, 1} ->
/// {time, Width}, kernel_initializer (of the table).
template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct embedding {
    static constexpr text_view kind = "embedding";
    static constexpr layer_role role = layer_role::lookup;
    static constexpr std::size_t vocabulary = Vocabulary, width = Width;
    static constexpr option_values options =
        read_options<option::padding_index | option::per_step | option::kernel_initializer, Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_padding = options.has(option::padding_index);

    static constexpr layer_facts describe(const shape& in) {
        return detail::describe_embedding(in, Vocabulary, Width, options);
    }
};

/// Scores of classes by products with their vectors: {..., Width} -> {..., Vocabulary}, no bias; parameters `embeddings`
/// {Vocabulary, Width}. Shared with an embedding it is the tied output of a language model (Press, Wolf 2017), and its table counts
/// once: `shared<"wte", embedding<50257, 768>>` at the beginning, `shared<"wte", tied_output<50257>>` at the end.
template <std::size_t Vocabulary>
struct tied_output {
    static constexpr text_view kind = "tied_output";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t vocabulary = Vocabulary;
    using initializer = void;

    static constexpr layer_facts describe(const shape& in) {
        if (Vocabulary == 0) return broken_layer(rule::extent_is_zero);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.output.extents[in.rank - 1] = Vocabulary;
        facts.sees_everything = in.rank == 1;
        facts.sees_one_pixel = true;
        facts.add(
            {"embeddings", {Vocabulary, in.channels()}, true, initial::weights, Vocabulary, in.channels()});
        facts.multiply_accumulates = facts.output.size() * in.channels();
        return facts;
    }
};

}  // namespace archetype
