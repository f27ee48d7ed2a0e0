// SPDX-License-Identifier: BSL-1.0
// Streams against whole sequences, bit for bit; what they keep.
#include <archetype/zoo/llama.hpp>

#include "stream_checks.hpp"

namespace {

namespace at = archetype;
using namespace stream_checks;

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
    check<net<8, at::conv1d<6, 3, at::causal>, at::local_response_norm<3, 0.5>, at::conv1d<4, 1>>, 4>();
    check<at::network<at::input<64>, at::dense<64>, at::tanh>>();
    check<at::network<at::input<10>, at::dense<7>, at::batch_norm<>, at::dropout<0.5>, at::relu,
                      at::dense<3>>>();
}

TEST_CASE("steps of a stream that are loops over elements") {
    check<net<3, at::tanh, at::layer_norm<>, at::softmax>, 24>();
    check<net<2, at::conv1d<3, 2, at::causal>, at::point<"a">, at::softmax, at::merge<at::average, "a">,
              at::layer_norm<>, at::sigmoid>,
          16>();
    check<net<20, at::layer_norm<>, at::elu<>>, 6, double>();
}

TEST_CASE("attention step by step") {
    check<net<4, at::dense<24, at::last_axis>, at::scaled_dot_product_attention<2, at::causal>, at::tanh>>();
    using shared =
        net<6,
            at::residual<
                at::sequence<at::layer_norm<>, at::self_attention<6, 3, at::causal, at::key_value_heads<1>,
                                                                  at::window<7>, at::rotary<>>>>,
            at::conv1d<5, 3, at::causal>, at::gelu>;
    static_assert(
        at::state_bytes<at::network<
            at::input<48, 6>, at::self_attention<6, 3, at::causal, at::key_value_heads<1>, at::window<7>>>> ==
        4 * 7 * 2 * 2);
    check<shared>();
    check<shared, 8>();
    check<net<6, at::self_attention<6, 2, at::causal, at::head_size<20>, at::rotary<>>>, 6, double>();
    // The first rows never come: a convolution without padding waits.
    check<net<2, at::conv1d<12, 4>,
              at::scaled_dot_product_attention<2, at::causal, at::window<5>, at::rotary<>>>,
          4>();
}

TEST_CASE("masked attention step by step") {
    using mask = at::sequence<at::slice<-1, 3, 4>, at::relu, at::step_mask<>>;
    using hidden =
        net<4, at::branches<at::concatenate, at::dense<24, at::last_axis>, mask>,
            at::scaled_dot_product_attention<2, at::causal, at::masked, at::window<9>, at::rotary<>>>;
    static_assert(at::state_bytes<hidden> == 4 * 9 * (2 * 2 * 4 + 1));
    check<hidden>();
    check<hidden, 6, double>();
    using point = net<4, at::point<"x">, mask, at::point<"mask">, at::from<"x">,
                      at::self_attention<6, 2, at::padding_mask<"mask">, at::causal, at::key_value_heads<1>>>;
    check<point, 8>();
}

TEST_CASE("positions step by step") {
    check<net<5, at::sinusoidal_positions<>, at::tanh>>();
    check<net<5, at::conv1d<20, 3>, at::sinusoidal_positions<100.0>,
              at::residual<at::self_attention<20, 2, at::causal>>>,
          6, double>();
    check<net<5, at::position_embedding<length>, at::relu>, 8>();
    using trained = net<6, at::point<"in">, at::position_embedding<length + 9>, at::merge<at::add, "in">,
                        at::self_attention<6, 2, at::causal>>;
    static_assert(at::stream_steps_of<trained> == length + 9);
    static_assert(at::stream_steps_of<net<5, at::sinusoidal_positions<>>> == at::no_last_step);
    check<trained>();
    check<trained, 6>();
    // Rows that come late, and fewer rows than steps.
    using late = net<3, at::conv1d<6, 4, at::stride<2>>, at::position_embedding<30>, at::tanh>;
    static_assert(at::stream_timing_of<late> == at::stream_timing{2, 3});
    check<late>();
    check<late, 4>();
}

