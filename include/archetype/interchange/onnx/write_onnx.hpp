// SPDX-License-Identifier: BSL-1.0
/// @file write_onnx.hpp
/// Writes a model, or a quantized model in 8 bits, as an ONNX file. Needs protozero's headers (Debian: libprotozero-dev).
#pragma once
#include <archetype/interchange/model_file.hpp>
#include <archetype/interchange/onnx/integers.hpp>
#include <archetype/interchange/onnx/layers.hpp>
#include <archetype/interchange/write_file.hpp>

#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct onnx_options {
    /// Inputs and outputs are [batch, channels, rows, columns] as PyTorch has them, not [batch, rows, columns, channels].
    bool channels_first = false;
    bool allow_not_finite = false;  ///< NaN and infinities among the parameters are written, too
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
constexpr bool onnx_form_is_known() {
    constexpr bool rounds = requires { Layer::rounds_in_training; };
    static_assert(
        !rounds,
        "archetype: fake_quantize and with_rounded_kernel have no ONNX form: write the quantized_model "
        "that `quantize` makes of a model that was trained with them");
    static_assert(
        rounds || has_onnx_form<Layer>,
        "archetype: this layer has no ONNX form: masked steps, full peepholes, cells and functions of cells "
        "that ONNX has not, and layers of one's own without an `onnx_form`");
    return !rounds && has_onnx_form<Layer>;
}

/// The network node by node.
template <class Net, class T>
class onnx_network {
public:
    /// @param integers  of a network in 8 bits, which has no parameters
    onnx_network(const T* parameters, const onnx_options& options,
                 const onnx_integer_network* integers = nullptr)
        : parameters_(parameters),
          integers_(integers),
          order_(options.channels_first ? onnx_order::channels_first : onnx_order::channels_last),
          to_(onnx_type_of<T>),
          values_(facts.size() + 1) {}

    std::string write() {
        if (reads_first_input()) add_input(facts.size(), facts.input, input_text());
        [&]<std::size_t... I>(std::index_sequence<I...>) { (write_node<I>(), ...); }
        (std::make_index_sequence<facts.size()>{});
        for (std::size_t k = 0; k < facts.outputs_size(); ++k) {
            const network_output& one = facts.outputs[k];
            onnx_value& value = value_of(one.node);
            const std::string name = k == 0 ? std::string("output") : text_of(one.text);
            to_.begin(name);
            to_.add_named("Identity", to_.in_order(value, order_), name);
            to_.output(name, onnx_extents_of(value.extents, order_));
        }
        return to_.finish("archetype");
    }

private:
    static constexpr const auto& facts = unchecked_facts<Net>;

    static std::string text_of(text_view text) { return {text.data(), text.size()}; }
    static std::string input_text() {
        const text_view given = split_network<Net>::text;
        return given.empty() ? "input" : text_of(given);
    }
    static bool reads_first_input() {
        for (std::size_t i = 0; i < facts.edge_count; ++i)
            if (facts.edges[i] == none) return true;
        for (std::size_t k = 0; k < facts.outputs_size(); ++k)
            if (facts.outputs[k].node == none) return true;
        return false;
    }
    onnx_value& value_of(std::size_t source) { return values_[source == none ? facts.size() : source]; }

    /// Whether only tables are looked up in an input: then it is whole numbers.
    static bool is_whole(std::size_t source) {
        for (std::size_t k = 0; k < facts.outputs_size(); ++k)
            if (facts.outputs[k].node == source) return false;
        for (const node& at : facts.nodes)
            for (std::size_t e = 0; e < at.edge_count; ++e)
                if (facts.source(at, e) == source && at.role != layer_role::lookup) return false;
        return true;
    }
    void add_input(std::size_t place, const shape& extents, const std::string& name) {
        onnx_value& value = values_[place];
        value = onnx_writer::value(extents, name, order_);
        value.is_whole = is_whole(place == facts.size() ? none : place);
        to_.input(name, value.is_whole ? onnx_int64 : to_.scalar(), onnx_extents_of(extents, order_));
        if (integers_ == nullptr) return;
        to_.begin(name);
        value = to_.through_integers(value, integers_->input);
    }

    template <std::size_t I>
    struct path_of {
        template <class Text>
        static constexpr void write(Text& to) {
            append_path(to, facts, facts.nodes[I].scope);
        }
    };
    template <std::size_t I>
    void write_node() {
        using layer = boost::mp11::mp_at_c<layers_of<Net>, I>;
        constexpr const node& at = facts.nodes[I];
        const std::string path = text_of(constant_text<path_of<I>>::view);
        if constexpr (at.role == layer_role::source) {
            add_input(I, at.output, path);
        } else if constexpr (onnx_form_is_known<layer>()) {
            if (integers_ != nullptr && integers_->nodes[I].is_folded) {
                values_[I] = value_of(facts.source(at, 0));
                return;
            }
            onnx_call<T> call{to_, at, path, {}, {}};
            if (integers_ != nullptr) call.integers = &integers_->nodes[I].numbers;
            to_.begin(path);
            if constexpr (at.shares != none)
                if (integers_ == nullptr) call.path = text_of(constant_text<path_of<at.shares>>::view);
            for (std::size_t e = 0; e < at.edge_count; ++e)
                call.inputs.push_back(&value_of(facts.source(at, e)));
            for (std::size_t i = 0; i < at.parameter_tensors; ++i)
                call.tensors[i] = {parameters_ + parameters_of<Net>.offsets[I][i],
                                   static_cast<std::size_t>(at.parameters[i].extents.size())};
            values_[I] = onnx_form<layer>::write(call);
            values_[I].extents = at.output;
            if (integers_ != nullptr && integers_->nodes[I].result)
                values_[I] = to_.through_integers(values_[I], *integers_->nodes[I].result);
        }
    }

