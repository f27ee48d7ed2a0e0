// SPDX-License-Identifier: BSL-1.0
// Writes networks of every layer as ONNX files, with inputs and what a model gives for them (tests/program/written.py).
#include <archetype/archetype.hpp>
#include <archetype/onnx.hpp>
#include <xtensor/xnpy.hpp>

#include <cstdio>
#include <string>

namespace {

using namespace archetype;
using archetype::tanh;
namespace f = archetype::expression;

std::string folder;

template <class Net, std::size_t K>
using batch_of = xt::xtensor<float, model<Net>::template input_shape_of<K>.rank + 1>;

/// Two samples of input `K`; class numbers below 5 where the name says so.
template <class Net, std::size_t K>
batch_of<Net, K> samples(random_source& random, bool is_classes) {
    constexpr shape extents = model<Net>::template input_shape_of<K>;
    typename batch_of<Net, K>::shape_type sizes{};
    sizes[0] = 2;
    for (std::size_t i = 0; i < extents.rank; ++i) sizes[i + 1] = extents.extents[i];
    batch_of<Net, K> made(sizes);
    for (float& one : made)
        one = is_classes ? static_cast<float>(random.uniform() * 5 < 4 ? int(random.uniform() * 4) : 4)
                         : static_cast<float>(2 * random.uniform() - 1);
    return made;
}

/// Numbers of a trained network: none is where it starts.
template <class Net>
void disturb(model<Net>& net, random_source& random) {
    float* const data = net.data();
    detail::for_each_parameter<Net>([&](const std::string& name, const std::vector<std::size_t>& extents,
                                        std::size_t at) {
        std::size_t count = 1;
        for (const std::size_t one : extents) count *= one;
        const bool is_positive =
            name.find("variance") != std::string::npos || name.find("kernel") == std::string::npos;
        for (std::size_t i = 0; i < count; ++i)
            data[at + i] +=
                static_cast<float>(is_positive ? 0.5 * random.uniform() + 0.1 : 0.2 * random.uniform() - 0.1);
    });
}

template <class Net>
void write(const std::string& name, bool is_classes = false) {
    random_source random(7);
    model<Net> net(seed{11});
    disturb(net, random);
    write_onnx(net, folder + '/' + name + ".onnx");
    write_onnx(net, folder + '/' + name + ".first.onnx", {.channels_first = true});
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto inputs = std::make_tuple(samples<Net, K>(random, is_classes)...);
        (xt::dump_npy(folder + '/' + name + ".input" + std::to_string(K) + ".npy", std::get<K>(inputs)), ...);
        const auto results = net(std::get<K>(inputs)...);
        if constexpr (model<Net>::output_count == 1)
            xt::dump_npy(folder + '/' + name + ".output0.npy", results);
        else
            [&]<std::size_t... O>(std::index_sequence<O...>) {
                (xt::dump_npy(folder + '/' + name + ".output" + std::to_string(O) + ".npy",
                              std::get<O>(results)),
                 ...);
            }
        (std::make_index_sequence<model<Net>::output_count>{});
    }
    (std::make_index_sequence<model<Net>::input_count>{});
    std::printf("%s\n", name.c_str());
}

constexpr auto own = [](auto x) {
    return f::where(x < 0.25, f::expm1(x) * f::normal_cdf(x),
                    f::log1p(f::square(x)) - f::clamp(x, -0.5, 0.5));
};
constexpr auto length_of_seven = [](auto x) { return 7.0 * f::sigmoid(x); };
constexpr auto second = [](auto x) {
    return f::floor(3.0 * x) + f::pow(f::abs(x) + 0.5, 1.5) + f::atan(x) * f::cos(x);
};

using convolutions =
    network<input<13, 11, 4>, conv2d<6, 3, stride<2, 1>, padding<1>>, relu,
            conv2d<6, extent{3, 2}, same, groups<2>>, tanh, depthwise_conv2d<3, same, depth_multiplier<2>>,
            conv2d<5, 2, dilation<2>, no_bias>, separable_conv2d<4, 3, same>,
            conv2d<3, 2, padding<1, 0, 2, 1>>, conv2d<4, 2, same_lower, stride<2>>, flatten, dense<7>>;
