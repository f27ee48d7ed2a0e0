// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// LeNet-5 forward: `archetype model|inference FOLDER` with weights.f32 and image.f32 in the folder.
#include "../peers/contender.hpp"

#include <archetype/inference.hpp>
#include <archetype/training.hpp>

namespace at = archetype;

using lenet5 = at::network<at::input<32, 32, 1>,                            //
                           at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>,   //
                           at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>,  //
                           at::flatten, at::dense<120>, at::tanh,           //
                           at::dense<84>, at::tanh, at::dense<10>, at::softmax>;

int main(int, char** arguments) {
    const std::string folder = arguments[2];
    const std::vector<float> weights = peers::read_floats(folder + "/weights.f32");
    std::vector<float> image = peers::read_floats(folder + "/image.f32");

    at::model<lenet5> net;
    std::size_t position = 0;
    boost::hana::for_each(at::parameters(net), [&](const auto& named) {
        auto tensor = boost::hana::second(named);  // a view
        for (auto& value : tensor) value = weights.at(position++);
    });
    const auto serve = [](const auto& forward, const float* scores) {
        peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }},
                      {"scores", [&](std::ostream& out) {
                           forward();
                           for (std::size_t i = 0; i < 10; ++i) out << scores[i] << ' ';
                       }}});
    };
    if (arguments[1] == std::string("model")) {
        float scores[10];
        serve([&] { net.run(image.data(), 1, scores); }, scores);
    } else {
        // What write_constant_weights would write into a header, without compiling it.
        constexpr std::size_t count = at::inference_weight_count<lenet5>;
        alignas(64) static float constants[count + at::constant_weights_slack];
        at::detail::fold_parameters<lenet5>(std::as_const(net).data(), constants);
        static at::inference<lenet5> run{
            at::constant_weights<at::architecture_hash<lenet5>, count>{constants}};
        const float* scores = nullptr;
        float result[10];
        serve(
            [&] {
                scores = run(std::span<const float, 1024>(image.data(), 1024)).data();
                std::copy_n(scores, 10, result);
            },
            result);
    }
}
