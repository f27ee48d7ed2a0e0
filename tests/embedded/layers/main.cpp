// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Networks with every kind of layer, computed by this target's kernels and by the definition of each layer: the exit
/// status is the number of networks whose results differ.
#include <archetype/inference.hpp>
#include "../../execution/layer_networks.hpp"
#include "../../execution/networks.hpp"
#include "../../execution/view_networks.hpp"
#include "board.hpp"

namespace at = archetype;

namespace {

constexpr float next_number(std::uint32_t& state) {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 8388608.f - 1;
}

constexpr std::size_t most = 8192;
struct numbers_of_a_formula {
    alignas(64) float values[most + at::constant_weights_slack];
    constexpr numbers_of_a_formula() : values{} {
        std::uint32_t state = 7;
        for (std::size_t i = 0; i < most; ++i) values[i] = next_number(state) / 2;
    }
};
constexpr numbers_of_a_formula numbers{};
template <class Net>
constexpr at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>> weights{
    numbers.values};

bool differ(float found, float expected) {
    const float difference = found - expected, size = expected < 0 ? -expected : expected;
    return !(difference <= 1e-4f * (1 + size) && difference >= -1e-4f * (1 + size));
}

/// 1 if the results differ.
template <class Net>
[[gnu::noinline]] int check(const char* name) {
    static_assert(at::inference_weight_count<Net> <= most);
    static at::with_input<at::embedded<Net, weights<Net>>> run;
    static float sample[run.input_size], expected[run.output_size], own[run.output_size];
    std::uint32_t state = 3;
    for (float& value : sample) value = next_number(state);
    at::detail::run_reference<Net, float>(numbers.values, std::array<const float*, 1>{sample},
                                          std::array<float*, 1>{expected});
    const auto found = run(sample);
    std::uint32_t wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) wrong += differ(own[i] = found[i], expected[i]);
    // The same bits from a sample that was written to the object.
    const auto place = run.input();
    for (std::size_t i = 0; i < place.size(); ++i) place[i] = sample[i];
    const auto placed = run();
    for (std::size_t i = 0; i < placed.size(); ++i) wrong += placed[i] != own[i];
    board::print(name, std::uint64_t{wrong});
    return wrong != 0;
}

/// The same of a stream, sample by sample; the definition computes the whole sequence.
template <class Net>
[[gnu::noinline]] int check_stream(const char* name) {
    static_assert(at::inference_weight_count<Net> <= most);
    constexpr at::shape in = at::input_shape<Net>;
    constexpr std::size_t results = at::output_shape<Net>.size();
    static at::embedded_stream<Net, weights<Net>> run;
    static float sample[in.size()], expected[results];
    std::uint32_t state = 3;
    for (float& value : sample) value = next_number(state);
    at::detail::run_reference<Net, float>(numbers.values, std::array<const float*, 1>{sample},
                                          std::array<float*, 1>{expected});
    std::uint32_t wrong = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < in.size(); i += run.input_size)
        for (const float result : run(std::span<const float, run.input_size>(sample + i, run.input_size)))
            wrong += count >= results || differ(result, expected[count++]);
    wrong += count != results;
    // In calls of one to four steps.
    static at::embedded_stream<Net, weights<Net>, 4> some;
    run.reset();
    std::size_t steps = 1;
    for (std::size_t i = 0; i < in.size(); steps = steps % 4 + 1) {
        const std::size_t left = (in.size() - i) / run.input_size, taken = steps < left ? steps : left;
        const std::span<const float> rows =
            some.run(std::span<const float>(sample + i, taken * run.input_size));
        std::size_t next = 0;
        for (std::size_t t = 0; t < taken; ++t, i += run.input_size)
            for (const float result : run(std::span<const float, run.input_size>(sample + i, run.input_size)))
                wrong += next >= rows.size() || result != rows[next++];
        wrong += next != rows.size();
    }
    board::print(name, std::uint64_t{wrong});
    return wrong != 0;
}

