// SPDX-License-Identifier: BSL-1.0
// Networks whose outputs become inputs of the next call.
#include "checks.hpp"

#include <archetype/architecture/parts/with_states.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/inference/embedded.hpp>
#include <archetype/execution/inference/with_feedback.hpp>

namespace {

namespace at = archetype;

using whole = at::network<at::input<6, 3>, at::lstm<4, at::return_sequences>, at::gru<5>, at::dense<2>>;
// The states come between other inputs; the first input is one.
using step = at::network<at::named<"g", at::input<5>>, at::named<"x", at::input<1, 3>>,
                         at::named<"h", at::input<4>>, at::named<"l", at::input<4>>, at::from<"x">,
                         at::with_states<at::lstm<4, at::return_sequences>, at::initial_states<"h", "l">,
                                         at::final_states<"h", "l">>,
                         at::point<"rows">, at::from<"h">, at::side_output<"next h">, at::from<"l">,
                         at::side_output<"next l">, at::from<"rows">,
                         at::with_states<at::gru<5>, at::initial_states<"g">, at::final_states<"g">>,
                         at::side_output<"next g">, at::dense<2>>;
template <class Object>
using stepwise = at::with_feedback<Object, at::feedback<"h", "next h">, at::feedback<"l", "next l">,
                                   at::feedback<"g", "next g">>;

// A convolution over time whose past rows the caller keeps, as a file for one frame at a time has it.
using causal = at::network<at::input<8, 2>, at::conv1d<3, 4, at::causal>, at::tanh>;
using frame = at::network<at::named<"x", at::input<1, 2>>, at::named<"past", at::input<3, 2>>,
                          at::merge<at::concatenate_along<1>, "x">, at::point<"all">, at::slice<1, 1>,
                          at::side_output<"next past">, at::from<"all">, at::conv1d<3, 4>, at::tanh>;

// Its end is its next input: powers of two.
using doubling = at::network<at::input<1>, at::dense<1>>;
alignas(64) constexpr float numbers[at::inference_weight_count<doubling> + at::constant_weights_slack] = {
    2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr at::constant_weights<at::architecture_hash<doubling>, at::inference_weight_count<doubling>> weights{
    numbers};
using powers = at::with_feedback<at::embedded<doubling, weights>, at::feedback<"input">>;
static_assert(powers::state_bytes == 4 && powers::given_count == 0);
constexpr float at_compile_time() {
    powers run;
    for (int k = 0; k < 4; ++k) (void)run();
    return run.state<"input">()[0];
}
static_assert(at_compile_time() == 15);

}  // namespace

TEST_CASE("states of recurrent layers from call to call") {
    at::model<whole> all;
    at::model<step> one;
    numbers::set_parameters(all);
    numbers::set_parameters(one);
    const at::folded_weights folded{one};
    stepwise<at::inference<step>> run{folded.weights()};
    static_assert(decltype(run)::state_bytes == 4 * (4 + 4 + 5) && decltype(run)::given_count == 1);
    const auto sequences = numbers::samples<whole, float>(2);
    const auto wanted = all(sequences);
    decltype(run)::state_type middle, end;
    for (std::size_t n = 0; n < 2; ++n) {
        run.reset();
        for (std::size_t t = 0; t < 6; ++t) {
            if (t == 3) middle = run.kept();
            (void)run(std::span<const float, 3>(sequences.data() + (n * 6 + t) * 3, 3));
        }
        CHECK(checks::largest_difference(run.output<0>(), wanted.data() + 2 * n, 2) < 1e-6);
        end = run.kept();
    }
    // On from a state in the middle of the second sequence.
    run.reset(middle);
    for (std::size_t t = 3; t < 6; ++t)
        (void)run(std::span<const float, 3>(sequences.data() + (6 + t) * 3, 3));
    CHECK(run.kept() == end);
    CHECK(run.is_finite());
    run.state<"l">()[3] = std::numeric_limits<float>::infinity();
    CHECK_FALSE(run.is_finite());
    run.reset();
    CHECK(run.kept() == decltype(run)::state_type{});
}

TEST_CASE("past rows of a convolution from call to call") {
    at::model<causal> all;
    at::model<frame> one;
    numbers::set_parameters(all);
    numbers::set_parameters(one);
    const at::folded_weights folded{one};
    at::with_feedback<at::inference<frame>, at::feedback<"past", "next past">> run{folded.weights()};
    const auto sequence = numbers::samples<causal, float>(1);
    const auto wanted = all(sequence);
    for (std::size_t t = 0; t < 8; ++t) {
        const auto row = run(std::span<const float, 2>(sequence.data() + 2 * t, 2));
        CHECK(checks::largest_difference(row, wanted.data() + 3 * t, 3) < 1e-6);
    }
}

TEST_CASE("the end of a network as its input") {
    static powers run;
    CHECK(run()[0] == 1);
    CHECK(run()[0] == 3);
    run.state<"input">()[0] = 100;
    CHECK(run()[0] == 201);
    run.reset();
    CHECK(run()[0] == 1);
}
