// SPDX-License-Identifier: BSL-1.0
// Channels of very different sizes share one scale in 8 bits, and the small ones drown. Trained with that rounding, the
// network finds weights that do without it.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/execution/quantize/quantization_aware.hpp>
#include <archetype/training.hpp>

#include <algorithm>
#include <boost/hana/for_each.hpp>
#include <cmath>
#include <string_view>

// A narrow MobileNet.
template <std::size_t Filters>
using block = at::sequence<at::depthwise_conv2d<3, at::same, at::no_bias>, at::batch_norm<>, at::relu,
                           at::conv2d<Filters, 1, at::no_bias>, at::batch_norm<>, at::relu>;
using net = at::network<at::input<8, 8, 1>, at::conv2d<8, 3, at::same, at::no_bias>,
                        at::named<"first", at::batch_norm<>>, at::relu, at::named<"block", block<16>>,
                        at::max_pool2d<2>, block<24>, at::global_avg_pool2d, at::dense<10>, at::softmax>;

/// Makes the channels behind the first layer 1 to 2^`widest` times as large, and the kernel that reads them as many times smaller:
/// the network computes the same, as powers of two are exact. Trained MobileNets come with such channels (Nagel, van Baalen,
/// Blankevoort, Welling, "Data-free quantization through weight equalization and bias correction", 2019, fig. 2).
void widen(at::model<net>& model, int widest) {
    boost::hana::for_each(at::parameters(model), [&](auto&& parameter) {
        const std::string_view name = boost::hana::first(parameter).c_str();
        const bool is_result = name == "first/gamma" || name == "first/beta";
        if (!is_result && name != "block/depthwise_conv2d/kernel") return;
        std::size_t i = 0;
        for (float& x :
             boost::hana::second(parameter)) {  // channels are the last axis but one of one element
            const int exponent = static_cast<int>(i++ % 8) * widest / 7;
            x = std::ldexp(x, is_result ? exponent : -exponent);
        }
    });
}

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 1200, 1);
    const auto learn = [&](auto& model, std::size_t epochs, float rate) {
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = rate}, at::seed{2}};
        trainer.fit(train, {.epochs = epochs, .progress = at::progress_style::silent});
    };
    const auto accuracy = [&](auto& network) {
        const xt::xtensor<float, 2> scores = network(held_out.samples);
        std::size_t right = 0;
        for (std::size_t n = 0; n < held_out.size(); ++n) {
            const float* const row = scores.data() + 10 * n;
            right += std::max_element(row, row + 10) - row == held_out.labels(n) ? 1 : 0;
        }
        return static_cast<double>(right) / static_cast<double>(held_out.size());
    };

    at::model<net> model{at::seed{1}};
    learn(model, 30, 0.01f);
    const double before = accuracy(model);
    widen(model, 8);
    const double real = accuracy(model);
    auto rounded_after = at::quantize(model, train.samples);
    const double after_training = accuracy(rounded_after);

    auto aware = at::prepare_qat(model);
    learn(aware, 20, 0.01f);
    auto rounded_in = at::quantize(aware, train.samples);
    const double in_training = accuracy(rounded_in), simulated = accuracy(aware);

    std::cout << "accuracy in floating point " << real << ", in 8 bits " << after_training
              << ", trained for 8 bits " << in_training << " (in the rounding network " << simulated << ")\n";
    lesson.claim("the wide network computes what it did", real == before);
    lesson.claim("rounding after training costs more than 1 %", real - after_training > 0.01);
    lesson.claim("training with the rounding wins back at least three quarters",
                 in_training - after_training >= 0.75 * (real - after_training));
    lesson.claim("the device does what training saw", std::abs(in_training - simulated) < 0.005);
    return lesson.end();
}
