// SPDX-License-Identifier: BSL-1.0
// A network that `archetype import` wrote, with the weights that its check program wrote: compares with the file's own arithmetic.
#include "board.hpp"
#include "net.hpp"
#include "net_weights.hpp"
#include "samples.hpp"

#include <archetype/inference.hpp>

namespace at = archetype;

namespace {

static_assert(net_weights.order == at::native_weight_order || net_weights.order == at::weight_order::plain);
at::quantized_inference<net::net, net_weights> run;
static_assert(sizeof(samples[0]) == run.input_size && sizeof(wanted[0]) == run.output_size);

void infer() { run(samples[0]); }

}  // namespace

int main() {
    board::report("inference", infer);
    std::uint64_t wrong = 0, seen = 0;
    for (std::size_t n = 0; n < std::size(samples); ++n) {
        const auto found = run(samples[n]);
        for (std::size_t i = 0; i < found.size(); ++i, ++seen) wrong += found[i] != wanted[n][i] ? 1 : 0;
    }
    board::print("arena", std::uint64_t{sizeof run});
    board::print("planned", std::uint64_t{at::quantized_arena_bytes<net::net>});
    board::print("weights", std::uint64_t{4 * net_weights.size()});
    board::print("seen", seen);
    board::print("wrong", wrong);
    return wrong == 0 ? 0 : 1;
}