using table = network<input<14, 14, 6>, conv2d_table<5, lenet5_connections>, subsampling2d<2>, tanh, flatten,
                      dense<3, no_bias>>;
using transposed =
    network<input<5, 4, 4>, conv2d_transpose<6, 3, stride<2>>, relu,
            conv2d_transpose<4, 3, stride<2>, same, groups<2>>, conv2d_transpose<4, 2, padding<1>, no_bias>,
            conv2d_transpose<2, 3, stride<3>, padding<1>, output_padding<1>>>;
using pools = network<input<17, 15, 3>, max_pool2d<3, stride<2>, same>, avg_pool2d<3, stride<1>, padding<1>>,
                      avg_pool2d<3, stride<1>, same>, avg_pool2d<2, stride<1>, padding<1>, exclude_padding>,
                      max_pool2d<2, stride<2>, ceil_mode>, residual<avg_pool2d<3, stride<1>, padding<1>>>,
                      avg_pool2d<3, stride<2>, padding<1>, ceil_mode>>;
using more_pools =
    network<input<10, 9, 3>, max_pool2d<2, stride<1>, dilation<2>>, l2_pool2d<2, stride<2>, ceil_mode>,
            adaptive_avg_pool2d<extent{3, 2}>, adaptive_max_pool2d<2>>;
using uneven_pools =
    network<input<7, 8, 2>,
            branches<concatenate, adaptive_avg_pool2d<extent{3, 5}>, adaptive_max_pool2d<extent{3, 5}>>>;
using global_pools = network<input<5, 4, 3>, branches<concatenate, global_avg_pool2d, global_max_pool2d>,
                             dense<4>, log_softmax>;
using axis_pools =
    network<input<5, 4, 3>,
            branches<concatenate, sequence<reduce_mean<1>, reduce_max<1>>,
                     sequence<reduce_max<-1>, reduce_mean<2>>, sequence<reduce_mean<2>, reduce_max<2>>>>;
using volumes =
    network<input<5, 6, 7, 4>, conv3d<6, volume{2, 3, 3}, same, stride<1, 2, 1>>, relu, point<"seen">,
            global_avg_pool3d, dense<6>, sigmoid, merge<multiply, "seen">,
            residual<sequence<conv3d<6, 3, padding<1>, groups<3>>, batch_norm<>, tanh>>,
            max_pool3d<2, stride<1>>, conv3d<4, 2, padding<1, 0, 0, 1, 2, 0>, dilation<2, 1, 1>, no_bias>,
            branches<concatenate_along<1>, sequence<>, layer_norm<>>,
            branches<concatenate, avg_pool3d<3, stride<1>, padding<1>>, slice<-1, 1, 3>>,
            avg_pool3d<volume{1, 2, 2}, stride<1, 2, 2>, exclude_padding, padding<0, 1, 1>>, group_norm<3>,
            dense<5, last_axis>, branches<concatenate, global_max_pool3d, sequence<flatten, dense<3>>>>;
using sequences =
    network<input<19, 4>, conv1d<6, 3, causal, dilation<2>>, softplus, depthwise_conv1d<3, same>,
            conv1d<4, 2, stride<2>, groups<2>>, max_pool1d<2, stride<1>>,
            avg_pool1d<3, padding<1>, stride<1>>, conv1d_transpose<4, 4, stride<2>, padding<1>>,
            upsampling1d<2>, zero_padding1d<1, 2>, cropping1d<2, 1>, reflection_pad1d<2>,
            replication_pad1d<1, 0>, circular_pad1d<2, 1>, constant_pad1d<0.5, 1>, resize1d<21, bilinear>,
            dense<5, last_axis>, branches<concatenate, global_avg_pool1d, global_max_pool1d>>;
using paddings = network<input<5, 4, 2>, zero_padding2d<1, 0, 2, 1>, cropping2d<0, 1, 1, 0>,
                         reflection_pad2d<1, 2>, replication_pad2d<1>, circular_pad2d<1, 0, 2, 3>,
                         constant_pad2d<-0.25, 1>, channel_padding<1, 2, 0.5>>;