/// 1 if a guard does not flush denormal numbers where it should, or does not give them back.
[[gnu::noinline]] int check_denormals() {
    const auto made_bits = [] {
        volatile float small = 1.2e-38f, quarter = 0.25f;
        volatile float made = small * quarter;
        const float now = made;
        return __builtin_bit_cast(std::uint32_t, now);
    };
    int wrong = made_bits() == 0;
    {
        const at::flush_denormals guard;
        wrong += (made_bits() == 0) != at::flush_denormals::acts;
    }
    return wrong + (made_bits() == 0);
}

using tower = at::network<at::input<14, 13, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                          at::conv2d<16, 3>, at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<21>,
                          at::sigmoid, at::dense<10>, at::softmax>;
using strided = at::network<at::input<15, 15, 3>, at::conv2d<7, 3, at::stride<2>, at::padding<1>>, at::elu<>,
                            at::conv2d<5, 3, at::dilation<2>, at::same>, at::leaky_relu<0.1>,
                            at::max_pool2d<3>, at::flatten, at::dense<3>>;
using separable = at::network<at::input<12, 10, 4>, at::conv2d<8, 3, at::padding<1>>, at::batch_norm<>,
                              at::relu, at::conv2d<8, 3, at::padding<1>, at::groups<8>>, at::relu,
                              at::conv2d<12, 1>, at::relu, at::conv2d<12, 3, at::same, at::groups<3>>,
                              at::relu, at::global_avg_pool2d, at::dense<5>, at::softmax>;
using odd = at::network<at::input<9, 9, 6>, at::max_pool2d<2>, at::batch_norm<>,
                        at::conv2d<6, 3, at::same, at::groups<6>>, networks::swish, at::avg_pool2d<4>,
                        at::flatten, at::dense<1, at::no_bias>>;
using recurrent = at::network<at::input<6, 3>, at::lstm<4, at::return_sequences>,
                              at::gru<5, at::return_sequences>, at::simple_rnn<3>, at::dense<2>>;

using every = at::return_sequences;
using effect = at::network<at::input<20, 2>, at::conv1d<5, 3, at::causal, at::dilation<2>>, at::tanh,
                           at::residual<at::conv1d<5, 2, at::causal>>, at::layer_norm<>, at::lstm<6, every>,
                           at::batch_norm<>, at::gru<4, every, at::reset_after>,
                           at::simple_rnn<3, every, at::trainable_initial_state>, at::dense<2, at::last_axis>,
                           at::softmax>;
using thinned = at::network<at::input<32, 3>, at::conv1d<6, 4, at::causal, at::stride<2>>, at::relu,
                            at::conv1d<5, 3, at::stride<2>>, at::gru<4, every>>;

using gated = at::network<at::input<20, 2>, at::conv1d<8, 3, at::causal>, at::prelu<>, at::rms_norm<>,
                          at::glu, at::channel_padding<1, 1>, at::gru<4, every>, at::swiglu, at::log_softmax>;

constexpr at::connection_table<3, 2> two_of_three{{{true, false}, {true, true}, {false, true}}};
using squares_of_frames = at::network<at::input<16, 6, 3>, at::conv2d_table<at::extent{3, 1}, two_of_three>,
                                      at::l2_pool2d<at::extent{2, 3}, at::stride<1, 1>>, at::conv2d<3, 1>>;

using named_activations = at::network<
    at::input<9>,
    at::branches<at::concatenate, at::relu6, at::hard_sigmoid<>, at::hard_swish, at::silu, at::swish,
                 at::gelu, at::gelu_tanh, at::softplus, at::softsign, at::mish, at::selu, at::celu<>,
                 at::log_sigmoid, at::hard_tanh<>, at::hard_shrink<>, at::soft_shrink<>, at::tanh_shrink,
                 at::threshold<0.1, -1.0>, at::thresholded_relu<0.2>, at::sin, at::snake<>, at::exponential>>;

using attending = at::network<
    at::input<6, 8>, at::position_embedding<9>, at::sinusoidal_positions<>,
    at::branches<at::multiply, at::identity, at::sequence<at::thresholded_relu<0.13>, at::step_mask<>>>,
    at::self_attention<8, 2, at::causal, at::rotary<>>, at::point<"asking">, at::class_token<>,
    at::conv1d<5, 2>, at::point<"memory">, at::from<"asking">, at::cross_attention<8, 2, "memory">,
    at::dense<24, at::last_axis>, at::scaled_dot_product_attention<2>, at::tied_output<5>>;
