// SPDX-License-Identifier: BSL-1.0
/// @file network.cpp
/// A published network in 8 bits, batch 1, random weights: `network IMAGE.f32`, which it is calibrated with too.
/// ARCHETYPE_NETWORK names it in the zoo. `agreement` is how many of 10 other images, noise of different contrast, have the
/// same largest score in single precision and in 8 bits.
#include "../peers/contender.hpp"

#include <archetype/execution/host/model.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/zoo.hpp>

namespace at = archetype;
using net = at::zoo::ARCHETYPE_NETWORK;

int main(int, char** arguments) {
    at::model<net> model;
    const std::vector<float> image = peers::read_floats(arguments[1]);
    constexpr at::shape shape = at::model<net>::input_shape;
    if (image.size() != shape.size())
        throw std::invalid_argument("expected an image of " + std::to_string(shape.size()) + " numbers");
    xt::xtensor<float, 4> samples = xt::zeros<float>({std::size_t{1}, shape[0], shape[1], shape[2]});
    std::copy(image.begin(), image.end(), samples.begin());
    const double start = peers::processor_seconds();
    at::quantized_model<net> narrow = at::quantize(model, samples);
    const double quantizing = peers::processor_seconds() - start;
    std::vector<std::int8_t> bytes(image.size()), scores(at::model<net>::output_shape.size());
    for (std::size_t i = 0; i < image.size(); ++i) bytes[i] = narrow.input_quantization().quantize(image[i]);
    const auto forward = [&] { narrow.run(bytes.data(), 1, scores.data()); };
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }},
                  {"quantizing", [&](std::ostream& out) { out << quantizing; }},
                  {"agreement", [&](std::ostream& out) {
                       const auto largest = [](const auto& x) {
                           return std::max_element(x.begin(), x.end()) - x.begin();
                       };
                       int same = 0;
                       for (int n = 0; n < 10; ++n) {
                           for (std::size_t i = 0; i < image.size(); ++i)
                               samples.data()[i] = image[(i * std::size_t(2 * n + 3)) % image.size()];
                           same += largest(model(samples)) == largest(narrow(samples)) ? 1 : 0;
                       }
                       out << same;
                   }}});
}
