// SPDX-License-Identifier: BSL-1.0
#include "operators.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace archetype::evaluate {

std::vector<const operation*> all_operations() {
    std::vector<const operation*> made;
    for (const auto table : {pointwise_operations(),   pairwise_operations(),     reducing_operations(),
                             shaping_operations(),     sequence_operations(),     choosing_operations(),
                             convolving_operations(),  pooling_operations(),      multiplying_operations(),
                             normalizing_operations(), recurrent_operations(),    attending_operations(),
                             quantizing_operations(),  resampling_operations(),   controlling_operations(),
                             signal_operations(),      loss_operations(),         text_operations(),
                             tflite_operations(),      tflite_named_operations(), tflite_products(),
                             integer_operations()})
        for (const operation& one : table) made.push_back(&one);
    std::sort(made.begin(), made.end(), [](const operation* a, const operation* b) {
        return std::tuple(a->domain, a->name, a->first_version) <
               std::tuple(b->domain, b->name, b->first_version);
    });
    return made;
}

namespace {

/// All versions of an operator.
auto versions_of(const graph::node& of) {
    static const auto by_name = [] {
        std::multimap<std::pair<std::string_view, std::string_view>, const operation*> made;
        for (const operation* one : all_operations()) made.emplace(std::pair(one->domain, one->name), one);
        return made;
    }();
    return by_name.equal_range(std::pair<std::string_view, std::string_view>(of.domain, of.operation));
}

}  // namespace

const operation* find_operation(const graph::node& of) {
    const auto [first, last] = versions_of(of);
    for (auto one = first; one != last; ++one)
        if (of.version >= one->second->first_version && of.version <= one->second->last_version)
            return one->second;
    return nullptr;
}

bool is_no_use(const graph::node& of) {
    const auto [first, last] = versions_of(of);
    if (first == last) return false;
    const operation* const found = find_operation(of);
    return found == nullptr || of.inputs.size() < found->least_inputs ||
           (of.outputs.empty() && found->most_outputs > 0);
}

}  // namespace archetype::evaluate
