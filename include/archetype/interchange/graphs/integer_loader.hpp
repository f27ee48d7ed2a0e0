// SPDX-License-Identifier: BSL-1.0
/// @file integer_loader.hpp
/// A network as an ONNX file in 8 bits, and what a file of a graph in 8 bits has for it.
#pragma once
#include <algorithm>
#include <archetype/interchange/graphs/graph_loader.hpp>
#include <boost/mp11/algorithm.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether the function of a pointwise layer is x itself: it stands for a change of scale. Its form says so: what equals x at
/// some points may be a clip.
template <class Layer>
constexpr bool changes_scale_only() {
    return std::is_same_v<std::remove_cvref_t<decltype(expression_of<Layer>)>, expression::variable<0>>;
}

/// Some integers for all layers, whose scales change where a layer says so and nowhere else.
template <class Net>
class some_integers {
public:
    given_quantization run() {
        const model<Net> net{seed{1}};
        xt::xtensor<float, facts.input.rank + 1> samples(batch_extents<facts.input>(4));
        for (std::size_t i = 0; i < samples.size(); ++i)
            samples.data()[i] = static_cast<float>((i * 37 + i / 7 * 11) % 101) / 50 - 1;
        made_ = given_quantization_of(quantize(net, samples));
        // Parts of a concatenation have its scale, and what is before a change of scale has another.
        for (std::size_t n = facts.size(); n-- > 0;)
            if (facts.nodes[n].joins == join_kind::concatenation) give(n, of(n));
        for_each_number<facts.size()>([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            if constexpr (facts.nodes[I].role == layer_role::pointwise)
                if constexpr (changes_scale_only<boost::mp11::mp_at_c<layers_of<Net>, I>>()) change_before(I);
        });
        return std::move(made_);
    }

private:
    static constexpr const auto& facts = unchecked_facts<Net>;
    static std::size_t source(std::size_t n) { return facts.source(facts.nodes[n], 0); }
    std::optional<quantization>& result(std::size_t n) { return made_.layers[layer_path<Net>(n)].result; }
    /// What the results of a layer stand for.
    quantization of(std::size_t n) {
        if (n == none) return made_.input;
        return result(n) ? *result(n) : of(source(n));
    }
    /// Lets the results of a layer stand for this, by the layer before it that says what they do.
    void give(std::size_t n, const quantization& q) {
        if (n == none) {
            made_.input = q;
        } else if (facts.nodes[n].joins == join_kind::concatenation) {
            result(n) = q;
            for (std::size_t e = 0; e < facts.nodes[n].edge_count; ++e)
                give(facts.source(facts.nodes[n], e), q);
        } else if (result(n)) {
            result(n) = q;
        } else {
            give(source(n), q);
        }
    }
    void change_before(std::size_t n) {
        const quantization after = of(n);
        const std::size_t before = source(n);
        if (before != none && facts.nodes[before].role == layer_role::pointwise && !result(before))
            result(before) = of(before);  // the first of several activations
        if (of(before) != after) return;
        if (before != none && facts.nodes[before].function == known_function::relu)
            give(source(before), {after.scale * 1.5f, after.zero_point});
        give(before, {after.scale * 1.5f, after.zero_point});
    }
    given_quantization made_;
};

/// Once for each network.
template <class Net>
const given_quantization& own_integers() {
    static const given_quantization made = some_integers<Net>().run();
    return made;
}

inline bool is_clamp(const std::vector<std::int8_t>& table) {
    for (std::size_t i = 0; i < 256; ++i)
        if (table[i] !=
            std::clamp(static_cast<int>(i) - 128, int{std::min(table[0], table[255])}, int{table[255]}))
            return false;
    return true;
}
inline bool keeps_scale(const files::integer_layer& one) {
    return !one.result || (one.input && one.result->scale == one.input->scale &&
                           one.result->zero_point == one.input->zero_point);
}
/// Takes a second layer of the file that belongs to the same one of the network. Says no if its numbers have no place there:
/// only a rectifier that the operator holds is all in the operator's result, and tables follow each other.
inline bool takes_another(given_layer& to, const files::integer_layer& next) {
    const auto given =
        next.result ? std::optional(quantization{next.result->scale, next.result->zero_point}) : std::nullopt;
    // An operator that holds a rectifier says nothing itself.
    const bool is_same = !given || !to.result || *to.result == *given;
    const bool follows = !to.table.empty() && !next.table.empty();
    if (!next.weights.empty()) return false;
    if (!follows && (!is_same || (!next.table.empty() && !is_clamp(next.table)))) return false;
    if (follows)
        for (std::int8_t& one : to.table) one = next.table[static_cast<std::size_t>(one + 128)];
    if (given) to.result = given;
    return true;
}