using sizes =
    network<input<5, 4, 2>, upsampling2d<2>, upsampling2d<extent{1, 2}, bilinear>, resize2d<extent{7, 9}>,
            resize2d<extent{8, 11}, bilinear>,
            resize2d<extent{5, 9}, bilinear, coordinates<coordinate_rule::align_corners>>,
            rescale2d<1.5, 0.7, bilinear>,
            resize2d<extent{11, 3}, bilinear, coordinates<coordinate_rule::asymmetric>>,
            rescale2d<0.6, 2.3, nearest<nearest_rule::floor>, coordinates<coordinate_rule::asymmetric>>,
            resize2d<extent{9, 5}, bicubic<-0.5, beyond_edge::left_out>>,
            rescale2d<0.7, 1.6, bicubic<>, coordinates<coordinate_rule::asymmetric>>>;
using shuffles = network<input<4, 6, 8>, pixel_shuffle<2>, pixel_unshuffle<2>, depth_to_space<2>,
                         space_to_depth<2>, channel_shuffle<4>, permute<3, 1, 2>, slice<1, 1, 7, 2>,
                         reverse<-1>, chunk<2, 1, 2>, permute<2, 1, 3>>;
using norms =
    network<input<6, 5, 8>, batch_norm<>, layer_norm<>, conv2d<8, 1>, batch_norm<no_scale>,
            layer_norm<axes<1, 2, 3>>, layer_norm<axes<1>>, layer_norm<no_scale>, rms_norm<>,
            rms_norm<axes<1, 3>>, rms_norm<axes<2, 3>>, group_norm<2>, instance_norm<>,
            group_norm<4, no_center, no_scale>, local_response_norm<3, 0.5>, local_response_norm<4, 0.5>>;
using vectors =
    network<input<12>, dense<16>, batch_norm<>, layer_norm<>, prelu<>, dropout<0.5>, original_dropout<0.25>,
            maxout<8, 3>, glu, dense<8>, swiglu, dense<8>, geglu, rms_norm<no_scale>, softmax>;
using activations = network<
    input<6>,
    branches<concatenate, relu, sequence<sigmoid, silu>, sequence<gelu, gelu_tanh>, leaky_relu<0.2>, elu<0.7>,
             sequence<relu6, hard_sigmoid<>>, hard_swish, sequence<softplus, log_sigmoid>, softsign, mish,
             selu, celu<0.5>, sequence<exponential, hard_tanh<-0.5, 1.5>>, hard_shrink<0.3>, soft_shrink<0.3>,
             tanh_shrink, threshold<0.1, -2.0>, sequence<archetype::sin, snake<0.7>>>>;
using functions = network<input<6>, branches<concatenate, activation<own>, activation<second>>>;
using slopes = network<input<4, 3, 2>, prelu<one_slope>, prelu<slope_per_element>, conv2d<2, 1>, prelu<>>;
using joins =
    network<input<4, 3, 6>, point<"start">, branches<add, conv2d<6, 1>, conv2d<6, 1>, sequence<>>,
            branches<multiply, sequence<>, sequence<global_avg_pool2d, dense<6>, sigmoid>>,
            branches<subtract, sequence<>, conv2d<1, 1>>,
            branches<divide, conv2d<6, 1>, sequence<relu, activation<own>, exponential>>,
            branches<average, conv2d<4, 1>, conv2d<4, 1>, conv2d<4, 1>>, branches<maximum, sequence<>, tanh>,
            branches<minimum, sequence<>, sigmoid>, join_weights<multiply, shape{4}>,
            join_weights<add, shape{4, 3, 1}>, join_constants<subtract, shape{1, 1, 4}>,
            branches<concatenate_along<1>, sequence<>, tanh>,
            branches<concatenate_along<2>, sequence<>, relu>>;
