// SPDX-License-Identifier: BSL-1.0
/// @file bert.cpp
/// BERT base (12 layers, 768 wide, 12 heads, with its pooler) with random weights, one text of 128 tokens: "forward" answers with
/// seconds.
#include "../peers/contender.hpp"

#include <archetype/execution/host/model.hpp>
#include <archetype/zoo/bert.hpp>

namespace at = archetype;
using net = at::zoo::bert_base<128>;

int main() {
    at::model<net> model{at::seed{1}, at::random_normal<0.02>{}};
    std::vector<float> tokens(128), types(128);
    for (std::size_t t = 0; t < 128; ++t) tokens[t] = static_cast<float>(t * 7919 % 30522);
    std::vector<float> pooled(768);
    const std::array<const float*, 2> inputs{tokens.data(), types.data()};
    const std::array<float*, 1> results{pooled.data()};
    const auto forward = [&] { model.run(inputs, 1, results); };
    forward();
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds(forward); }},
                  {"first", [&](std::ostream& out) { out << pooled[0]; }}});
}
