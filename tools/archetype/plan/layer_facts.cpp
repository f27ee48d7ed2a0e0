// SPDX-License-Identifier: BSL-1.0
#include "layer_facts.hpp"

#include <archetype/architecture/layers.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace archetype::plan {

namespace {

namespace at = archetype;
using at::option;
using at::option_values;
using strings = std::vector<std::string>;

/// All numbers in a text, in order.
std::vector<std::ptrdiff_t> numbers_in(std::string_view text) {
    std::vector<std::ptrdiff_t> made;
    for (std::size_t k = text.find('<') == text.npos ? 0 : text.find('<'); k < text.size();) {
        const bool begins = (text[k] >= '0' && text[k] <= '9') || (text[k] == '-' && k + 1 < text.size() &&
                                                                   text[k + 1] >= '0' && text[k + 1] <= '9');
        if (!begins) {
            ++k;
            continue;
        }
        std::ptrdiff_t number = 0;
        k = static_cast<std::size_t>(std::from_chars(text.data() + k, text.data() + text.size(), number).ptr -
                                     text.data());
        made.push_back(number);
    }
    return made;
}
bool is(std::string_view argument, std::string_view name) {
    const std::string whole = "at::" + std::string(name);
    return argument == whole || argument.starts_with(whole + "<");
}
std::size_t whole(std::ptrdiff_t number) { return static_cast<std::size_t>(number); }
at::extent pair_of(const std::vector<std::ptrdiff_t>& numbers) {
    return {whole(numbers.front()), whole(numbers.back())};
}
/// "3", "at::extent{3, 1}".
at::extent window_of(const std::string& text) {
    const std::size_t brace = text.find('{');
    return pair_of(numbers_in(brace == text.npos ? text : text.substr(brace)));
}
/// "3", "at::volume{1, 3, 3}".
at::volume volume_of(const std::string& text) {
    const std::size_t brace = text.find('{');
    const std::vector<std::ptrdiff_t> numbers = numbers_in(brace == text.npos ? text : text.substr(brace));
    return {whole(numbers.front()), whole(numbers[numbers.size() / 2]), whole(numbers.back())};
}

/// The options among a layer's arguments that say where windows lie, and what attention and recurrent layers need.
option_values options_of(const strings& arguments) {
    option_values made;
    const auto give = [&](option one) { made.given = made.given | one; };
    for (const std::string& one : arguments) {
        const std::vector<std::ptrdiff_t> numbers = numbers_in(one);
        if (is(one, "stride")) {
            give(option::stride);
            made.stride = pair_of(numbers);
            made.depth_stride = whole(numbers[0]);
            if (numbers.size() == 3) made.stride.height = whole(numbers[1]);
        } else if (is(one, "dilation")) {
            give(option::dilation);
            made.dilation = pair_of(numbers);
            made.depth_dilation = whole(numbers[0]);
            if (numbers.size() == 3) made.dilation.height = whole(numbers[1]);
        } else if (is(one, "padding")) {
            give(option::padding);
            const std::size_t count = numbers.size();
            made.front = whole(numbers[0]);
            made.back = whole(numbers[count == 6 ? 1 : 0]);
            if (count == 3 || count == 6) {  // of a volume
                made.top = whole(numbers[count / 3]);
                made.bottom = whole(numbers[count / 2]);
                made.left = whole(numbers[count - count / 3]);
                made.right = whole(numbers[count - 1]);
                continue;
            }
            made.top = whole(numbers[0]);
            made.bottom = whole(numbers[count == 4 ? 1 : 0]);
            made.left = whole(numbers[count == 4 ? 2 : count - 1]);
            made.right = whole(numbers[count == 4 ? 3 : count - 1]);
        } else if (is(one, "same") || is(one, "same_lower")) {
            give(option::same);
            made.odd_first = is(one, "same_lower");
        } else if (is(one, "causal")) {
            give(option::causal);
        } else if (is(one, "output_padding")) {
            give(option::output_padding);
            made.output_padding = pair_of(numbers);
        } else if (is(one, "ceil_mode")) {
            give(option::ceil_mode);
        } else if (is(one, "groups")) {
            made.groups = whole(numbers[0]);
        } else if (is(one, "depth_multiplier")) {
            made.depth_multiplier = whole(numbers[0]);
        } else if (is(one, "last_axis")) {
            give(option::last_axis);
        } else if (is(one, "return_sequences")) {
            give(option::return_sequences);
        } else if (is(one, "key_value_heads")) {
            give(option::key_value_heads);
            made.key_value_heads = whole(numbers[0]);
        } else if (is(one, "window")) {
            give(option::window);
            made.window = whole(numbers[0]);
        } else if (is(one, "masked")) {
            give(option::masked);
        }
    }
    return made;
}

/// Of layers whose results are elsewhere than their inputs and whose memory follows from their shape alone, and of those that
/// work where their input lies: the library's roles, by the names that the library has for them.
const std::map<std::string_view, at::layer_role>& roles() {
    static const std::map<std::string_view, at::layer_role> all = {
        {"dense", at::dense<1>::role},
        {"batch_norm", at::batch_norm<>::role},
        {"layer_norm", at::layer_norm<>::role},
        {"rms_norm", at::rms_norm<>::role},
        {"group_norm", at::group_norm<1>::role},
        {"instance_norm", at::instance_norm<>::role},
        {"softmax", at::softmax::role},
        {"log_softmax", at::log_softmax::role},
        {"prelu", at::prelu<>::role},
        {"flatten", at::flatten::role},
        {"reshape", at::reshape<1>::role},
        {"embedding", at::embedding<1, 1>::role},
        {"global_avg_pool2d", at::global_avg_pool2d::role},
        {"global_max_pool2d", at::global_max_pool2d::role},
        {"global_avg_pool1d", at::global_avg_pool1d::role},
        {"global_max_pool1d", at::global_max_pool1d::role},
        {"global_avg_pool3d", at::global_avg_pool3d::role},
        {"global_max_pool3d", at::global_max_pool3d::role},
        {"reduce_mean", at::reduce_mean<1>::role},
        {"reduce_max", at::reduce_max<1>::role},
        {"max_pool1d", at::max_pool1d<1>::role},
        {"avg_pool1d", at::avg_pool1d<1>::role},
        {"upsampling2d", at::upsampling2d<2>::role},
        {"upsampling1d", at::upsampling1d<2>::role},
        {"resize2d", at::resize2d<1>::role},
        {"rescale2d", at::rescale2d<1.0, 1.0>::role},
        {"zero_padding2d", at::zero_padding2d<1>::role},
        {"zero_padding1d", at::zero_padding1d<1>::role},
        {"reflection_pad2d", at::reflection_pad2d<1>::role},
        {"reflection_pad1d", at::reflection_pad1d<1>::role},
        {"replication_pad2d", at::replication_pad2d<1>::role},
        {"replication_pad1d", at::replication_pad1d<1>::role},
        {"circular_pad2d", at::circular_pad2d<1>::role},
        {"circular_pad1d", at::circular_pad1d<1>::role},
        {"channel_padding", at::channel_padding<1, 1>::role},
        {"local_response_norm", at::local_response_norm<1>::role},
        {"pixel_shuffle", at::pixel_shuffle<1>::role},
        {"class_token", at::class_token<>::role},
        {"join_weights", at::layer_role::operand},
        {"join_constants", at::layer_role::operand},
        {"step_mask", at::step_mask<0.0>::role},
        {"activation", at::layer_role::pointwise},
    };
    return all;
}

/// With the shape that the import gave it.
described with_role(at::layer_role role, const layer& of) {
    described made;
    made.facts.output = library_shape(of.shape);
    made.role = role;
    return made;
}

std::optional<described> windowed(const std::string& type, const strings& arguments, const at::shape& in) {
    const option_values options = options_of(arguments);
    described made;
    made.role = at::layer_role::contraction;
    const std::size_t multiplier = options.depth_multiplier;
    if (type == "conv2d") {
        made.facts = at::detail::describe_conv2d(in, whole(numbers_in(arguments[0])[0]),
                                                 window_of(arguments[1]), options);
    } else if (type == "conv1d") {
        made.facts =
            at::detail::describe_conv1d(in, whole(numbers_in(arguments[0])[0]),
                                        whole(numbers_in(arguments[1])[0]), options.groups, {}, options);
    } else if (type == "depthwise_conv2d") {
        made.facts.has_window = true;
        made.facts.broken = at::slide_window(made.facts.window, in, window_of(arguments[0]), options);
        made.facts.output = {made.facts.window.rows.output, made.facts.window.columns.output,
                             in.channels() * multiplier};
    } else if (type == "depthwise_conv1d") {
        made.facts = at::detail::describe_conv1d(
            in, in.channels() * multiplier, whole(numbers_in(arguments[0])[0]), in.channels(), {}, options);
    } else if (type == "conv2d_transpose") {
        made.facts = at::detail::describe_conv_transpose(
            in, whole(numbers_in(arguments[0])[0]), window_of(arguments[1]), options.stride, options.dilation,
            options.output_padding, options, options);
    } else if (type == "conv1d_transpose") {
        option_values edges;  // padding<before, after> was read as padding<rows, columns>
        edges.left = options.top, edges.right = options.right;
        made.facts = at::detail::describe_conv_transpose(
            in, whole(numbers_in(arguments[0])[0]), {1, whole(numbers_in(arguments[1])[0])},
            {1, options.stride.width}, {1, options.dilation.width}, {0, options.output_padding.width}, edges,
            options);
    } else if (type == "conv3d") {
        made.facts = at::detail::describe_conv3d(in, whole(numbers_in(arguments[0])[0]),
                                                 volume_of(arguments[1]), options);
    } else if (type == "max_pool3d" || type == "avg_pool3d") {
        const at::volume size = volume_of(arguments[0]);
        made.facts = at::detail::describe_pool3d(in, size, at::detail::pool3d_options(options, size));
        made.role = at::layer_role::pooling;
    } else if (type == "max_pool2d" || type == "avg_pool2d" || type == "l2_pool2d") {
        const at::extent size = window_of(arguments[0]);
        made.facts = at::detail::describe_pool2d(in, size, at::detail::pool2d_options(options, size));
        made.role = at::layer_role::pooling;
    } else {
        return std::nullopt;
    }
    return made;
}

/// Elements that move, and nothing else.
std::optional<described> moved(const std::string& type, const strings& arguments, const layer& of,
                               const at::shape& in) {
    if (type != "slice" && type != "chunk" && type != "reverse" && type != "permute" &&
        type != "channel_shuffle")
        return std::nullopt;
    std::vector<std::ptrdiff_t> numbers;
    for (const std::string& one : arguments)
        numbers.push_back(one == "at::to_the_end" ? at::to_the_end : numbers_in(one).at(0));
    described made = with_role(at::layer_role::rearrangement, of);
    if (type == "slice" || type == "chunk" || type == "reverse") {
        const std::size_t axis = at::detail::axis_of(in, numbers.at(0));
        if (axis == in.rank) return std::nullopt;
        const auto extent = static_cast<std::ptrdiff_t>(in[axis]);
        const std::size_t count = made.facts.output[axis];
        if (type == "slice") {
            const std::ptrdiff_t begin = numbers.at(1) < 0 ? extent + numbers[1] : numbers[1];
            made.facts = at::detail::sliced(in, axis, begin, numbers.size() > 3 ? numbers[3] : 1, count);
        } else if (type == "chunk") {
            made.facts =
                at::detail::sliced(in, axis, numbers.at(1) * static_cast<std::ptrdiff_t>(count), 1, count);
        } else {
            made.facts = at::detail::sliced(in, axis, extent - 1, -1, count);
        }
        return made;
    }
    if (type == "permute" && numbers.size() == in.rank) {
        for (std::size_t i = 0; i < in.rank; ++i)
            made.facts.moves.from[i + 3 - in.rank] = whole(numbers[i]) + 2 - in.rank;
        return made;
    }
    if (type == "channel_shuffle") {
        made.facts.moves.groups = whole(numbers.at(0));
        return made;
    }
    return std::nullopt;
}

template <class Cell>
described recurrent(const strings& arguments, const at::shape& in) {
    described made;
    made.role = at::layer_role::recurrent;
    made.facts = at::detail::describe_recurrent(in, whole(numbers_in(arguments[0])[0]),
                                                at::detail::cell_facts_of<Cell>, options_of(arguments), 0);
    return made;
}

std::optional<described> with_time(const std::string& type, const strings& arguments, const at::shape& in) {
    const auto has = [&](std::string_view name) {
        return std::any_of(arguments.begin(), arguments.end(),
                           [&](const std::string& one) { return is(one, name); });
    };
    if (type == "simple_rnn") return recurrent<at::simple_rnn_cell<>>(arguments, in);
    if (type == "lstm") return recurrent<at::lstm_cell<>>(arguments, in);
    if (type == "gru")
        return has("reset_after") ? recurrent<at::gru_cell<at::tanh, at::sigmoid, true>>(arguments, in)
                                  : recurrent<at::gru_cell<>>(arguments, in);
    if (type == "scaled_dot_product_attention") {
        described made;
        made.role = at::layer_role::pooling;
        made.facts = at::detail::describe_attention(in, whole(numbers_in(arguments[0])[0]),
                                                    options_of(arguments), nullptr);
        return made;
    }
    return std::nullopt;
}

/// Functions of one number: what has neither weights nor another shape, and is none of the above.
bool is_pointwise(const layer& of, const at::shape& in) {
    return of.tensors.empty() && of.kind == layer::kinds::plain && library_shape(of.shape) == in &&
           of.inputs.size() == 1;
}

}  // namespace