using recurrent_layers =
    network<input<7, 3>, lstm<5, return_sequences>,
            lstm<4, return_sequences, reversed, diagonal_peepholes, two_biases>, gru<5, return_sequences>,
            gru<4, return_sequences, reset_after, reversed>, simple_rnn<4, return_sequences, no_bias>,
            simple_rnn<5, return_sequences, cell_activation<relu>, trainable_initial_state>,
            gru<4, return_sequences, recurrent_activation<hard_sigmoid<0.2>>, cell_activation<softsign>>,
            branches<concatenate, lstm<3, trainable_initial_state>, lstm<3, reversed>, gru<2, reset_after>>,
            dense<2>>;
using attentions =
    network<input<6, 6>, class_token<>, sinusoidal_positions<>, position_embedding<9>, layer_norm<>,
            residual<self_attention<6, 3>>,
            residual<layer_norm<>, self_attention<6, 2, causal, no_bias, head_size<4>>>, dense<40, last_axis>,
            scaled_dot_product_attention<6, key_value_heads<2>, causal, window<3>, rotary<>, softcap<0.2>>,
            gelu, dense<2, last_axis>>;
using padding = sequence<slice<-1, 0, 1>, relu, step_mask<>>;
using masked_attentions =
    network<named<"x", input<7, 6>>, named<"length", input<1>>, activation<length_of_seven>, sequence_mask<7>,
            point<"there">, from<"x">, conv1d<5, 3>, point<"memory">, padding, point<"seen">, from<"x">,
            self_attention<6, 2, padding_mask<"there">, causal, window<3>>,
            cross_attention<6, 3, "memory", softcap<0.1>>,
            cross_attention<8, 4, "memory", key_value_heads<2>, padding_mask<"seen">>,
            branches<concatenate, dense<18, last_axis>, padding>, scaled_dot_product_attention<3, masked>>;
using states = network<
    named<"x", input<5, 3>>, point<"sequence">, named<"h", input<4>>, named<"l", input<4>>,
    named<"g", input<6>>, from<"sequence">,
    with_states<lstm<4, return_sequences>, initial_states<"h", "l">, final_states<"last h", "last l">>,
    side_output<"h after", from<"last h">>, side_output<"l after", from<"last l">>,
    with_states<gru<6, reset_after, reversed>, initial_states<"g">, final_states<"last g">>,
    side_output<"g after", from<"last g">>, dense<2>>;
using texts = network<input<6>, embedding<5, 4>, conv1d<3, 2>, global_max_pool1d>;
using llamas = zoo::llama<2, 12, 20, 6, 3, 5, 7>;
using outputs = network<named<"image", input<6, 5, 3>>, conv2d<4, 3>, side_output<"features">,
                        point<"image_features">, named<"numbers", input<4>>, dense<4>,
                        merge<add, "image_features">, side_output<"sum">, flatten, dense<2>>;
using twins = network<named<"left", input<5>>, shared<"tower", sequence<dense<4>, tanh>>, point<"seen">,
                      named<"right", input<5>>, shared<"tower", sequence<dense<4>, tanh>>,
                      merge<subtract, "seen">, dense<1>>;

}  // namespace

int main(int, char** arguments) {
    folder = arguments[1];
    write<convolutions>("convolutions");
    write<table>("table");
    write<transposed>("transposed");
    write<pools>("pools");
    write<more_pools>("more_pools");
    write<uneven_pools>("uneven_pools");
    write<global_pools>("global_pools");
    write<axis_pools>("axis_pools");
    write<volumes>("volumes");
    write<sequences>("sequences");
    write<paddings>("paddings");
    write<sizes>("sizes");
    write<shuffles>("shuffles");
    write<norms>("norms");
    write<vectors>("vectors");
    write<activations>("activations");
    write<functions>("functions");
    write<slopes>("slopes");
    write<joins>("joins");
    write<recurrent_layers>("recurrent_layers");
    write<attentions>("attentions");
    write<masked_attentions>("masked_attentions");
    write<states>("states");
    write<texts>("texts", true);
    write<llamas>("llamas", true);
    write<outputs>("outputs");
    write<twins>("twins");
}
