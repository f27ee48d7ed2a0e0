// SPDX-License-Identifier: BSL-1.0
// The voice detector as a stream: the exit status is the number of answers that are not those of the file.
#include "board.hpp"
#include "vad.hpp"
#include "vad_weights.hpp"
#include "vectors.hpp"

#include <archetype/inference.hpp>

namespace at = archetype;

namespace {

at::embedded_stream<vad::net, vad_weights> single;
at::embedded_stream<vad::net, vad_weights, vad::block> block;

void three_steps() { block(std::span<const std::int8_t, 120>(inputs, 120)); }

}  // namespace

int main() {
    int wrong = 0;
    for (std::size_t call = 0; call < sizeof wanted; ++call) {
        const std::int8_t* const steps = inputs + 120 * call;
        wrong += block(std::span<const std::int8_t, 120>(steps, 120))[0] + 128 != wanted[call];
        std::size_t rows = 0;
        for (std::size_t t = 0; t < 3; ++t)
            for (const std::int8_t answer : single(std::span<const std::int8_t, 40>(steps + 40 * t, 40)))
                wrong += answer + 128 != wanted[call] || rows++ != 0;
        wrong += rows != 1;
    }
    board::report("call", three_steps);
    board::print("state", std::uint64_t{at::quantized_state_bytes<vad::net>});
    board::print("memory", std::uint64_t{sizeof block});
    board::print("wrong", static_cast<std::uint64_t>(wrong));
    return wrong;
}
