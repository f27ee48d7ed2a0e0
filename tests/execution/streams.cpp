// SPDX-License-Identifier: BSL-1.0
// Streams against whole sequences, bit for bit; what they keep.
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/stream/stream.hpp>

#include "checks.hpp"

namespace {

namespace at = archetype;

template <class Net, class T = float>
std::vector<T> input_of() {
    std::vector<T> made(at::model<Net>::input_shape.size() + 64);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = std::sin(0.37f * static_cast<float>(i * i % 101));
    return made;
}

template <std::size_t Block, class Stream, class T>
std::vector<T> run(Stream& stream, const std::vector<T>& input, std::size_t length) {
    constexpr std::size_t width = Stream::input_size;
    std::vector<T> found;
    for (std::size_t t = 0; t + Block <= length; t += Block) {
        const auto rows = stream(std::span<const T, width>(input.data() + t / Block * width, width));
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
}

/// Blocks of `Block` steps give what a model gives for the whole, twice, the second length after a reset.
template <class Net, std::size_t Block = 1, class T = float>
void check() {
    at::model<Net, T> whole{at::seed{3}};
    numbers::set_parameters(whole);
    const std::vector<T> input = input_of<Net, T>();
    constexpr std::size_t wanted_size = at::model<Net>::output_shape.size();
    std::vector<T> wanted(wanted_size);
    whole.run(input.data(), 1, wanted.data());
    const at::folded_weights weights(whole);
    at::stream<Net, T, Block> stream{weights.weights()};
    constexpr at::shape in = at::model<Net>::input_shape;
    for (int again = 0; again < 2; ++again) {
        const std::vector<T> found = run<Block>(stream, input, in.rank == 1 ? 1 : in.width());
        REQUIRE(found.size() == wanted_size);
        CHECK(checks::same_bits(found, wanted, wanted_size));
        stream.reset();
    }
}

constexpr std::size_t length = 48;
template <std::size_t Features, class... Layers>
using net = at::network<at::input<length, Features>, Layers...>;
using every = at::return_sequences;

/// One gate forgets, reads and writes; a scale for each unit.
struct scaled_cell {
    static constexpr at::text_view kind = "scaled";
    static constexpr std::size_t gates = 2, states = 1, unit_weights = 1;
    static constexpr auto read = [](auto forget, auto, auto state, auto) { return sigmoid(forget) * state; };
    static constexpr auto step = [](auto forget, auto candidate, auto state, auto scale, auto) {
        return state + sigmoid(forget) * (tanh(scale * candidate) - state);
    };
};

}  // namespace

TEST_CASE("recurrent layers step by step") {
    check<net<1, at::lstm<20, every>, at::dense<1, at::last_axis>>>();
    check<net<1, at::gru<8, every, at::reset_after>, at::dense<1, at::last_axis>>>();
    check<net<3, at::gru<17, every>, at::relu, at::simple_rnn<5, every, at::two_biases>>>();
    check<net<5, at::lstm<33, every, at::peepholes>>>();
    check<net<5, at::lstm<64, every, at::diagonal_peepholes>, at::batch_norm<>, at::tanh>, 16>();
    check<net<2, at::lstm<4, every, at::no_bias, at::trainable_initial_state>>, 4>();
    check<net<2, at::conv1d<7, 3, at::causal>, at::lstm<5, every>, at::gru<9, every>>, 4, double>();
    check<net<3, at::recurrent<9, scaled_cell, every>, at::time_distributed<at::dense<2>>>, 4>();
}

TEST_CASE("skipped steps of a stream") {
    using masked = net<2, at::gru<6, every, at::masking<>>>;
    at::model<masked> whole{at::seed{3}};
    std::vector<float> input = input_of<masked>();
    for (const std::size_t t : {0, 5, 6, 30}) input[2 * t] = input[2 * t + 1] = 0;
    std::vector<float> wanted(6 * length);
    whole.run(input.data(), 1, wanted.data());
    const at::folded_weights weights(whole);
    at::stream<masked> stream{weights.weights()};
    CHECK(run<1>(stream, input, length) == wanted);
}

TEST_CASE("convolutions step by step") {
    using stack =
        net<1, at::conv1d<16, 3, at::causal>, at::tanh, at::conv1d<16, 3, at::causal, at::dilation<2>>,
            at::tanh, at::conv1d<16, 3, at::causal, at::dilation<4>>, at::tanh, at::dense<1, at::last_axis>>;
    check<stack>();
    check<stack, 16>();
    check<net<6, at::conv1d<9, 2, at::causal, at::groups<3>>, at::softmax>, 3>();
    check<net<5, at::depthwise_conv1d<3, at::causal, at::dilation<2>, at::depth_multiplier<2>>, at::elu<>>,
          6>();
    check<net<70, at::conv1d<40, 5, at::causal, at::dilation<3>, at::no_bias>, at::layer_norm<>>, 12>();
    check<at::network<at::input<64>, at::dense<64>, at::tanh>>();
    check<at::network<at::input<10>, at::dense<7>, at::batch_norm<>, at::dropout<0.5>, at::relu,
                      at::dense<3>>>();
}

TEST_CASE("strides and convolutions without padding") {
    using strided = net<3, at::conv1d<6, 4, at::causal, at::stride<2>>, at::tanh,
                        at::conv1d<5, 3, at::stride<2>>, at::relu, at::gru<4, every>>;
    static_assert(at::stream_timing_of<strided> == at::stream_timing{4, 4});
    check<strided>();
    check<strided, 8>();
    // After steps that are not there a causal convolution pads with zeros, and a recurrent layer waits.
    using late = net<2, at::conv1d<4, 5>, at::conv1d<3, 3, at::causal>, at::lstm<5, every>>;
    static_assert(at::stream_timing_of<late> == at::stream_timing{1, 4});
    check<late>();
    check<late, 4>();
}

TEST_CASE("graphs step by step") {
    using graph = net<
        4, at::point<"in">,
        at::residual<at::sequence<at::conv1d<8, 3, at::causal, at::dilation<3>>, at::relu, at::conv1d<4, 1>>>,
        at::tanh, at::branches<at::concatenate, at::conv1d<4, 2, at::causal>, at::identity>,
        at::conv1d<4, 3, at::causal>, at::batch_norm<>, at::relu, at::merge<at::multiply, "in">,
        at::conv1d<6, 2, at::causal>>;
    check<graph>();
    check<graph, 6>();
}

TEST_CASE("side outputs of a stream") {
    // A convolution reads past steps of one output, the other has another rate than the end.
    using several =
        net<2, at::conv1d<5, 3, at::causal>, at::tanh, at::side_output<"early">,
            at::conv1d<4, 3, at::stride<2>>, at::relu, at::side_output<"half", at::dense<2, at::last_axis>>,
            at::conv1d<3, 2, at::causal, at::stride<2>>, at::gru<3, every>>;
    at::model<several> whole{at::seed{3}};
    numbers::set_parameters(whole);
    const std::vector<float> input = input_of<several>();
    xt::xtensor<float, 3> sample = xt::zeros<float>({std::size_t(1), length, std::size_t(2)});
    std::copy_n(input.begin(), sample.size(), sample.begin());
    const auto [end, early, half] = whole(sample);
    const at::folded_weights weights(whole);
    const auto compare = [&, &end = end, &early = early,
                          &half = half]<std::size_t Block>(std::integral_constant<std::size_t, Block>) {
        at::stream<several, float, Block> stream{weights.weights()};
        CHECK(stream.template output<1>().empty());
        std::vector<float> found[3];
        for (std::size_t t = 0; t < length; t += Block) {
            const auto rows = stream(std::span<const float, 2 * Block>(input.data() + 2 * t, 2 * Block));
            CHECK(rows.data() == stream.template output<0>().data());
            const auto keep = [](std::vector<float>& to, std::span<const float> from) {
                to.insert(to.end(), from.begin(), from.end());
            };
            keep(found[0], stream.template output<0>());
            keep(found[1], stream.template output<1>());
            keep(found[2], stream.template output<2>());
        }
        CHECK(found[0] == std::vector<float>(end.begin(), end.end()));
        CHECK(found[1] == std::vector<float>(early.begin(), early.end()));
        CHECK(found[2] == std::vector<float>(half.begin(), half.end()));
    };
    compare(std::integral_constant<std::size_t, 1>{});
    compare(std::integral_constant<std::size_t, 12>{});
}

// The sequence of a field case FL-03 (c): taps 10 (oldest) and 1, 8 steps apart.
TEST_CASE("a dilated convolution keeps dilation * (kernel - 1) steps") {
    using dilated = at::network<at::input<10, 1>, at::conv1d<1, 2, at::causal, at::dilation<8>, at::no_bias>>;
    static_assert(at::state_bytes<dilated> == 8 * sizeof(float));
    static_assert(at::state_bytes<net<3, at::conv1d<5, 4, at::dilation<2>>, at::lstm<7, every>>> ==
                  4 * (3 * 6 + 2 * 7));
    alignas(
        64) static constexpr float taps[at::inference_weight_count<dilated> + at::constant_weights_slack] = {
        10, 1};
    constexpr at::constant_weights<at::architecture_hash<dilated>, at::inference_weight_count<dilated>>
        weights{taps};
    at::stream<dilated> stream{weights};
    std::vector<float> found;
    for (int x = 1; x <= 10; ++x) found.push_back(stream(static_cast<float>(x)));
    CHECK(found == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 19, 30});
    at::stream<dilated, float, 5> blocks{weights};
    const std::vector<float> input{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    CHECK(run<5>(blocks, input, 10) == found);
}

TEST_CASE("a state of rest") {
    using effect = net<1, at::conv1d<3, 4, at::causal>, at::lstm<5, every>, at::dense<1, at::last_axis>>;
    at::model<effect> whole{at::seed{8}};
    numbers::set_parameters(whole);
    const at::folded_weights weights(whole);
    at::stream<effect> stream{weights.weights()};
    for (int t = 0; t < 200; ++t) (void)stream(0.f);
    const at::stream<effect>::state_type rest = stream.state();
    std::vector<float> first, second, cold;
    for (int t = 0; t < 9; ++t) first.push_back(stream(0.1f * static_cast<float>(t)));
    stream.reset(rest);
    for (int t = 0; t < 9; ++t) second.push_back(stream(0.1f * static_cast<float>(t)));
    stream.reset();
    for (int t = 0; t < 9; ++t) cold.push_back(stream(0.1f * static_cast<float>(t)));
    CHECK(first == second);
    CHECK(first != cold);
}
