// SPDX-License-Identifier: BSL-1.0
// Recurrent layers whose states come from the network and go on in it.
#include "checks.hpp"
#include "recurrent_references.hpp"

#include <archetype/architecture/parts/with_states.hpp>
#include <archetype/architecture/summary.hpp>

namespace {

namespace at = archetype;

using handed_on =
    at::network<at::input<5, 3>,
                at::with_states<at::lstm<6, at::return_sequences>, at::final_states<"h", "l">>,
                at::with_states<at::lstm<6, at::peepholes, at::return_sequences, at::reversed>,
                                at::initial_states<"h", "l">, at::final_states<"last h", "last l">>,
                at::named<"end", at::with_states<at::gru<6, at::reset_after>, at::final_states<"g">,
                                                 at::initial_states<"last l">>>,
                at::merge<at::add, "last h">, at::merge<at::multiply, "g">, at::dense<2>>;
static_assert(at::parameter_count<handed_on, "lstm"> == 4 * 6 * (3 + 6 + 1));
static_assert(at::parameter_count<handed_on, "lstm_1"> == 4 * 6 * (6 + 6 + 1) + 3 * 36);
static_assert(at::parameter_count<handed_on, "end"> == 3 * 6 * (6 + 6 + 2));
static_assert(at::multiply_accumulate_count<handed_on, "lstm"> == 5 * (3 * 24 + 6 * 24));

using begun =
    at::network<at::input<4, 3>, at::dense<3, at::last_axis>, at::tanh, at::point<"x">, at::flatten,
                at::dense<17>, at::sigmoid, at::point<"first">, at::from<"x">,
                at::with_states<at::simple_rnn<17, at::return_sequences>, at::initial_states<"first">>,
                at::point<"steps">, at::from<"first">, at::dense<5>, at::tanh, at::point<"other">,
                at::dense<5>, at::point<"both">, at::from<"steps">,
                at::with_states<at::lstm<5>, at::initial_states<"other", "both">, at::final_states<"h", "l">>,
                at::merge<at::concatenate, "l">, at::dense<3>>;

// As a runtime feeds one step: the states are inputs and outputs.
using step =
    at::network<at::named<"x", at::input<1, 3>>, at::named<"h", at::input<4>>, at::named<"l", at::input<4>>,
                at::from<"x">,
                at::with_states<at::lstm<4>, at::initial_states<"h", "l">, at::final_states<"h", "l">>,
                at::point<"end">, at::from<"l">, at::side_output<"l">, at::from<"end">, at::side_output<"h">,
                at::dense<2>>;
using whole = at::network<at::input<6, 3>, at::lstm<4>, at::dense<2>>;

}  // namespace

TEST_CASE("states from layer to layer") {
    checks::forward<handed_on>(references::handed_on);
    checks::gradients<handed_on>();
}

TEST_CASE("first states that layers compute") {
    checks::forward<begun>(references::begun);
    checks::gradients<begun>();
}

TEST_CASE("steps with states as inputs and outputs are the whole sequence") {
    at::model<whole> all;
    at::model<step> one;
    numbers::set_parameters(all);
    numbers::set_parameters(one);
    const auto sequences = numbers::samples<whole, float>(3);
    xt::xtensor<float, 2> h = xt::zeros<float>({3, 4}), l = h, end;
    for (std::size_t t = 0; t < 6; ++t) {
        const xt::xtensor<float, 3> now = xt::view(sequences, xt::all(), xt::range(t, t + 1));
        const auto [result, next_l, next_h] = one(now, h, l);
        end = result, h = next_h, l = next_l;
    }
    const auto wanted = all(sequences);
    CHECK(checks::same_bits(end.data(), wanted.data(), wanted.size()));
}

TEST_CASE("states that nobody reads") {
    using one =
        at::network<at::input<5, 3>, at::with_states<at::lstm<4>, at::final_states<"", "l">>, at::dense<2>>;
    using both = at::network<at::input<5, 3>, at::with_states<at::lstm<4>, at::final_states<"h", "l">>,
                             at::merge<at::concatenate, "l">, at::slice<-1, 4>, at::dense<2>>;
    at::model<one> net;
    at::model<both> other;
    numbers::set_parameters(net);
    numbers::set_parameters(other);
    const auto samples = numbers::samples<one, float>(3);
    CHECK(checks::same_bits(net(samples).data(), other(samples).data(), 6));
    checks::gradients<one>();
}

TEST_CASE("gradients of inputs that are states") {
    at::model<step, double> net;
    numbers::set_parameters(net);
    numbers::source from(4);
    const auto drawn = [&](auto made) {
        for (double& one : made) one = from.next();
        return made;
    };
    std::tuple inputs{drawn(xt::xtensor<double, 3>::from_shape({2, 1, 3})),
                      drawn(xt::xtensor<double, 2>::from_shape({2, 4})),
                      drawn(xt::xtensor<double, 2>::from_shape({2, 4}))};
    const auto targets = drawn(xt::xtensor<double, 2>::from_shape({2, 2}));
    at::gradients of{net, at::mean_squared_error{}};
    of(inputs, targets);
    const xt::xtensor<double, 2> of_h = of.input<1>(), of_l = of.input<2>();
    const auto apart = [&](auto& input, const auto& found) {
        double most = 0;
        for (std::size_t i = 0; i < input.size(); ++i) {
            const double before = input.data()[i], h = 1e-5;
            input.data()[i] = before + h;
            const double above = of(inputs, targets);
            input.data()[i] = before - h;
            const double below = of(inputs, targets);
            input.data()[i] = before;
            most = std::max(most, std::abs((above - below) / (2 * h) - found.data()[i]));
        }
        return most;
    };
    CHECK(xt::amax(xt::abs(of_l))() > 1e-3);
    CHECK(apart(std::get<1>(inputs), of_h) < 1e-9);
    CHECK(apart(std::get<2>(inputs), of_l) < 1e-9);
}
