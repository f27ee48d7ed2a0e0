// SPDX-License-Identifier: BSL-1.0
/// @file calculator.cpp
/// Sizes and counts of one layer whose numbers are typed in: the rules of the library's layers, called at run time. What is
/// wrong with a layer is the sentence that the compiler's report has.
#include <archetype/architecture.hpp>

#include "page_text.hpp"

namespace at = archetype;

namespace {

enum padding_mode : std::uint32_t { no_padding, same_padding, causal_padding, given_padding };
enum bias_mode : std::uint32_t { one_bias, two_biases, without_bias };

/// What a page can ask for. Pages write by name (`field_names`), so that no number stands in the wrong place.
struct question {
    std::uint32_t height, width, channels;  // of the input; `width` of a sequence: its time steps
    std::uint32_t filters;                  // or units, or the width of an embedding
    std::uint32_t kernel_rows, kernel_columns, stride_rows,
        stride_columns;  // stride 0 of a pooling: its window
    std::uint32_t dilation, padding, padding_rows, padding_columns, ceil_mode;
    std::uint32_t groups, bias, sequences, reset_after, peepholes;
    std::uint32_t vocabulary, heads, key_value_heads, head_size, causal;
};
constexpr at::text_view field_names[] = {
    "height",          "width",           "channels",       "filters",    "kernel_rows",
    "kernel_columns",  "stride_rows",     "stride_columns", "dilation",   "padding",
    "padding_rows",    "padding_columns", "ceil_mode",      "groups",     "bias",
    "sequences",       "reset_after",     "peepholes",      "vocabulary", "heads",
    "key_value_heads", "head_size",       "causal"};
static_assert(sizeof(question) == sizeof(std::uint32_t) * (sizeof(field_names) / sizeof(field_names[0])));

question asked;
page::text<8192> answer;

void give(at::option_values& to, at::option which) { to.given = to.given | which; }

at::option_values window_options(at::extent stride, bool is_sequence) {
    at::option_values options;
    options.stride = stride;
    options.dilation = {is_sequence ? 1 : asked.dilation, asked.dilation};
    if (asked.padding == same_padding) give(options, at::option::same);
    if (asked.padding == causal_padding) give(options, at::option::causal);
    if (asked.padding == given_padding) {
        give(options, at::option::padding);
        options.top = options.bottom = is_sequence ? asked.padding_columns : asked.padding_rows;
        options.left = options.right = asked.padding_columns;
    }
    if (asked.ceil_mode != 0) give(options, at::option::ceil_mode);
    if (asked.bias == without_bias) give(options, at::option::no_bias);
    options.groups = asked.groups;
    at::detail::check_together(options);
    return options;
}

at::shape image() { return {asked.height, asked.width, asked.channels}; }
at::shape sequence() { return {asked.width, asked.channels}; }
at::extent kernel() { return {asked.kernel_rows, asked.kernel_columns}; }
at::extent stride() { return {asked.stride_rows, asked.stride_columns}; }

at::layer_facts conv2d() {
    return at::detail::describe_conv2d(image(), asked.filters, kernel(), window_options(stride(), false));
}
at::layer_facts conv1d() {
    const at::option_values options = window_options({1, asked.stride_columns}, true);
    return at::detail::describe_conv1d(sequence(), asked.filters, asked.kernel_columns, options.groups,
                                       {asked.kernel_columns, asked.channels / options.groups, asked.filters},
                                       options);
}
at::layer_facts pool2d() {
    at::option_values options = window_options(asked.stride_rows == 0 ? kernel() : stride(), false);
    give(options, at::option::stride);
    return at::detail::describe_pool2d(image(), kernel(), at::detail::pool2d_options(options, kernel()));
}
at::layer_facts dense() {
    at::option_values options;
    if (asked.bias == without_bias) give(options, at::option::no_bias);
    return at::detail::describe_dense(at::shape(asked.channels), asked.filters, options);
}
template <class Cell>
at::layer_facts recurrent() {
    at::option_values options;
    if (asked.sequences != 0) give(options, at::option::return_sequences);
    if (asked.bias == two_biases) give(options, at::option::two_biases);
    if (asked.bias == without_bias) give(options, at::option::no_bias);
    return at::detail::describe_recurrent(sequence(), asked.filters, at::detail::cell_facts_of<Cell>, options,
                                          0);
}
at::layer_facts simple_rnn() { return recurrent<at::simple_rnn_cell<>>(); }
at::layer_facts lstm() {
    using at::peephole;
    return asked.peepholes != 0 ? recurrent<at::lstm_cell<at::tanh, at::sigmoid, peephole::full>>()
                                : recurrent<at::lstm_cell<>>();
}
at::layer_facts gru() {
    return asked.reset_after != 0 ? recurrent<at::gru_cell<at::tanh, at::sigmoid, true>>()
                                  : recurrent<at::gru_cell<>>();
}
at::layer_facts batch_norm() { return at::batch_norm<>::describe(image()); }
at::layer_facts embedding() {
    return at::detail::describe_embedding(at::shape(asked.width), asked.vocabulary, asked.filters, {});
}

/// The layers that one line of a page stands for: one, or of attention three.
struct layers {
    at::layer_facts facts[3]{};
    at::text_view names[3]{};
    std::size_t count = 0;
    void add(at::text_view name, const at::layer_facts& one) { names[count] = name, facts[count++] = one; }
};

layers self_attention() {
    layers made;
    const std::size_t heads = asked.heads, embedded = asked.channels,
                      key_value_heads = asked.key_value_heads == 0 ? heads : asked.key_value_heads;
    if (heads == 0 || embedded == 0) {
        made.add("", at::broken_layer(at::rule::extent_is_zero));
        return made;
    }
    if (asked.head_size == 0 && embedded % heads != 0) {
        made.add("", at::broken_layer(at::rule::channels_are_not_divisible_by_heads));
        return made;
    }
    const std::size_t size = asked.head_size == 0 ? embedded / heads : asked.head_size;
    at::option_values projection, attention;
    give(projection, at::option::last_axis);
    if (asked.bias == without_bias) give(projection, at::option::no_bias);
    if (asked.causal != 0) give(attention, at::option::causal);
    give(attention, at::option::key_value_heads);
    attention.key_value_heads = key_value_heads;
    made.add("in_proj/",
             at::detail::describe_dense(sequence(), size * (heads + 2 * key_value_heads), projection));
    made.add("attention/", at::detail::describe_attention(made.facts[0].output, heads, attention, nullptr));
    made.add("out_proj/", at::detail::describe_dense(made.facts[1].output, embedded, projection));
    return made;
}

struct kind {
    at::text_view name;
    at::layer_facts (*describe)();
};
constexpr kind kinds[] = {{"conv2d", conv2d},
                          {"conv1d", conv1d},
                          {"pool2d", pool2d},
                          {"dense", dense},
                          {"simple_rnn", simple_rnn},
                          {"lstm", lstm},
                          {"gru", gru},
                          {"batch_norm", batch_norm},
                          {"embedding", embedding},
                          {"self_attention", nullptr}};

void write(const at::shape& extents) {
    answer.append("[");
    for (std::size_t axis = 0; axis < extents.rank; ++axis) {
        if (axis != 0) answer.append(",");
        answer.append_number(extents[axis]);
    }
    answer.append("]");
}
void write(at::text_view name, std::uint64_t number) {
    answer.append(",\"");
    answer.append(name);
    answer.append("\":\"");  // in quotes: numbers of 64 bits are more than JSON.parse keeps
    answer.append_number(number);
    answer.append("\"");
}
void write(at::text_view name, const at::window_axis& axis) {
    answer.append(",\"");
    answer.append(name);
    answer.append("\":{\"before\":");
    answer.append_number(axis.before);
    answer.append(",\"after\":");
    answer.append_number(axis.after);
    answer.append(",\"remainder\":");
    answer.append_number(axis.remainder);
    answer.append(",\"output\":");
    answer.append_number(axis.output);
    answer.append("}");
}

void write(const layers& of) {
    for (std::size_t i = 0; i < of.count; ++i)
        if (of.facts[i].broken != at::rule::ok) {
            answer.append("{\"broken\":\"");
            answer.append(at::sentence(of.facts[i].broken));
            answer.append("\"}");
            return;
        }
    std::uint64_t trainable = 0, fixed = 0, products = 0, operations = 0, state = 0;
    answer.append("{\"output\":");
    write(of.facts[of.count - 1].output);
    answer.append(",\"parameters\":[");
    bool first = true;
    for (std::size_t i = 0; i < of.count; ++i) {
        const at::layer_facts& facts = of.facts[i];
        for (std::size_t p = 0; p < facts.parameter_tensors; ++p) {
            const at::parameter& tensor = facts.parameters[p];
            if (!first) answer.append(",");
            answer.append("{\"name\":\"");
            first = false;
            answer.append(of.names[i]);
            answer.append(tensor.name);
            answer.append("\",\"extents\":");
            write(tensor.extents);
            write("count", tensor.extents.size());
            answer.append(",\"trainable\":");
            answer.append_number(tensor.trainable ? 1 : 0);
            answer.append("}");
            (tensor.trainable ? trainable : fixed) += tensor.extents.size();
        }
        products += facts.multiply_accumulates;
        operations += facts.pointwise_operations;
        state += facts.state_elements;
    }
    answer.append("]");
    write("trainable", trainable);
    write("non_trainable", fixed);
    write("multiply_accumulates", products);
    write("flops", 2 * products + operations);
    write("weight_bytes", 4 * (trainable + fixed));
    write("state_bytes", 4 * state);
    write("output_elements", of.facts[of.count - 1].output.size());
    if (of.facts[0].has_window) {
        write("rows", of.facts[0].window.rows);
        write("columns", of.facts[0].window.columns);
    }
    answer.append("}");
}

}  // namespace

PAGE_EXPORT(question) std::uint32_t* question_fields() { return &asked.height; }

/// The fields' names, in their order, and the kinds of layers: {"fields": [...], "kinds": [...]}.
PAGE_EXPORT(names) const char* names() {
    answer.clear();
    answer.append("{\"fields\":[");
    for (const at::text_view& one : field_names) {
        if (&one != field_names) answer.append(",");
        answer.append_quoted(one);
    }
    answer.append("],\"kinds\":[");
    for (const kind& one : kinds) {
        if (&one != kinds) answer.append(",");
        answer.append_quoted(one.name);
    }
    answer.append("]}");
    return answer.ended();
}

/// What layer `which` is with the fields of `question`, as JSON.
PAGE_EXPORT(describe) const char* describe(std::uint32_t which) {
    answer.clear();
    if (which >= sizeof(kinds) / sizeof(kinds[0])) {
        answer.append("{\"broken\":\"there is no such layer\"}");
        return answer.ended();
    }
    if (kinds[which].describe == nullptr) {
        write(self_attention());
    } else {
        layers one;
        one.add("", kinds[which].describe());
        write(one);
    }
    return answer.ended();
}
