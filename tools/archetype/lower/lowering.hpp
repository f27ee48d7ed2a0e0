// SPDX-License-Identifier: BSL-1.0
/// @file lowering.hpp
/// What the operators share while they become layers.
#pragma once
#include "lower.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace archetype::lower {

using graph::value_id;
using rewrite::array;
using rewrite::step;

/// A value of the file: the layer that gives it and where its elements lie in it.
struct value_place {
    std::size_t layer = 0;
    layout where;
    bool is_certain = true;  ///< nothing before it was refused
};

class lowering {
public:
    /// `last` says of which inputs the channels come last.
    lowering(const rewrite::network& of, const std::vector<bool>& last);

    lowered run(const std::vector<feedback>& states);

    // What each operator asks for.
    const step& now() const { return *now_; }
    const graph::node& node() const { return now_->node; }
    bool has(std::size_t k) const { return k < node().inputs.size() && node().inputs[k] != graph::no_value; }
    bool is_constant(std::size_t k) const { return has(k) && of_.constant(node().inputs[k]) != nullptr; }
    /// Of real numbers, also if it is stored in 8 bits.
    array constant(std::size_t k) const;
    const double* scalar(std::size_t k) const { return has(k) ? of_.scalar(node().inputs[k]) : nullptr; }
    std::vector<std::int64_t> wholes(std::size_t k) const {
        return of_.constant(node().inputs[k])->as_wholes();
    }
    const shape_type& shape(std::size_t k) const { return of_.shape(node().inputs[k]); }
    const shape_type& out_shape(std::size_t k = 0) const { return of_.shape(node().outputs[k]); }
    value_place& in(std::size_t k) { return values_.at(node().inputs[k]); }
    /// The node's first result, once it is given.
    const value_place& result() const { return values_.at(node().outputs[0]); }
    const rewrite::network& graph() const { return of_; }
    std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
        return rewrite::integer_of(node(), name, otherwise);
    }
    std::vector<std::int64_t> integers(std::string_view name, std::size_t count,
                                       std::int64_t otherwise) const;

    /// A layer after another one, with the sources of this node; its index.
    std::size_t add(std::string type, std::vector<std::string> arguments, std::vector<std::size_t> inputs,
                    shape_type shape, std::vector<tensor> tensors = {},
                    layer::kinds kind = layer::kinds::plain);
    const layer& at(std::size_t index) const { return made_.net.layers[index]; }
    layer& at(std::size_t index) { return made_.net.layers[index]; }
    /// The layer's result with this shape: the layer itself, or a reshape after it.
    std::size_t with_shape(std::size_t from, const shape_type& shape);
    /// The layer's result with its atoms in another order, by a permutation of at most three axes; nothing if it takes more.
    std::optional<std::size_t> with_order(std::size_t from, layout& where,
                                          const std::vector<std::size_t>& order);
    /// Gives a result of this node.
    void give(std::size_t layer, layout where, std::size_t output = 0);
    /// The node moves nothing: the value is its input's with other axes.
    void give_view(const value_place& of, layout where);
    /// The node becomes part of what was made before.
    void note(std::string what) { made_.done.push_back({now_->sources, std::move(what)}); }

    bool refuse(const std::string& reason);
    /// The order of axes is not the one that the layer needs.
    bool refuse_order(std::size_t k, const std::string& wanted);

    /// Whether input `k` has a scale: layers before and after it are not joined.
    bool has_scale(std::size_t k) const { return of_.model.values[node().inputs[k]].quantized.has_value(); }

    /// Another step that the layer of this one takes in.
    const step* only_reader(value_id id) const;
    /// Whether anybody wants the value.
    bool is_read(value_id id) const { return read_.contains(id); }
    void consume(const step& other) { consumed_.insert(&other); }
    void rename(value_id from, value_id to) {
        values_[to] = values_.at(from);
        note_value(values_.at(to).layer, to);
    }
    void also_from(std::size_t layer, const step& other) {
        made_.net.layers[layer].sources.insert(other.sources.begin(), other.sources.end());
    }

    /// A name for a layer with this weight (an input of the node).
    std::string name_for(std::size_t weight) const;

private:
    void lower_step(const step& one);
    void note_value(std::size_t layer, value_id id);
    bool dispatch();
    bool views();
    /// An output with its elements where those of an input are.
    bool as_input(value_place& output, const value_place& input);

    const rewrite::network& of_;
    std::map<value_id, value_place> values_;
    std::map<value_id, const step*> only_readers_;
    std::set<value_id> read_;
    std::set<const step*> consumed_;
    const step* now_ = nullptr;
    bool refused_ = false;
    lowered made_;
};

/// An operator becomes layers, or is refused (false).
using lower_function = bool (*)(lowering&);
/// Of one file each.
const std::map<std::string_view, lower_function>& window_operators();
const std::map<std::string_view, lower_function>& product_operators();
const std::map<std::string_view, lower_function>& pointwise_operators();
const std::map<std::string_view, lower_function>& joining_operators();
const std::map<std::string_view, lower_function>& cutting_operators();
const std::map<std::string_view, lower_function>& recurrent_operators();
const std::map<std::string_view, lower_function>& attention_operators();
const std::map<std::string_view, lower_function>& choosing_operators();

/// An activation by a formula of x of input `k`, joined with one before it.
bool give_formula(lowering& to, std::size_t k, const std::string& formula);
/// Two values that are formulas of one, one of them with a choice, as one formula. Whether they are.
bool give_together(lowering& to, const std::string& operation);
/// Zeros before and after input `k` along an axis of the file.
bool give_padded(lowering& to, std::size_t k, std::size_t axis, std::int64_t before, std::int64_t after);

/// "0.5", exactly the number again, with a point.
std::string literal(double number);
/// An option with one number, or one for each axis if they differ: "at::stride<2>", "at::stride<2, 1>".
std::string option(std::string_view name, const std::vector<std::int64_t>& both);
/// A window: "3", "at::extent{3, 1}", "at::volume{1, 3, 3}".
std::string window_text(const std::vector<std::int64_t>& sizes);
/// "at::padding<1>", with one number, one for each axis or two for each; "" for none. Given as before (each axis), after (each axis).
std::string padding_text(const std::vector<std::int64_t>& pads);

/// Without extents of 1 in front, at most three.
shape_type grouped(std::int64_t before, std::int64_t last);

}  // namespace archetype::lower
