// SPDX-License-Identifier: BSL-1.0
// Streams in 8 bits on an emulated processor, step by step and in blocks, against the network on the whole sequence there:
// the exit status is the number of networks whose results differ.
#include "board.hpp"
#include "embedded/int8_streams_networks.hpp"
#include "motion.hpp"
#include "pooled.hpp"
#include "spectrum.hpp"
#include "words.hpp"

#include <archetype/inference.hpp>

namespace {

template <class Net, const auto& Weights>
struct streamed {
    static constexpr std::size_t features = at::input_shape<Net>.size() / at::input_shape<Net>[0],
                                 steps = at::input_shape<Net>[0];
    static inline at::quantized_inference<Net, Weights> whole;
    static inline at::embedded_stream<Net, Weights> single;
    static inline at::embedded_stream<Net, Weights, 12> block;
    static inline std::int8_t sample[steps * features];

    template <class Stream>
    static std::uint64_t differences(Stream& stream, std::size_t at_once) {
        const auto wanted = whole(sample);
        std::uint64_t wrong = 0;
        std::size_t next = 0;
        for (std::size_t t = 0; t < steps; t += at_once)
            for (const std::int8_t result :
                 stream.run(std::span<const std::int8_t>(sample + t * features, at_once * features)))
                wrong += next >= wanted.size() || result != wanted[next++];
        return wrong + (next != wanted.size());
    }
    static void a_block() { block(std::span<const std::int8_t, 12 * features>(sample, 12 * features)); }
    static void whole_sequence() { whole(sample); }
    static void step_by_step() {
        for (std::size_t t = 0; t < steps; ++t)
            single(std::span<const std::int8_t, features>(sample + t * features, features));
    }

    static int check(const char* name) {
        for (std::size_t i = 0; i < sizeof sample; ++i)
            sample[i] = static_cast<std::int8_t>(i * i * 37 % 251 - 128);
        std::uint64_t wrong = differences(single, 1) + differences(block, 4);
        block.reset();
        single.reset();
        wrong += differences(block, 12) + differences(single, 1);
        board::print(name, wrong);
        return wrong != 0;
    }
};

static_assert(sizeof(at::embedded_stream<words, words_weights>) == at::quantized_stream_ram_bytes<words>);
static_assert(at::stream_ram_bytes<words, 1, at::form::int8> == at::quantized_stream_ram_bytes<words>);
using word_stream = streamed<words, words_weights>;

}  // namespace

int main() {
    const int wrong = word_stream::check("words") + streamed<motion, motion_weights>::check("motion") +
                      streamed<spectrum, spectrum_weights>::check("spectrum") +
                      streamed<pooled, pooled_weights>::check("pooled");
    board::report("whole", word_stream::whole_sequence);
    board::report("steps", word_stream::step_by_step);
    board::report("block", word_stream::a_block);
    board::print("state", std::uint64_t{at::quantized_state_bytes<words>});
    board::print("single", std::uint64_t{sizeof word_stream::single});
    board::print("arena", std::uint64_t{sizeof word_stream::whole});
    return wrong;
}
