// SPDX-License-Identifier: BSL-1.0
/// @file flatten_order.hpp
/// In which order PyTorch has the elements of vectors that were images: channels first where this library has them last.
#pragma once
#include <algorithm>
#include <archetype/architecture/facts.hpp>
#include <optional>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How a file's network laid out what it flattened or reshaped. No file says.
enum class flatten_order {
    /// As PyTorch's layers do: channels first behind convolutions, pooling and batch normalization, last behind recurrent,
    /// embedding and dense layers. Flattening anything else (a network's input) has to be said.
    of_layers,
    channels_first,  ///< {channels, rows, columns} or {channels, time}
    channels_last,   ///< as here: the network turned its axes before, or comes from Keras
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The order of each vector of a network, traced along its edges.
template <class Net>
class flattened_orders {
public:
    /// PyTorch's index of each element; empty where it is the same.
    using order = std::vector<std::size_t>;
    struct vector_order {
        order elements{};
        bool is_unsaid = false;  ///< nobody knows
    };

    explicit flattened_orders(flatten_order said) : said_(said), produced_(facts.size()) {
        // What is reshaped to an image, or added to a flattened one, decides about the dense layers that made it.
        for (std::size_t n = 0; n < facts.size(); ++n) {
            const node& at = facts.nodes[n];
            if (!moves(at) || at.input.rank != 1 || at.output.rank == 1) continue;
            if (!is_same(at.output) && wanted_by_readers(n) == axis_order::first)
                demand(facts.source(at, 0), channels_first(at.output));
        }
        do {
            has_changed_ = false;
            problems_.clear();
            values_.assign(facts.size(), {});
            axes_.assign(facts.size(), axis_order::unsaid);
            for (std::size_t n = 0; n < facts.size(); ++n) trace(n);
        } while (has_changed_);
    }

    vector_order of_input(std::size_t n) const { return of(facts.source(facts.nodes[n], 0)); }
    vector_order of_output(std::size_t n) const { return of(n); }
    /// Nodes where the order cannot be known, or cannot be mended in weights.
    const std::vector<std::size_t>& problems() const { return problems_; }

private:
    static constexpr auto& facts = unchecked_facts<Net>;
    enum class axis_order { unsaid, first, last };

    vector_order of(std::size_t source) const { return source == none ? vector_order{} : values_[source]; }
    static bool moves(const node& at) { return at.role == layer_role::alias && at.output != at.input; }
    /// One channel or one pixel: both orders are the same.
    static bool is_same(const shape& image) {
        return image.channels() == 1 || image.size() == image.channels();
    }
    static order channels_first(const shape& image) {
        const std::size_t channels = image.channels(),
                          pixels = static_cast<std::size_t>(image.size()) / channels;
        order made(channels * pixels);
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = i % channels * pixels + i / channels;
        return made;
    }
    /// What a layer on images or sequences is in PyTorch; nothing if it works in any order.
    static std::optional<axis_order> order_of_layer(const node& at) {
        if (at.role == layer_role::contraction)
            return at.kind == "dense" ? axis_order::last : axis_order::first;
        if (at.role == layer_role::recurrent || at.role == layer_role::lookup) return axis_order::last;
        if (at.kind == "layer_norm" || at.kind == "rms_norm") return axis_order::last;
        if (at.role == layer_role::normalization || at.kind == "group_norm" || at.kind == "instance_norm" ||
            at.kind == "local_response_norm")
            return axis_order::first;
        if (at.role == layer_role::pooling && !at.sees_one_pixel) return axis_order::first;
        return std::nullopt;
    }
    axis_order said() const {
        return said_ == flatten_order::channels_first  ? axis_order::first
               : said_ == flatten_order::channels_last ? axis_order::last
                                                       : axis_order::unsaid;
    }
    axis_order axes(std::size_t source) const {
        if (said() != axis_order::unsaid) return said();
        return source == none ? axis_order::unsaid : axes_[source];
    }
    /// The order that the readers of an image have it in.
    axis_order wanted_by_readers(std::size_t n) const {
        if (said() != axis_order::unsaid) return said();
        for (std::size_t at = n + 1; at < facts.size(); ++at)
            for (std::size_t edge = 0; edge < facts.nodes[at].edge_count; ++edge) {
                if (facts.source(facts.nodes[at], edge) != n) continue;
                if (const auto own = order_of_layer(facts.nodes[at])) return *own;
                if (facts.nodes[at].output.rank > 1) return wanted_by_readers(at);
            }
        return axis_order::unsaid;
    }

