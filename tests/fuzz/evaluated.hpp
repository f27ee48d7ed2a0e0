// SPDX-License-Identifier: BSL-1.0
/// @file evaluated.hpp
/// What the targets of the program's readers share: a graph that was read is evaluated, within limits.
#pragma once
#include "fuzz.hpp"

#include "../../tools/archetype/evaluate/evaluator.hpp"

#include <map>
#include <memory>
#include <vector>

namespace fuzz {

namespace evaluate = archetype::evaluate;
namespace graph = archetype::graph;

/// The same number for every element of every input.
inline std::map<std::string, evaluate::datum> inputs_of(const graph::model& of) {
    std::map<std::string, evaluate::datum> made;
    for (const graph::value_id id : of.main.inputs) {
        const graph::value& value = of.values[id];
        graph::shape_type shape;
        if (value.shape)
            for (const graph::dimension& one : *value.shape) shape.push_back(one.extent < 0 ? 2 : one.extent);
        const auto count = graph::element_count(shape);
        if (value.constant || !count || *count > 4096 || graph::extent_product(shape) > 4096) continue;
        const auto size = static_cast<std::size_t>(*count);
        if (graph::is_real(value.type))
            made[value.name] = evaluate::array(value.type, shape, evaluate::reals(size, 0.5));
        else if (graph::is_whole(value.type))
            made[value.name] = evaluate::array(value.type, shape, evaluate::wholes(size, 1));
        else
            made[value.name] = evaluate::array(graph::element_type::text, shape, evaluate::texts(size, "a"));
    }
    return made;
}

/// Reads by `parse(bytes, owner)` and runs what came of it.
template <class Parse>
void read_and_evaluate(input bytes, const Parse& parse) {
    const auto owned = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    expect_value_or_file_error([&] {
        const graph::model made = parse(*owned, owned);
        evaluate::settings settings;
        settings.most_elements = 4096;
        settings.most_products = 1 << 22;
        settings.most_nodes = 1000;
        evaluate::evaluator evaluator(made, settings);
        (void)evaluator.run(inputs_of(made));
    });
}

}  // namespace fuzz
