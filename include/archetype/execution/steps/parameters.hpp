// SPDX-License-Identifier: BSL-1.0
/// @file parameters.hpp
/// Where the parameters of a network lie in one block of memory, and their names: constants.
#pragma once
#include <archetype/architecture/plan.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

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
        0;  ///< what optimizers see: all trainable tensors, gaps (zeros) included
    std::uint64_t written_elements = 0;  ///< what training changes: these and moving statistics
    std::uint64_t elements = 0;          ///< and what is frozen
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
    for (const int group : {0, 1, 2}) {
        for (std::size_t n = 0; n < facts.size(); ++n)
            for (std::size_t i = 0; i < facts.nodes[n].parameter_tensors && facts.nodes[n].shares == none;
                 ++i) {
                if ((facts.nodes[n].parameters[i].trainable ? 0 : facts.nodes[n].frozen ? 2 : 1) != group)
                    continue;
                layout.slots[count++] = {n, i, layout.elements};
                layout.offsets[n][i] = layout.elements;
                layout.elements += round_up(facts.nodes[n].parameters[i].extents.size(), arena_alignment);
            }
        if (group == 0) layout.trainable_elements = layout.elements;
        if (group == 1) layout.written_elements = layout.elements;
    }
    for (std::size_t n = 0; n < facts.size(); ++n)
        if (facts.nodes[n].shares != none) layout.offsets[n] = layout.offsets[facts.nodes[n].shares];
    return layout;
}

template <class Net>
inline constexpr auto parameters_of = lay_out_parameters<Net>();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers that training reads, padding between tensors and frozen ones included: the size of `constant_parameters`.
template <class Net>
inline constexpr std::uint64_t training_parameter_count = detail::parameters_of<Net>.elements;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// "conv1/kernel": the path of the layer and the name of its tensor.
template <class Net, std::size_t Slot>
struct parameter_path {
    static constexpr parameter_slot slot = parameters_of<Net>.slots[Slot];
    static constexpr const node& at = unchecked_facts<Net>.nodes[slot.node];
    static constexpr const parameter& tensor = at.parameters[slot.index];
    template <class Text>
    static constexpr void write(Text& to) {
        append_path(to, unchecked_facts<Net>, at.scope);
        to.append("/");
        to.append(tensor.name);
    }
    static constexpr text_view view() { return constant_text<parameter_path>::view; }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
