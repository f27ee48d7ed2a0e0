// SPDX-License-Identifier: BSL-1.0
// The host's witness for the calculator: constants of the networks that LAYERS lists, or the rule that is broken.
#include <archetype/architecture.hpp>
#include <cstdio>

namespace at = archetype;

template <class Net>
void tell() {
    constexpr auto& facts = at::detail::unchecked_facts<Net>;
    if (facts.first_fault.broken != at::rule::ok) {
        std::puts(at::sentence(facts.first_fault.broken).data());
        return;
    }
    unsigned long long trainable = 0, fixed = 0, products = 0, flops = 0, state = 0;
    for (const at::node& at : facts.nodes) {
        trainable += at.count(true), fixed += at.count(false), products += at.multiply_accumulates;
        flops += 2 * at.multiply_accumulates + at.pointwise_operations, state += 4 * at.state_elements;
    }
    std::printf("{");
    for (std::size_t axis = 0; axis < facts.output.rank; ++axis)
        std::printf(axis == 0 ? "%zu" : ",%zu", facts.output[axis]);
    std::printf("} %llu %llu %llu %llu %llu %llu\n", trainable, fixed, products, flops,
                4 * (trainable + fixed), state);
}

int main() {
#include LAYERS
}
