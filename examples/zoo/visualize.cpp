// SPDX-License-Identifier: BSL-1.0
/// @file visualize.cpp
/// What a trained LeNet-5 looks at: `visualize DATA OUTPUT` trains it on the digits of a folder and writes its filters, the
/// feature maps of one digit, and for a digit of each class where the score of that class comes from, as PNG.
///
/// The heat-map is Grad-CAM (Selvaraju et al. 2017): the maps of C3 are added with the mean gradient of the class's score
/// over each map as their weights; what is negative is left out.
#include "picture.hpp"

#include <archetype/training.hpp>
#include <archetype/zoo/lenet5.hpp>
#include <cstdio>
#include <exception>

namespace at = archetype;

namespace {

using net = at::zoo::lenet5<>;
// The same in two pieces with the maps of C3 between them, and those of C1 as a further result. Their parameters lie one
// after the other as those of the whole do.
using front =
    at::network<at::input<32, 32, 1>, at::named<"c1", at::conv2d<6, 5>>, at::tanh, at::side_output<"c1_maps">,
                at::named<"s2", at::avg_pool2d<2>>, at::named<"c3", at::conv2d<16, 5>>, at::tanh>;
using back = at::network<at::input<10, 10, 16>, at::named<"s4", at::avg_pool2d<2>>,
                         at::named<"c5", at::conv2d<120, 5>>, at::tanh, at::flatten,
                         at::named<"f6", at::dense<84>>, at::tanh, at::named<"output", at::dense<10>>>;
static_assert(at::model<front>::size() + at::model<back>::size() == at::model<net>::size());

/// Its gradient is the score's where the target is 10, and 0 elsewhere: a mean over ten scores.
using score = at::pointwise_loss<[](auto prediction, auto target) { return prediction * target; }>;

/// The class heat-map of a digit, for each cell of C3's maps.
xt::xtensor<double, 2> heat_of(const xt::xtensor<float, 4>& maps, at::gradients<back, float, score>& gradient,
                               std::size_t digit) {
    xt::xtensor<float, 2> wanted = xt::zeros<float>({1, 10});
    wanted(0, digit) = 10;
    gradient(maps, wanted);
    const xt::xtensor<float, 4> slope = gradient.input();
    xt::xtensor<double, 2> heat = xt::zeros<double>({10, 10});
    for (std::size_t c = 0; c < 16; ++c) {
        double weight = 0;
        for (std::size_t y = 0; y < 10; ++y)
            for (std::size_t x = 0; x < 10; ++x) weight += slope(0, y, x, c) / 100.0;
        for (std::size_t y = 0; y < 10; ++y)
            for (std::size_t x = 0; x < 10; ++x) heat(y, x) += weight * maps(0, y, x, c);
    }
    for (double& value : heat) value = std::max(value, 0.0);
    return heat;
}

/// The heat at a pixel of the image, interpolated between the cells whose windows are centred around it.
double heat_at(const xt::xtensor<double, 2>& heat, std::size_t row, std::size_t column) {
    constexpr at::receptive_field field = at::receptive_field_of<net, "c3">;
    const auto cell = [](std::size_t pixel, std::size_t window, at::step_fraction step) {
        const double place =
            (static_cast<double>(pixel) - static_cast<double>(window - 1) / 2) / step.value();
        return std::clamp(place, 0.0, 9.0);
    };
    const double y = cell(row, field.height, field.step_height),
                 x = cell(column, field.width, field.step_width);
    const auto top = static_cast<std::size_t>(y), left = static_cast<std::size_t>(x);
    const std::size_t bottom = std::min<std::size_t>(top + 1, 9), right = std::min<std::size_t>(left + 1, 9);
    const double down = y - static_cast<double>(top), along = x - static_cast<double>(left);
    return (1 - down) * ((1 - along) * heat(top, left) + along * heat(top, right)) +
           down * ((1 - along) * heat(bottom, left) + along * heat(bottom, right));
}

/// C1's six filters in a row, C3's below: a row for each channel, a column for each filter.
void draw_filters(at::model<front>& trained, const std::filesystem::path& path) {
    constexpr std::size_t zoom = 6, tile = 5 * zoom + 4;
    picture page(16 * tile, 7 * tile + tile / 2);
    const auto parameters = at::parameters(trained);
    const auto& c1 = boost::hana::second(boost::hana::at_c<0>(parameters));
    const auto& c3 = boost::hana::second(boost::hana::at_c<2>(parameters));
    for (std::size_t f = 0; f < 6; ++f)
        page.draw(f * tile, 0, 5, 5, zoom, [&](std::size_t y, std::size_t x) { return c1(y, x, 0, f); });
    for (std::size_t f = 0; f < 16; ++f)
        for (std::size_t c = 0; c < 6; ++c)
            page.draw(f * tile, (c + 1) * tile + tile / 2, 5, 5, zoom,
                      [&](std::size_t y, std::size_t x) { return c3(y, x, c, f); });
    page.write(path);
}

/// The digit, C1's six maps of it, and C3's sixteen below.
void draw_maps(const xt::xtensor<float, 4>& digit, const xt::xtensor<float, 4>& c1,
               const xt::xtensor<float, 4>& c3, const std::filesystem::path& path) {
    picture page(8 * 104, 104 + 2 * 104);
    page.draw(0, 0, 32, 32, 3, [&](std::size_t y, std::size_t x) { return digit(0, y, x, 0); });
    for (std::size_t f = 0; f < 6; ++f)
        page.draw((f + 1) * 104, 0, 28, 28, 3, [&](std::size_t y, std::size_t x) { return c1(0, y, x, f); });
    for (std::size_t f = 0; f < 16; ++f)
        page.draw(f % 8 * 104, 104 + f / 8 * 104, 10, 10, 10,
                  [&](std::size_t y, std::size_t x) { return c3(0, y, x, f); });
    page.write(path);
}

/// A digit in grey with its heat in red, `zoom` pixels for each of its own.
void draw_heat(picture& page, std::size_t left, const xt::xtensor<float, 4>& digit,
               const xt::xtensor<double, 2>& heat) {
    constexpr std::size_t zoom = 4;
    const double most = std::max(*std::max_element(heat.begin(), heat.end()), 1e-12);
    for (std::size_t y = 0; y < 32 * zoom; ++y)
        for (std::size_t x = 0; x < 32 * zoom; ++x) {
            const double ink = digit(0, y / zoom, x / zoom, 0),
                         warm = heat_at(heat, y / zoom, x / zoom) / most;
            page.set(left + x, y, 0.7 * ink + 0.6 * warm, 0.7 * ink,
                     0.7 * ink + 0.3 * (1 - warm) * (1 - ink));
        }
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: visualize DATA_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path output = arguments[2];
    std::filesystem::create_directories(output);
    const at::mnist digits = at::read_mnist(arguments[1], {.padding = 2});
    at::model<net> trained{at::seed{1}};
    at::trainer trainer{trained, at::cross_entropy{}, at::adam{.rate = 2e-3}};
    trainer.fit(digits.train, {.epochs = 3, .batch = 32});
    const double accuracy = trainer.evaluate(digits.test).accuracy;
    std::printf("accuracy on %zu test digits: %.1f %%\n", digits.test.size(), 100 * accuracy);

    at::model<front> first;
    at::model<back> last;
    std::copy_n(trained.data(), first.size(), first.data());
    std::copy_n(trained.data() + first.size(), last.size(), last.data());
    at::gradients gradient{last, score{}};
    draw_filters(first, output / "filters.png");

    picture page(10 * 132, 128);
    for (std::int32_t wanted = 0; wanted < 10; ++wanted) {
        std::size_t sample = 0;
        while (sample < digits.test.size() && digits.test.labels(sample) != wanted) ++sample;
        if (sample == digits.test.size()) continue;
        const xt::xtensor<float, 4> digit = xt::view(digits.test.samples, xt::range(sample, sample + 1));
        const auto [c3, c1] = first(digit);
        if (wanted == 5) draw_maps(digit, c1, c3, output / "maps.png");
        draw_heat(page, static_cast<std::size_t>(wanted) * 132, digit,
                  heat_of(c3, gradient, static_cast<std::size_t>(wanted)));
    }
    page.write(output / "heat_maps.png");
    for (const char* file : {"filters.png", "maps.png", "heat_maps.png"})
        std::printf("wrote %s\n", (output / file).c_str());
    return accuracy >= 0.95 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