    /// Lets the dense layers behind a vector make it in this order.
    void demand(std::size_t source, const order& wanted) {
        if (source == none) return;
        const node& at = facts.nodes[source];
        if (at.kind == "dense" && at.output.rank == 1) {
            // Once: who asks for another one will find that it differs.
            if (produced_[source].empty()) produced_[source] = wanted, has_changed_ = true;
        } else if (at.output == at.input && at.joins != join_kind::concatenation &&
                   at.role != layer_role::rearrangement) {
            for (std::size_t edge = 0; edge < at.edge_count; ++edge) demand(facts.source(at, edge), wanted);
        }
    }

    void trace(std::size_t n) {
        const node& at = facts.nodes[n];
        const std::size_t source = at.edge_count == 0 ? none : facts.source(at, 0);
        if (at.output.rank > 1) {
            if (moves(at)) return reshape_to_image(n, source);
            axes_[n] = order_of_layer(at).value_or(axes(source));
            // A permutation may be the file's own, or stand for another order of the file's axes.
            if (at.role == layer_role::rearrangement && !takes_neighbours(at) && at.kind == "permute")
                axes_[n] = axis_order::unsaid;
            for (std::size_t edge = 1; edge < at.edge_count; ++edge)
                if (axes(facts.source(at, edge)) != axes_[n]) axes_[n] = axis_order::unsaid;
            return;
        }
        if (at.role == layer_role::source) return;
        vector_order& value = values_[n];
        if (at.kind == "dense") {
            value.elements = produced_[n];
        } else if (moves(at) && at.input.rank > 1) {
            if (is_same(at.input)) return;
            if (axes(source) == axis_order::first) value.elements = channels_first(at.input);
            value.is_unsaid = axes(source) == axis_order::unsaid;
        } else if (at.role == layer_role::join) {
            join(n);
        } else if (at.input.rank == 1 && at.output == at.input &&
                   (at.role != layer_role::rearrangement || moves_nothing(at, at.input))) {
            value = of(source);
        } else if (at.input.rank == 1 && (!of(source).elements.empty() || of(source).is_unsaid)) {
            problems_.push_back(n);  // pieces, pools over a vector
        }
    }
    void reshape_to_image(std::size_t n, std::size_t source) {
        const node& at = facts.nodes[n];
        if (at.input.rank > 1) {
            axes_[n] = axes(source);
            const bool keeps_channels = at.input.channels() == at.output.channels();
            if (axes(source) != axis_order::last && !keeps_channels) problems_.push_back(n);
            return;
        }
        axes_[n] = is_same(at.output) ? axis_order::unsaid : wanted_by_readers(n);
        const order wanted = axes_[n] == axis_order::first ? channels_first(at.output) : order{};
        if (is_same(at.output)
                ? !of(source).elements.empty()
                : of(source).is_unsaid || axes_[n] == axis_order::unsaid || of(source).elements != wanted)
            problems_.push_back(n);
    }
    void join(std::size_t n) {
        const node& at = facts.nodes[n];
        vector_order& value = values_[n];
        if (at.joins != join_kind::concatenation) {
            for (std::size_t edge = 0; edge < at.edge_count; ++edge) {
                const vector_order part = of(facts.source(at, edge));
                if (!part.elements.empty()) value.elements = part.elements;
                value.is_unsaid = value.is_unsaid || part.is_unsaid;
            }
            for (std::size_t edge = 0; edge < at.edge_count; ++edge) {
                const std::size_t from = facts.source(at, edge);
                if (of(from).elements == value.elements) continue;
                demand(from, value.elements);
                value.is_unsaid = true;
            }
            return;
        }
        std::size_t begin = 0;
        bool is_plain = true;
        for (std::size_t edge = 0; edge < at.edge_count; ++edge) {
            const std::size_t from = facts.source(at, edge);
            const vector_order part = of(from);
            const auto size = static_cast<std::size_t>(facts.shape_of(from).size());
            is_plain = is_plain && part.elements.empty();
            value.is_unsaid = value.is_unsaid || part.is_unsaid;
            for (std::size_t i = 0; i < size; ++i)
                value.elements.push_back(begin + (part.elements.empty() ? i : part.elements[i]));
            begin += size;
        }
        if (is_plain) value.elements.clear();
    }

    flatten_order said_;
    std::vector<order> produced_;
    std::vector<vector_order> values_{};
    std::vector<axis_order> axes_{};
    bool has_changed_ = false;
    std::vector<std::size_t> problems_{};
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