    const T* parameters_;
    const onnx_integer_network* integers_;
    onnx_order order_;
    onnx_writer to_;
    std::vector<onnx_value> values_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes a model as an ONNX file (operator set 17, IR version 8) that ONNX Runtime and `archetype run` compute; completely or
/// not at all. The batch is open. Inputs and outputs are in the library's order, channels last, unless
/// `options.channels_first`; inputs that only embeddings read are whole numbers of 64 bits. Outputs are "output" and the names
/// of side outputs, inputs their names or "input", parameters their paths. Says why not: a file that cannot be written, a
/// parameter that is not finite, or more than the 2 GB that a protobuf message may have. A layer without an ONNX form is an
/// error at compile time.
template <class Net, class T>
std::optional<file_failure> try_write_onnx(const model<Net, T>& net, const std::filesystem::path& path,
                                           const onnx_options& options = {}) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        constexpr std::uint64_t most = std::uint64_t{1} << 31;
        if (net.size() * sizeof(T) >= most)
            return file_failure{path.string(), "less than 2 GB, as protobuf's messages",
                                std::to_string(net.size() * sizeof(T)) + " bytes of parameters"};
        std::optional<file_failure> failure;
        std::vector<tensor_entry> entries;
        detail::for_each_parameter<Net>(
            [&](std::string name, std::vector<std::size_t> extents, std::size_t offset) {
                if (!failure)
                    failure = detail::try_add_entry(entries, path, std::move(name), std::move(extents),
                                                    net.data() + offset,
                                                    {.allow_not_finite = options.allow_not_finite});
            });
        if (failure) return failure;
        const std::string file = detail::onnx_network<Net, T>(net.data(), options).write();
        const std::span<const std::byte> bytes = std::as_bytes(std::span(file.data(), file.size()));
        return try_write_file(path, std::span(&bytes, 1));
    });
}

#if defined(__cpp_exceptions)
/// `try_write_onnx` with an exception. @throws file_error
template <class Net, class T>
void write_onnx(const model<Net, T>& net, const std::filesystem::path& path,
                const onnx_options& options = {}) {
    if (auto failure = try_write_onnx(net, path, options)) throw file_error(*std::move(failure));
}
#endif

/// Writes a quantized model as an ONNX file: operators of real numbers between QuantizeLinear and DequantizeLinear (QDQ), weights of
/// 8 bits with a scale for each filter, biases of 32 bits, batch norm folded. Inputs and outputs are real numbers, as
/// `write_onnx` of a model has them. `archetype import` and `load_onnx` make the same integers of it; ONNX Runtime rounds halves
/// to even and may differ by a step in places. Says why not: a file that cannot be written, or an activation with a table that
/// is not its function, rounded. A layer without a form between quantizers (recurrent layers, `prelu`, gates, transposed
/// convolutions, batch norm on its own) is an error at compile time. Not all that is written is read again: docs/reference/interchange.md lists what is not.
/// @throws std::invalid_argument as `given_quantization_of`
template <class Net>
std::optional<file_failure> try_write_onnx(const quantized_model<Net>& net, const std::filesystem::path& path,
                                           const onnx_options& options = {}) {
    static_assert(detail::all_have_onnx_integer_form<Net>(),
                  "archetype: recurrent layers, prelu, gates, transposed convolutions and batch norm on its "
                  "own have no ONNX form in 8 bits");
    if constexpr (detail::all_have_onnx_integer_form<Net>()) {
        const given_quantization given = given_quantization_of(net);
        for (const auto& [layer, one] : given.layers)
            if (!one.table.empty())
                return file_failure{path.string(), "activations whose results are their function's, rounded",
                                    "a table of another kind in \"" + layer + "\""};
        return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
            const detail::onnx_integer_network integers = detail::onnx_integers_of<Net>(given);
            const std::string file = detail::onnx_network<Net, float>(nullptr, options, &integers).write();
            const std::span<const std::byte> bytes = std::as_bytes(std::span(file.data(), file.size()));
            return try_write_file(path, std::span(&bytes, 1));
        });
    }
    return std::nullopt;
}

#if defined(__cpp_exceptions)
/// The same with an exception. @throws file_error, std::invalid_argument
template <class Net>
void write_onnx(const quantized_model<Net>& net, const std::filesystem::path& path,
                const onnx_options& options = {}) {
    if (auto failure = try_write_onnx(net, path, options)) throw file_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
