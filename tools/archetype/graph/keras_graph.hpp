// SPDX-License-Identifier: BSL-1.0
/// @file keras_graph.hpp
/// What the readers of Keras' layers build: nodes of ONNX' operators, weights, values with their number of axes.
#pragma once
#include "keras_config.hpp"
#include "keras_weights.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::graph::keras {

inline constexpr std::int64_t onnx_operators = 23;

/// A value with the number of its axes, the samples' among them; -1 where a layer before is not known.
struct symbol {
    value_id id = no_value;
    int rank = -1;
};

using attributes = std::map<std::string, attribute, std::less<>>;

class builder {
public:
    explicit builder(model& to) : made(to) {}

    model& made;

    symbol input(const std::string& name, element_type type, const std::vector<dimension>& shape);
    /// Numbers under a name; the ones of before if there are some.
    value_id constant(const std::string& name, shape_type shape, std::vector<float> values);
    value_id wholes(std::vector<std::int64_t> values, bool scalar = false);
    value_id number(double value);
    value_id node(const std::string& operation, std::vector<value_id> inputs, attributes given = {});
    std::vector<value_id> nodes(const std::string& operation, std::vector<value_id> inputs, attributes given,
                                std::size_t outputs, const std::string& domain = "");
    value_id transpose(value_id from, const std::vector<std::int64_t>& order);
    /// Channels before rows, columns and time, or behind them.
    symbol channels_first(symbol from);
    symbol channels_last(symbol from);
    /// Names a layer's result after it.
    void name_result(value_id result, const std::string& layer);
    /// Nodes whose results nobody reads go; inputs that only become integers are integers.
    void finish();

    std::string layer;     ///< whose nodes are made: the beginning of their names
    bool guesses = false;  ///< a layer before is not known: its result has as many axes as its input, perhaps

private:
    value_id add(value one);
    std::string unused_name(const std::string& wanted);

    std::map<std::string, value_id> constants_;
    std::map<value_id, value_id> firsts_, lasts_;
    std::set<std::string> names_;
};

/// One call of a layer.
struct call {
    builder& to;
    layer_config& config;
    weight_store& weights;
    const layer_place& place;
    std::vector<symbol> in;
    int version;                    ///< of Keras: 1, 2 or 3
    std::string part{};             ///< of a wrapper, whose weights are read
    std::set<std::string> flags{};  ///< arguments of the call that are true; who understands one takes it out

    struct wanted {
        std::string_view name;
        shape_type shape;             ///< -1: any
        std::string_view old_name{};  ///< in Keras 1
    };
    /// The layer's weights, which must be these and no others.
    std::vector<weight> read(const std::vector<wanted>& list);
    /// The name of a weight in the graph.
    std::string name_of(std::string_view weight) const;
    /// The only input. With `rank` its number of axes.
    symbol only(int rank = -1) const;
    symbol one_of_rank_known() const;
    /// The key data_format or dim_ordering.
    bool is_channels_first();
    value_id activated(value_id x, const json* function);
    /// The key "activation".
    value_id activated(value_id x);
};

using layer_function = std::vector<symbol> (*)(call&);
const std::map<std::string, layer_function, std::less<>>& convolution_layers();
const std::map<std::string, layer_function, std::less<>>& plain_layers();
const std::map<std::string, layer_function, std::less<>>& shape_layers();
const std::map<std::string, layer_function, std::less<>>& recurrent_layers();
const std::map<std::string, layer_function, std::less<>>& joining_layers();
const std::map<std::string, layer_function, std::less<>>& attention_layers();

/// Axes of `from` in another order.
weight turned(const weight& from, const std::vector<std::size_t>& order);

}  // namespace archetype::graph::keras
