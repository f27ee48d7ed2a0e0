// SPDX-License-Identifier: BSL-1.0
#include "graph.hpp"

namespace archetype::graph {

std::string shape_text(const shape_type& shape) {
    if (shape.empty()) return "scalar";
    std::string text;
    for (const std::int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
    return text;
}

std::optional<std::int64_t> element_count(const shape_type& shape) {
    constexpr std::int64_t most = std::int64_t{1} << 62;
    std::int64_t product = 1;
    bool empty = false;
    for (const std::int64_t extent : shape) {
        if (extent < 0) return std::nullopt;
        empty = empty || extent == 0;
        if (extent != 0 && product > most / extent) return std::nullopt;
        product *= extent == 0 ? 1 : extent;
    }
    return empty ? 0 : product;
}

std::int64_t extent_product(const shape_type& shape) {
    constexpr std::int64_t most = std::int64_t{1} << 62;
    std::int64_t product = 1;
    for (const std::int64_t extent : shape)
        if (extent > 0) product = product > most / extent ? most : product * extent;
    return product;
}

std::string_view kind_text(const attribute& given) {
    static constexpr std::string_view names[] = {"an integer",        "a number",        "a text",
                                                 "a tensor",          "a graph",         "a list of integers",
                                                 "a list of numbers", "a list of texts", "a list of tensors"};
    return names[given.index()];
}

void values_of(const node& of, std::set<value_id>& to) {
    to.insert(of.inputs.begin(), of.inputs.end());
    for (const auto& [name, content] : of.attributes)
        if (const auto* body = std::get_if<std::shared_ptr<block>>(&content)) {
            for (const node& one : (*body)->nodes) values_of(one, to);
            to.insert((*body)->outputs.begin(), (*body)->outputs.end());
        }
}

std::string place_text(const model& of, const node& at) {
    std::string name = at.name;
    if (name.empty() && !at.outputs.empty() && at.outputs[0] != no_value)
        name = of.values[at.outputs[0]].name;
    return "\"" + name + "\" (" + (at.domain.empty() ? "" : at.domain + ":") + at.operation + ")";
}

}  // namespace archetype::graph