at::shape library_shape(const shape_type& of) {
    at::shape made;
    made.rank = of.size();
    for (std::size_t k = 0; k < of.size() && k < std::size(made.extents); ++k)
        made.extents[k] = static_cast<std::size_t>(of[k]);
    return made;
}

std::optional<described> described_layer(const part& one, const layer& of, const at::shape& in) {
    if (!one.states.empty() || !one.points.empty()) return std::nullopt;
    std::optional<described> made = windowed(one.type, one.arguments, in);
    if (!made) made = with_time(one.type, one.arguments, in);
    if (!made) made = moved(one.type, one.arguments, of, in);
    if (!made)
        if (const auto role = roles().find(one.type); role != roles().end())
            made = with_role(role->second, of);
    if (!made && is_pointwise(of, in)) made = with_role(at::layer_role::pointwise, of);
    // What the library makes of it is what the import made.
    if (made && (made->facts.broken != at::rule::ok || made->facts.output != library_shape(of.shape)))
        return std::nullopt;
    return made;
}

std::optional<described> described_join(const std::string& type, std::span<const at::shape> in) {
    described made;
    made.role = at::layer_role::join;
    const auto join = [&](auto of) { made.facts = decltype(of)::join(in.data(), in.size()); };
    if (type == "add")
        join(at::add{});
    else if (type == "subtract")
        join(at::subtract{});
    else if (type == "multiply")
        join(at::multiply{});
    else if (type == "divide")
        join(at::divide{});
    else if (type == "average")
        join(at::average{});
    else if (type == "maximum")
        join(at::maximum{});
    else if (type == "minimum")
        join(at::minimum{});
    else if (type == "concatenate" || type == "concatenate_along<-1>")
        join(at::concatenate{});
    else if (type == "concatenate_along<1>")
        join(at::concatenate_along<1>{});
    else if (type == "concatenate_along<2>")
        join(at::concatenate_along<2>{});
    else
        return std::nullopt;
    if (made.facts.broken != at::rule::ok) return std::nullopt;
    return made;
}

}  // namespace archetype::plan