TEST_CASE("a stream ends with its positions") {
    // Row n of the convolution is there with step 2 n + 3: row 5 would be the one without a position.
    using net = at::network<at::input<12, 2>, at::conv1d<3, 4, at::stride<2>>, at::position_embedding<5>>;
    static_assert(at::stream_steps_of<net> == 13);
    at::model<net> whole{at::seed{3}};
    const at::folded_weights weights(whole);
    const std::vector<float> input = input_of<net>();
    at::stream<net> single{weights.weights()};
    static_assert(single.most_steps == 13 && !single.is_steady);
    std::size_t results = 0;
    for (std::size_t t = 0; t < 13; ++t) {
        CHECK(single.steps_left() == 13 - t);
        const auto rows = single(std::span<const float, 2>(input.data(), 2));
        CHECK(rows.data() != nullptr);
        results += rows.size();
    }
    CHECK(results == 5 * 3);
    const auto at_end = single.state();
    CHECK(single.steps_left() == 0);
    CHECK(single(std::span<const float, 2>(input.data(), 2)).data() == nullptr);
    CHECK(single.run(std::span<const float>(input.data(), 2)).data() == nullptr);
    CHECK(single.state().time == at_end.time);

    at::stream<net, float, 4> blocks{weights.weights()};
    for (std::size_t k = 0; k < 3; ++k)
        CHECK(blocks(std::span<const float, 8>(input.data(), 8)).data() != nullptr);
    CHECK(blocks.steps_left() == 1);
    CHECK(blocks(std::span<const float, 8>(input.data(), 8)).data() == nullptr);
    CHECK(blocks.run(std::span<const float>(input.data(), 4)).data() == nullptr);
    CHECK(blocks.run(std::span<const float>(input.data(), 2)).data() != nullptr);
    CHECK(blocks.steps_left() == 0);
    blocks.reset(at_end);
    CHECK(blocks.steps_left() == 0);
    blocks.reset();
    CHECK(blocks.steps_left() == 13);
}

TEST_CASE("classes step by step") {
    using text = at::zoo::llama<2, 8, 12, 4, 2, 11, length>;
    at::model<text> whole{at::seed{3}};
    numbers::set_parameters(whole);
    std::vector<float> input(length + 64);
    for (std::size_t t = 0; t < length; ++t) input[t] = static_cast<float>(t * t % 11);
    std::vector<float> wanted(11 * length);
    whole.run(input.data(), 1, wanted.data());
    const at::folded_weights weights(whole);
    at::stream<text> single{weights.weights()};
    CHECK(checks::same_bits(run<1>(single, input, length), wanted, wanted.size()));
    at::stream<text, float, 6> blocks{weights.weights()};
    CHECK(checks::same_bits(run<6>(blocks, input, length), wanted, wanted.size()));
    check_any_count(blocks, weights, input, wanted);
}

TEST_CASE("strides and convolutions without padding") {
    using strided = net<3, at::conv1d<6, 4, at::causal, at::stride<2>>, at::tanh,
                        at::conv1d<5, 3, at::stride<2>>, at::relu, at::gru<4, every>>;
    static_assert(at::stream_timing_of<strided> == at::stream_timing{4, 4});
    check<strided>();
    check<strided, 8>();
    check<strided, 4>();
    check<net<1, at::conv1d<20, 3, at::causal, at::stride<3>>,
              at::conv1d<3, 4, at::dilation<2>, at::stride<2>>, at::softmax>,
          12>();
    // After steps that are not there a causal convolution pads with zeros, and a recurrent layer waits.
    using late = net<2, at::conv1d<4, 5>, at::conv1d<3, 3, at::causal>, at::lstm<5, every>>;
    static_assert(at::stream_timing_of<late> == at::stream_timing{1, 4});
    check<late>();
    check<late, 4>();
}