using tokens = at::network<at::input<6>, at::thresholded_relu<0.1>, at::step_mask<>, at::point<"types">,
                           at::embedding<2, 4>, at::token_type_embedding<2, 4, "types">>;
using lengths =
    at::network<at::input<4>, at::branches<at::multiply, at::dense<5>,
                                           at::sequence<at::dense<1>, at::sigmoid, at::sequence_mask<5>>>>;

using sequences = at::network<
    at::input<8, 4>, at::reflection_pad1d<1>, at::replication_pad1d<1>, at::circular_pad1d<1>,
    at::constant_pad1d<0.5, 1>, at::conv1d_transpose<4, 3, at::stride<2>>, at::chunk<1, 0, 3>,
    at::bidirectional<at::lstm<3, every>>, at::grouped<2, at::gru<2, every>>,
    at::recurrent<4, at::gru_cell<>, every>, at::time_distributed<at::dense<4>>, at::dropout<0.5>,
    at::original_dropout<0.5>, at::spatial_dropout<0.5>, at::alpha_dropout<0.5>, at::gaussian_dropout<0.5>,
    at::gaussian_noise<0.5>, at::stochastic_depth<0.5>, at::join_constants<at::multiply, at::shape{4}>,
    at::branches<at::concatenate, at::global_avg_pool1d,
                 at::sequence<at::channels_first, at::with_states<at::gru<4>, at::final_states<"h">>,
                              at::merge<at::add, "h">>>>;

using volumes =
    at::network<at::input<6, 5, 4, 3>, at::conv3d<6, 3, at::same, at::stride<2, 1, 1>, at::groups<3>>,
                at::relu, at::max_pool3d<2, at::stride<1>>,
                at::avg_pool3d<at::volume{1, 2, 2}, at::stride<1>>,
                at::branches<at::concatenate, at::global_avg_pool3d, at::global_max_pool3d>, at::dense<3>>;

}  // namespace

int main() {
    return check<tower>("tower") + check<strided>("strided") + check<separable>("separable") +
           check<odd>("odd") + check<recurrent>("recurrent") + check<networks::perceptron>("perceptron") +
           check<networks::last_axis>("last_axis") + check<networks::normalized>("normalized") +
           check<networks::layer_normalized>("layer_normalized") + check<networks::maxed>("maxed") +
           check<networks::residuals>("residuals") + check<networks::inception>("inception") +
           check<networks::skips>("skips") + check<networks::depthwise>("depthwise") +
           check<networks::transposed>("transposed") + check<networks::steps>("steps") +
           check<networks::resized>("resized") + check<networks::responses>("responses") +
           check<networks::connected>("connected") + check<networks::squeezed>("squeezed") +
           check<networks::broadcasts>("broadcasts") + check<networks::shuffled>("shuffled") +
           check<networks::rows_apart>("rows_apart") + check<networks::other_orders>("other_orders") +
           check<networks::own_operands>("own_operands") + check<networks::slopes>("slopes") +
           check<networks::gates>("gates") + check<networks::log_softmaxes>("log_softmaxes") +
           check<networks::sample_norms>("sample_norms") +
           check<networks::normalized_axes>("normalized_axes") +
           check<networks::root_mean_squares>("root_mean_squares") + check<networks::padded>("padded") +
           check<networks::any_size>("any_size") + check<networks::adaptive>("adaptive") +
           check<networks::reduced>("reduced") + check<networks::moved_pixels>("moved_pixels") +
           check<networks::squared_axes>("squared_axes") +
           check<networks::transposed_groups>("transposed_groups") +
           check<named_activations>("named_activations") + check<attending>("attending") +
           check<tokens>("tokens") + check<lengths>("lengths") + check<sequences>("sequences") +
           check<volumes>("volumes") + check_stream<gated>("gated") +
           check_stream<squares_of_frames>("squares_of_frames") + check_stream<effect>("effect") +
           check_stream<thinned>("thinned") + check_stream<networks::steps_apart>("steps_apart") +
           check_denormals();
}
