// SPDX-License-Identifier: BSL-1.0
/// @file parameters.hpp
/// Where the parameters of a network lie in one block of memory, and their names: constants.
#pragma once
#include <archetype/architecture/plan.hpp>

namespace archetype {

namespace detail {

/// One parameter tensor in its place.
struct parameter_slot {
    std::size_t node = 0, index = 0;  ///< the layer and which of its tensors
    std::uint64_t offset = 0;         ///< in elements
};

using tensor_offsets = std::array<std::uint64_t, max_parameter_tensors>;

template <std::size_t Layers, std::size_t Tensors>
struct parameter_layout {
    std::array<parameter_slot, Tensors == 0 ? 1 : Tensors> slots{};
    std::array<tensor_offsets, Layers == 0 ? 1 : Layers> offsets{};  ///< by layer and tensor
    std::uint64_t trainable_elements =
        0;                       ///< what optimizers see: all trainable tensors, gaps (zeros) included
    std::uint64_t elements = 0;  ///< trainable, then moving statistics
    static constexpr std::size_t size() { return Tensors; }
};

template <class Net>
constexpr auto lay_out_parameters() {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr std::size_t tensors = [] {
        std::size_t sum = 0;
        for (const node& at : facts.nodes) sum += at.shares == none ? at.parameter_tensors : 0;
        return sum;
    }();
    parameter_layout<facts.size(), tensors> layout;
    std::size_t count = 0;
    for (bool trainable : {true, false}) {
        for (std::size_t n = 0; n < facts.size(); ++n)
            for (std::size_t i = 0; i < facts.nodes[n].parameter_tensors && facts.nodes[n].shares == none;
                 ++i) {
                if (facts.nodes[n].parameters[i].trainable != trainable) continue;
                layout.slots[count++] = {n, i, layout.elements};
                layout.offsets[n][i] = layout.elements;
                layout.elements += round_up(facts.nodes[n].parameters[i].extents.size(), arena_alignment);
            }
        if (trainable) layout.trainable_elements = layout.elements;
    }
    for (std::size_t n = 0; n < facts.size(); ++n)
        if (facts.nodes[n].shares != none) layout.offsets[n] = layout.offsets[facts.nodes[n].shares];
    return layout;
}

template <class Net>
inline constexpr auto parameters_of = lay_out_parameters<Net>();

/// "conv1/kernel": the path of the layer and the name of its tensor.
template <class Net, std::size_t Slot>
struct parameter_path {
    static constexpr parameter_slot slot = parameters_of<Net>.slots[Slot];
    static constexpr const node& at = unchecked_facts<Net>.nodes[slot.node];
    static constexpr const parameter& tensor = at.parameters[slot.index];
    template <class Text>
    static constexpr void write(Text& text) {
        append_path(text, unchecked_facts<Net>, at.scope);
        text.append("/");
        text.append(tensor.name);
    }
    static constexpr std::size_t length = [] {
        text_length measured;
        write(measured);
        return measured.size;
    }();
    static constexpr auto text = [] {
        std::array<char, length + 1> characters{};
        text_writer writer{characters.data()};
        write(writer);
        return characters;
    }();
    static constexpr text_view view() { return {text.data(), length}; }
};

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    for (int i = 0; i < 8; ++i, word >>= 8) hash = (hash ^ (word & 0xff)) * 0x100000001b3u;
    return hash;
}
constexpr std::uint64_t mix(std::uint64_t hash, const shape& extents) {
    hash = mix(hash, extents.rank);
    for (std::size_t axis = 0; axis < extents.rank; ++axis) hash = mix(hash, extents[axis]);
    return hash;
}

}  // namespace detail

/// A fingerprint (FNV-1a, 64 bits) of the layers, their shapes, windows and parameters: constant weights carry it, so
/// that weights made for another architecture do not compile.
template <class Net>
inline constexpr std::uint64_t architecture_hash = [] {
    constexpr const auto& facts = detail::unchecked_facts<Net>;
    std::uint64_t hash = detail::mix(0xcbf29ce484222325u, facts.input);
    std::size_t position = 0;
    for (const node& at : facts.nodes) {
        for (char c : at.kind) hash = detail::mix(hash, static_cast<unsigned char>(c));
        hash = detail::mix(hash, at.output);
        hash = detail::mix(hash, __builtin_bit_cast(std::uint64_t, at.variant));
        for (std::size_t e = 0; e < at.edge_count; ++e)  // a chain needs no more than its order
            if (const std::size_t source = facts.source(at, e); at.edge_count > 1 || source + 1 != position)
                hash =
                    detail::mix(hash, source == none ? ~std::uint64_t{0} : source);  // of whatever word size
        if (at.shares != none) hash = detail::mix(hash, at.shares);
        ++position;
        if (at.has_window)
            for (const window_axis& axis : {at.window.rows, at.window.columns})
                for (std::size_t number : {axis.kernel, axis.stride, axis.dilation, axis.before})
                    hash = detail::mix(hash, number);
        for (std::size_t i = 0; i < at.parameter_tensors; ++i)
            hash = detail::mix(hash, at.parameters[i].extents);
    }
    return hash;
}();

}  // namespace archetype