TEST_CASE("pooling over time") {
    check<net<3, at::max_pool1d<2>, at::tanh>, 4>();
    check<
        net<20, at::conv1d<18, 3, at::causal>, at::relu, at::avg_pool1d<3, at::stride<2>>, at::gru<4, every>>,
        8>();
    check<net<2, at::avg_pool1d<4, at::stride<1>>, at::conv1d<3, 2, at::causal>>>();
    check<net<5, at::max_pool1d<3, at::stride<1>, at::dilation<4>>, at::batch_norm<>>, 4, double>();
    // Rows before the first are never the largest, and count for a mean unless it excludes them.
    check<net<2, at::batch_norm<>, at::max_pool1d<4, at::padding<3, 0>, at::stride<1>>>, 6>();
    check<net<2, at::avg_pool1d<4, at::padding<3, 0>, at::stride<2>>>, 6>();
    check<net<2, at::avg_pool1d<5, at::padding<2, 0>, at::stride<1>, at::exclude_padding>>, 3>();
    // After a convolution that waits; beside a branch that looks back as far.
    check<net<2, at::conv1d<4, 4>, at::max_pool1d<3, at::padding<2, 0>, at::stride<1>>,
              at::dense<3, at::last_axis>>,
          12>();
    check<net<2, at::point<"in">, at::max_pool1d<3, at::stride<1>, at::padding<2, 0>>,
              at::merge<at::add, "in">, at::lstm<3, every>>,
          2>();
    using halved = net<6, at::max_pool1d<2>>;
    static_assert(at::stream_timing_of<halved> == at::stream_timing{.period = 2, .latency = 1});
    static_assert(at::state_bytes<halved> == 4 * 6);
    // The last window reaches past the end, which a stream does not have.
    static_assert(at::streamable<net<2, at::max_pool1d<3, at::stride<3>>>>);
    static_assert(!at::streamable<at::network<at::input<49, 2>, at::max_pool1d<3, at::ceil_mode>>>);
    static_assert(!at::streamable<net<2, at::max_pool1d<3, at::same, at::stride<1>>>>);
    static_assert(!at::streamable<net<2, at::global_max_pool1d>>);
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
        std::size_t taken[3]{};
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
        stream.reset();
        CHECK(stream.template output<1>().empty());
        std::size_t counts = 0;
        for (std::size_t t = 0; t < length;) {  // the same again in other numbers of steps
            const std::size_t count = std::min(1 + counts++ % Block, length - t);
            CHECK(stream.run(std::span<const float>(input.data() + 2 * t, 2 * count)).data() != nullptr);
            t += count;
            const auto next = [](std::vector<float>& of, std::size_t& at, std::span<const float> rows) {
                CHECK(std::equal(rows.begin(), rows.end(), of.begin() + static_cast<std::ptrdiff_t>(at)));
                at += rows.size();
            };
            next(found[0], taken[0], stream.template output<0>());
            next(found[1], taken[1], stream.template output<1>());
            next(found[2], taken[2], stream.template output<2>());
        }
        for (int k = 0; k < 3; ++k) CHECK(taken[k] == found[k].size());
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

TEST_CASE("a sample that is no number stays until reset, and can be seen") {
    using recurrent = net<1, at::lstm<5, every>, at::dense<1, at::last_axis>>;
    using window = net<1, at::conv1d<3, 4, at::causal>, at::dense<1, at::last_axis>>;
    const auto check = [](auto& stream, int steps) {
        for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
            stream.reset();
            (void)stream(0.5f);
            CHECK(stream.is_finite());
            (void)stream(bad);
            for (int t = 0; t < steps; ++t) (void)stream(0.5f);
        }
    };
    at::model<recurrent> lstm{at::seed{8}};
    numbers::set_parameters(lstm);
    const at::folded_weights weights(lstm);
    at::stream<recurrent> stream{weights.weights()};
    check(stream, 0);
    stream.reset();
    const float clean = stream(0.5f);
    (void)stream(std::nanf(""));
    for (int t = 0; t < 100; ++t) CHECK(std::isnan(stream(0.5f)));
    CHECK_FALSE(stream.is_finite());
    stream.reset();
    CHECK(stream.is_finite());
    CHECK(stream(0.5f) == clean);

    // Convolutions forget it when it has left their windows.
    at::model<window> conv{at::seed{8}};
    const at::folded_weights of_conv(conv);
    at::stream<window> short_memory{of_conv.weights()};
    check(short_memory, 6);
    CHECK(short_memory.is_finite());
    (void)short_memory(std::nanf(""));
    CHECK_FALSE(short_memory.is_finite());
}
