// SPDX-License-Identifier: BSL-1.0
// Writes quantized networks as ONNX files, with samples and the integers that they give (tests/program/written_int8.py).
#include <archetype/archetype.hpp>
#include <archetype/onnx.hpp>
#include <xtensor/xnpy.hpp>

#include <cstdio>

namespace f = archetype::expression;

namespace {

using namespace archetype;
using archetype::tanh;

std::filesystem::path folder;

template <std::size_t Rank>
void save(const std::string& name, const xt::xtensor<float, Rank>& array) {
    xt::dump_npy((folder / (name + ".npy")).string(), array);
}

template <class Net>
void write(const std::string& name) {
    model<Net> net{seed{7}};
    detail::for_each_parameter<Net>(
        [&](const std::string& path, const std::vector<std::size_t>& extents, std::size_t offset) {
            std::size_t size = 1;
            for (const std::size_t extent : extents) size *= extent;
            const bool is_variance = path.ends_with("variance");
            for (std::size_t i = 0; i < size; ++i)
                net.data()[offset + i] +=
                    0.1f * static_cast<float>((i * 7 + offset) % 11) - (is_variance ? 0.f : 0.5f);
        });
    constexpr shape in = input_shape<Net>;
    std::array<std::size_t, in.rank + 1> extents{30};
    for (std::size_t i = 0; i < in.rank; ++i) extents[i + 1] = in.extents[i];
    xt::xtensor<float, in.rank + 1> samples(extents);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i * i % 1009)) * 2);
    auto quantized = quantize(net, samples);
    for (const bool first : {false, true})
        write_onnx(quantized, folder / (name + (first ? ".first" : "") + ".onnx"), {.channels_first = first});
    const quantization out = quantized.output_quantization();
    save(name + ".input", samples);
    save(name + ".output", quantized(samples));
    std::printf("%s %.9g %d\n", name.c_str(), static_cast<double>(out.scale), out.zero_point);
}

constexpr auto own = [](auto x) { return f::sin(f::square(x) * 0.1); };

using image =
    network<input<11, 11, 3>, conv2d<6, 3, same>, batch_norm<>, relu, max_pool2d<2>,
            residual<sequence<conv2d<6, 3, same>, batch_norm<>>>, relu, depthwise_conv2d<3, stride<2>>, relu6,
            conv2d<8, 1, no_bias>, avg_pool2d<2, stride<1>>, flatten, dense<5>, softmax>;
using sequences =
    network<input<12, 3>, conv1d<4, 3, causal>, swish, max_pool1d<2>,
            branches<concatenate, sequence<conv1d<2, 1>, sigmoid>, conv1d<3, 3, same>>,
            branches<multiply, sequence<>, sequence<conv1d<5, 1>, tanh>>, leaky_relu<0.1>, slice<-1, 1, 5>,
            dense<4, last_axis>, activation<own>, global_avg_pool1d, dense<1>, sigmoid>;
using vectors = network<input<7>, dense<6>, gelu, branches<subtract, dense<5>, dense<5>>, elu<>, dense<3>,
                        hard_sigmoid<0.2>>;
using joins =
    network<input<9, 8, 4>, conv2d<6, 3, groups<2>>, max_pool2d<2, stride<1>, dilation<2>>,
            branches<maximum, sequence<>, conv2d<6, 1>>, branches<minimum, conv2d<6, 1>, conv2d<6, 1>>, relu,
            branches<average, conv2d<6, 1>, sequence<conv2d<6, 1>, tanh>>, upsampling2d<2>,
            resize2d<extent{7, 9}, bilinear>, max_pool2d<2, stride<2>, ceil_mode>, resize2d<extent{5, 3}>,
            avg_pool2d<2, stride<1>, padding<1>, exclude_padding>,
            branches<concatenate, global_max_pool2d, global_avg_pool2d>, dense<4>>;

}  // namespace

int main(int, char** arguments) {
    folder = arguments[1];
    write<image>("image");
    write<sequences>("sequences");
    write<vectors>("vectors");
    write<joins>("joins");
}
