// SPDX-License-Identifier: BSL-1.0
/// @file call.hpp
/// One node while it is evaluated: its inputs, attributes and results, and the ways to refuse.
#pragma once
#include "array.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::evaluate {

struct settings {
    bool float64 = false;      ///< real numbers are not rounded to the types of the file
    bool shapes_only = false;  ///< products and convolutions give zeros of the right shape
    std::int64_t most_elements = std::int64_t{1} << 28;  ///< of one result
    std::int64_t most_products = std::int64_t{1} << 50;  ///< of one node
    std::int64_t most_nodes = 100000000;                 ///< evaluated, in loops each time
};

class call {
public:
    /// Evaluates the body of a branch or a loop, which sees the values around it.
    using run_block = std::function<std::vector<datum>(const graph::block&, std::vector<datum>)>;

    /// What stays from run to run, by name.
    using variables = std::map<std::string, datum>;

    call(const graph::model& model, const graph::node& node, std::vector<datum> inputs,
         const settings& options, variables& kept, run_block run)
        : model_(&model),
          node_(&node),
          inputs_(std::move(inputs)),
          options_(&options),
          kept_(&kept),
          run_(std::move(run)) {}

    /// What stays under a name from run to run; absent before the first.
    datum& variable(const std::string& name) const { return (*kept_)[name]; }

    std::int64_t version() const { return node_->version; }
    const settings& options() const { return *options_; }
    const graph::node& node() const { return *node_; }
    const graph::model& model() const { return *model_; }

    std::size_t input_count() const { return inputs_.size(); }
    bool has(std::size_t index) const {
        return index < inputs_.size() && inputs_[index].kind != datum::kinds::absent;
    }
    const datum& given(std::size_t index) const;
    /// The tensor. @throws file_error if it is missing or something else
    const array& in(std::size_t index) const;
    const std::vector<array>& sequence(std::size_t index) const;
    /// A tensor of real numbers, of integers, of one type with another.
    const reals& real(std::size_t index) const;
    const wholes& whole(std::size_t index) const;
    void same_types(std::size_t first, std::size_t second) const;
    /// One number.
    double one_real(std::size_t index) const;
    std::int64_t one_whole(std::size_t index) const;
    std::string one_text(std::size_t index) const;

    bool has_attribute(std::string_view name) const { return node_->attributes.contains(name); }
    std::int64_t integer(std::string_view name) const;
    std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
    double number(std::string_view name, double otherwise) const;
    std::string text(std::string_view name, std::string_view otherwise) const;
    std::vector<std::int64_t> integers(std::string_view name, std::vector<std::int64_t> otherwise = {}) const;
    std::vector<double> numbers(std::string_view name, std::vector<double> otherwise = {}) const;
    std::vector<std::string> texts_of(std::string_view name) const;
    const graph::block& body(std::string_view name) const;
    /// The attribute of this kind. @throws file_error if it is another
    template <class Kind>
    const Kind* find(std::string_view name) const {
        const auto found = node_->attributes.find(name);
        if (found == node_->attributes.end()) return nullptr;
        const Kind* made = std::get_if<Kind>(&found->second);
        if (made == nullptr) wrong_kind(name, found->second, graph::kind_text(Kind{}));
        return made;
    }

    /// An axis of so many, counted from the end if negative. @throws file_error
    std::size_t axis(std::int64_t axis, std::size_t rank) const;
    /// The number of elements. @throws file_error if a result may not be so large
    std::size_t count(const shape_type& shape) const;
    /// The type with this number in ONNX. @throws file_error
    element_type type_of(std::int64_t number) const;

    void give(datum made) { results_.push_back(std::move(made)); }
    void give(element_type type, shape_type shape, reals made) {
        give(array(type, std::move(shape), std::move(made)));
    }
    void give(element_type type, shape_type shape, wholes made) {
        give(array(type, std::move(shape), std::move(made)));
    }
    bool wants(std::size_t output) const {
        return output < node_->outputs.size() && node_->outputs[output] != graph::no_value;
    }
    std::vector<datum>& results() { return results_; }
    /// Another node in this one's place; it must live as long as the call.
    call as_node(const graph::node& node, std::vector<datum> inputs) const {
        return {*model_, node, std::move(inputs), *options_, *kept_, run_};
    }
    /// The same node with other inputs.
    call with_inputs(std::vector<datum> inputs) const {
        return {*model_, *node_, std::move(inputs), *options_, *kept_, run_};
    }

    std::vector<datum> run(const graph::block& body, std::vector<datum> inputs) const {
        return run_(body, std::move(inputs));
    }

    /// Multiply-accumulates. @throws file_error if there are too many
    void count_products(std::int64_t made);
    std::int64_t products() const { return products_; }

    [[noreturn]] void fail(std::string expected, std::string found) const;
    void expect(bool right, std::string_view expected, const std::string& found) const {
        if (!right) fail(std::string(expected), found);
    }
    std::string name_of_input(std::size_t index) const;

private:
    [[noreturn]] void wrong_kind(std::string_view name, const graph::attribute& found,
                                 std::string_view expected) const;

    const graph::model* model_;
    const graph::node* node_;
    std::vector<datum> inputs_;
    const settings* options_;
    variables* kept_;
    run_block run_;
    std::vector<datum> results_;
    std::int64_t products_ = 0;
};

}  // namespace archetype::evaluate
