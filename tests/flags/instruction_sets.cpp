// SPDX-License-Identifier: BSL-1.0
// Networks in every form, compiled once for each instruction set and linked into one program (instruction_sets.py).
// With WRITES the program that writes their weights; with TRAINS a training step; otherwise `NAME` runs them.
#if defined(WRITES) || defined(TRAINS)
#include <archetype/interchange.hpp>
#include <archetype/training.hpp>
#else
#include <archetype/inference.hpp>
#endif

namespace at = archetype;

namespace {

// Its hash is in the type of the weights, which one set writes and all read.
struct own_function {
    constexpr auto operator()(auto x) const { return x * sigmoid(x) + pow<3>(tanh(x)); }
};

using images = at::network<at::input<8, 8, 2>, at::conv2d<5, 3, at::same>, at::relu, at::max_pool2d<2>,
                           at::residual<at::depthwise_conv2d<3, at::same>, at::conv2d<5, 1>>, at::tanh,
                           at::flatten, at::dense<3>, at::softmax>;
using sounds = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>, at::tanh,
                           at::lstm<8, at::return_sequences>, at::dense<1, at::last_axis>>;

}  // namespace

#if defined(WRITES)

int main(int, char** arguments) {
    const std::string folder = arguments[1];
    at::model<images> net{at::seed{1}};
    at::model<sounds> sound{at::seed{2}};
    const xt::xtensor<float, 4> samples =
        xt::fmod(xt::arange<float>(0, 4 * 128).reshape({4, 8, 8, 2}), 7.f) / 7.f;
    const auto narrow = at::quantize(net, samples);
    at::write_constant_weights(net, folder + "/images.hpp", "images_weights");
    at::write_constant_weights(sound, folder + "/sounds.hpp", "sounds_weights");
    at::write_constant_weights(narrow, folder + "/plain.hpp", "plain_weights", at::weight_order::plain);
    at::write_constant_weights(narrow, folder + "/lanes.hpp", "lanes_weights", at::weight_order::lanes);
}

#elif defined(TRAINS)

double NAME(const xt::xtensor<float, 4>& samples, const xt::xtensor<std::int32_t, 1>& labels) {
    at::model<images> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{}};
    at::save(net, "net.safetensors");
    at::load(net, "net.safetensors");
    return trainer.step(samples.data(), labels.data(), 4) +
           static_cast<double>(at::quantize(net, samples).words().size());
}

#else

#include <images.hpp>
#include <lanes.hpp>
#include <plain.hpp>
#include <sounds.hpp>

extern "C" int NAME(float* out) {
    constexpr auto& narrow_weights = []() -> auto& {
        if constexpr (at::native_weight_order == at::weight_order::lanes)
            return lanes_weights;
        else
            return plain_weights;
    }
    ();
    static at::quantized_inference<images, narrow_weights> narrow;
    static at::inference<images> net{images_weights};
    static at::stream<sounds> sound{sounds_weights};
    float pixels[128];
    std::int8_t bytes[128];
    for (int i = 0; i < 128; ++i)
        pixels[i] = static_cast<float>(i % 7) / 7, bytes[i] = static_cast<std::int8_t>(18 * (i % 7) - 128);
    int count = 0;
    const auto put = [&](const auto& results) {
        for (const auto x : results) out[count++] = static_cast<float>(x);
    };
    put(narrow(std::span<const std::int8_t, 128>(bytes)));
    put(net(std::span<const float, 128>(pixels)));
    for (int i = 0; i < 16; ++i) put(sound(std::span<const float, 1>(pixels + i, 1)));
    return count;
}

#endif