/// What a file in 8 bits gives of the layers of a network.
template <class Net>
std::optional<load_failure> try_read_graph_integers(given_quantization& to, const std::filesystem::path& path,
                                                    files::format kind) {
    const given_quantization& own = own_integers<Net>();
    const onnx_integer_network integers = onnx_integers_of<Net>(own);
    files::integer_layers read;
    const auto found = files::integers_from_file(onnx_network<Net, float>(nullptr, {}, &integers).write(),
                                                 path.string(), kind, read);
    if (!found.empty()) return load_failure_of(path, found);
    to = {{read.input.scale, read.input.zero_point}, {}};
    std::set<std::string> paths;
    for (std::size_t n = 0; n < unchecked_facts<Net>.size(); ++n) paths.insert(layer_path<Net>(n));
    for (files::integer_layer& one : read.layers) {
        const auto mine = own.layers.find(one.path);
        const bool has_weights = mine != own.layers.end() && !mine->second.weights.empty();
        const bool is_new = !to.layers.contains(one.path);
        // Weights lie in the file's layers as they do in the network's own.
        if (!one.own_weights.empty() && (!has_weights || mine->second.weights != one.own_weights))
            return load_failure_of(path, {{files::problem_kind::different, one.path,
                                           "weights that stay in their order", "others"}});
        if (!paths.contains(one.path)) {
            if (one.table.empty() && keeps_scale(one)) continue;
            return load_failure_of(
                path, {{files::problem_kind::different, one.path, "functions within layers of the network",
                        one.table.empty() ? "a change of scale between them" : "one between them"}});
        }
        // What moves elements on their way into a layer with weights says nothing.
        if (has_weights && one.weights.empty() && one.table.empty() && keeps_scale(one)) continue;
        given_layer& layer = to.layers[one.path];
        if (!is_new) {
            if (takes_another(layer, one)) continue;
            return load_failure_of(path, {{files::problem_kind::different, one.path,
                                           "one scale for all that the file has of this layer",
                                           "another scale or function behind it"}});
        }
        if (one.result) layer.result = quantization{one.result->scale, one.result->zero_point};
        if (!one.weights.empty()) {
            layer.weights = std::move(one.weights);
            layer.scales = std::move(one.scales);
            layer.biases = std::move(one.biases);
        }
        layer.table = std::move(one.table);
    }
    return std::nullopt;
}

/// Whether files in 8 bits can have a layer. `write_onnx` writes more: what ONNX computes in real numbers between quantizers.
template <class Layer>
constexpr bool is_read_in_8_bits(const node& at) {
    if (at.role != layer_role::pooling) return true;
    if constexpr (onnx_axis_maps<Layer>) {
        const auto is_shared = [](const axis_map& axis) {
            return axis.rule == axis_rule::window && axis.output != 1 && axis.output != axis.input;
        };
        return !is_shared(Layer::rows_of(at.input)) && !is_shared(Layer::columns_of(at.input));
    } else {
        return true;
    }
}
template <class Net>
constexpr bool all_are_read_in_8_bits() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return (is_read_in_8_bits<boost::mp11::mp_at_c<layers_of<Net>, I>>(unchecked_facts<Net>.nodes[I]) &&
                ...);
    }
    (std::make_index_sequence<unchecked_facts<Net>.size()>());
}

template <class Net>
std::optional<load_failure> try_load_graph(std::optional<quantized_model<Net>>& to,
                                           const std::filesystem::path& path, files::format kind) {
    static_assert(all_have_onnx_integer_form<Net>(),
                  "archetype: recurrent layers, prelu, gates, transposed convolutions and batch norm on its "
                  "own are not read in 8 bits");
    static_assert(all_are_read_in_8_bits<Net>(), "archetype: adaptive pooling is not read in 8 bits");
    if constexpr (all_have_onnx_integer_form<Net>() && all_are_read_in_8_bits<Net>()) {
        return without_throwing(path.string(), [&]() -> std::optional<load_failure> {
            try {
                given_quantization given;
                if (auto failure = try_read_graph_integers<Net>(given, path, kind)) return failure;
                to.emplace(quantized_with<Net>(given));
            } catch (const std::invalid_argument& problem) {
                return load_failure_of(path, {{files::problem_kind::different, "the network in 8 bits",
                                               "numbers that it can have", problem.what()}});
            }
            return std::nullopt;
        });
    }
    return std::nullopt;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
