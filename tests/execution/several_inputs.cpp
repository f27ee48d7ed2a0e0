// SPDX-License-Identifier: BSL-1.0
// Networks with several inputs and outputs.
#include "checks.hpp"
#include "references.hpp"

#include <archetype/execution/inference/with_input.hpp>
#include <archetype/training/epoch_metrics.hpp>
#include <archetype/training/several_losses.hpp>
#include <archetype/training/trainer.hpp>

namespace at = archetype;
using net = networks::several;

namespace {
template <class T>
struct drawn {
    at::model<net, T> model;
    xt::xtensor<T, 4> images = numbers::samples<net, T>(2);
    xt::xtensor<T, 2> numbers_;
    drawn() {
        numbers::set_parameters(model);
        numbers_.resize({2, 4});
        numbers::source from(4);
        for (T& value : numbers_) value = static_cast<T>(from.next());
    }
};
}  // namespace

TEST_CASE("two inputs and two outputs, in batches and alone") {
    drawn<float> some;
    const auto [end, side] = some.model(some.images, some.numbers_);
    CHECK(checks::largest_difference(end.data(), references::several, 6) < 1e-6);
    CHECK(checks::largest_difference(side.data(), references::several_aux, 4) < 1e-6);
    for (std::size_t n = 0; n < 2; ++n) {
        const auto [one, other] = some.model(xt::view(some.images, n), xt::view(some.numbers_, n) * 1.f);
        CHECK(checks::same_bits(one.data(), end.data() + n * 3, 3));
        CHECK(checks::same_bits(other.data(), side.data() + n * 2, 2));
    }
    const xt::xarray<float> images = some.images, numbers_ = some.numbers_;
    const auto [array, side_array] = some.model(images, numbers_);
    CHECK(array.dimension() == 2);
    CHECK(checks::same_bits(side_array.data(), side.data(), 4));
    drawn<double> precise;
    const auto [wide, wide_side] = precise.model(precise.images, precise.numbers_);
    CHECK(checks::largest_difference(wide.data(), references::several, 6) < 1e-12);
    CHECK(checks::largest_difference(wide_side.data(), references::several_aux, 4) < 1e-12);
}

TEST_CASE("inputs that do not fit are named") {
    drawn<float> some;
    using Catch::Contains;
    CHECK_THROWS_WITH(some.model(some.images, xt::xtensor<float, 2>(xt::zeros<float>({2, 5}))),
                      Contains("input 2") && Contains("(4)") && Contains("(2, 5)"));
    CHECK_THROWS_WITH(some.model(some.images, xt::xtensor<float, 2>(xt::zeros<float>({3, 4}))),
                      Contains("expected 2 samples of input 2, found 3"));
}

TEST_CASE("constant weights with two inputs and two outputs, also in a constant expression") {
    drawn<float> some;
    std::vector<float> folded(at::inference_weight_count<net> + at::constant_weights_slack);
    at::detail::fold_parameters<net>(std::as_const(some.model).data(), folded.data());
    at::inference<net> run{
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>::from_pointer(
            folded.data())};
    const auto end = run(std::span<const float, 72>(some.images.data() + 72, 72),
                         std::span<const float, 4>(some.numbers_.data() + 4, 4));
    CHECK(checks::largest_difference(end, references::several + 3, 3) < 1e-6);
    CHECK(checks::largest_difference(run.output<1>(), references::several_aux + 2, 2) < 1e-6);

    // Both written to the object itself.
    at::with_input<at::inference<net>> own{
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>::from_pointer(
            folded.data())};
    std::copy_n(some.images.data() + 72, 72, own.input().begin());
    std::copy_n(some.numbers_.data() + 4, 4, own.input<1>().begin());
    CHECK(checks::same_bits(own().data(), end.data(), 3));

    constexpr auto at_compile_time = [] {
        std::array<float, at::inference_weight_count<net> + at::constant_weights_slack> weights{};
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 5) - 2;
        at::inference<net> constant{
            at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>{weights}};
        std::array<float, 72> image{};
        for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7);
        constant(std::span<const float, 72>(image), std::array<float, 4>{1, 2, 3, 4});
        return std::array{constant.output<0>()[1], constant.output<1>()[0]};
    }();
    std::vector<float> weights(at::inference_weight_count<net> + at::constant_weights_slack);
    for (std::size_t i = 0; i < at::inference_weight_count<net>; ++i)
        weights[i] = static_cast<float>(i % 5) - 2;
    at::inference<net> constant{
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>::from_pointer(
            weights.data())};
    std::array<float, 72> image{};
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7);
    constant(std::span<const float, 72>(image), std::array<float, 4>{1, 2, 3, 4});
    CHECK(at_compile_time[0] == Approx(constant.output<0>()[1]).epsilon(1e-5));
    CHECK(at_compile_time[1] == Approx(constant.output<1>()[0]).epsilon(1e-5));
}

TEST_CASE("gradients of two inputs through two outputs are those of central differences") {
    drawn<double> some;
    auto images = some.images;
    auto numbers_ = some.numbers_;
    // The side output has another shape, so that only the end of the network is trained.
    xt::xtensor<double, 2> targets{{0.5, -0.25, 1}, {0, 2, -1}};
    at::gradients of{some.model, at::mean_squared_error{}};
    of(std::tuple{images, numbers_}, targets);
    const std::vector<double> found(of.data(), of.data() + some.model.trainable_size());
    const auto image_gradient = of.input();
    const auto number_gradient = of.input<1>();
    const auto slope = [&](double& variable) {
        constexpr double step = 1e-5;
        const double middle = variable;
        variable = middle + step;
        const double above = of(std::tuple{images, numbers_}, targets);
        variable = middle - step;
        const double below = of(std::tuple{images, numbers_}, targets);
        variable = middle;
        return (above - below) / (2 * step);
    };
    double apart = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        apart = std::max(apart, std::abs(found[i] - slope(some.model.data()[i])));
    for (std::size_t i = 0; i < images.size(); ++i)
        apart = std::max(apart, std::abs(image_gradient.data()[i] - slope(images.data()[i])));
    for (std::size_t i = 0; i < numbers_.size(); ++i)
        apart = std::max(apart, std::abs(number_gradient.data()[i] - slope(numbers_.data()[i])));
    CHECK(apart < 1e-8);
    CHECK(std::abs(number_gradient.data()[3]) > 1e-3);
}

namespace {
using sided =
    at::network<at::input<5>, at::dense<6>, at::tanh, at::side_output<"aux", at::dense<3>, at::softmax>,
                at::dense<4>, at::relu, at::dense<3>, at::softmax>;
const xt::xtensor<int, 1> labels{0, 2, 1, 1};
}  // namespace

TEST_CASE("losses of side outputs") {
    at::model<sided, double> net;
    numbers::set_parameters(net);
    auto samples = numbers::samples<sided, double>(4);
    at::gradients plain{net, at::cross_entropy{}};
    at::gradients both{net, at::with_side_outputs{at::cross_entropy{}, {0.3}}};
    const double of_end = plain(samples, labels), of_both = both(samples, labels);
    const auto [end, side] = net(samples);
    double end_loss = 0, side_loss = 0;
    for (std::size_t n = 0; n < 4; ++n) {
        end_loss -= std::log(end(n, static_cast<std::size_t>(labels(n)))) / 4;
        side_loss -= std::log(side(n, static_cast<std::size_t>(labels(n)))) / 4;
    }
    CHECK(of_end == Approx(end_loss).epsilon(1e-12));
    CHECK(of_both == Approx(end_loss + 0.3 * side_loss).epsilon(1e-12));
    const std::vector<double> found(both.data(), both.data() + net.trainable_size());
    double apart = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        double& variable = net.data()[i];
        const double middle = variable;
        variable = middle + 1e-5;
        const double above = both(samples, labels);
        variable = middle - 1e-5;
        const double below = both(samples, labels);
        variable = middle;
        apart = std::max(apart, std::abs(found[i] - (above - below) / 2e-5));
    }
    CHECK(apart < 1e-8);
    // Without a loss of its own the side output is not trained.
    plain(samples, labels);
    constexpr auto aux = at::detail::parameters_of<sided>.offsets[2][0];
    for (std::size_t i = 0; i < 18; ++i) CHECK(plain.data()[aux + i] == 0);
    CHECK_THROWS_WITH((at::trainer{net, at::with_side_outputs{at::cross_entropy{}, {-1}}, at::sgd{}}),
                      Catch::Contains("weight"));
}

TEST_CASE("training with two inputs and with side outputs") {
    at::model<sided> net{at::seed{3}};
    at::trainer trainer{net, at::with_side_outputs{at::cross_entropy{}, {0.3}}, at::adam{.rate = 0.01f}};
    const auto samples = numbers::samples<sided, float>(4);
    trainer.fit(samples, labels, {.epochs = 200, .progress = at::progress_style::silent});
    CHECK(trainer.evaluate(samples, labels).accuracy == 1);

    drawn<float> some;
    at::trainer fitted{some.model, at::losses{at::mean_squared_error{}, at::no_loss{}},
                       at::adam{.rate = 0.02f}};
    const std::tuple targets{xt::xtensor<float, 2>{{0.5, -0.25, 1}, {0, 2, -1}}};
    const std::tuple inputs{some.images, some.numbers_};
    fitted.fit(inputs, targets, {.epochs = 300, .progress = at::progress_style::silent});
    CHECK(fitted.evaluate(inputs, targets).loss < 1e-3);
    CHECK_THROWS_WITH(fitted.fit(some.images, targets), Catch::Contains("2 inputs, found 1"));
}

TEST_CASE("metrics of a side output, with two inputs") {
    drawn<float> some;
    at::trainer fitted{some.model, at::losses{at::mean_squared_error{}, at::no_loss{}},
                       at::adam{.rate = 0.02f}};
    const std::tuple inputs{some.images, some.numbers_};
    const xt::xtensor<float, 2> end{{0.5, -0.25, 1}, {0, 2, -1}}, side{{1, 2}, {3, 4}};
    at::fit_options options{.epochs = 2, .progress = at::progress_style::silent};
    options.callbacks = {
        at::metrics_of_epochs(some.model, inputs, end, {at::mae_metric()}),
        at::metrics_of_epochs<1>(some.model, inputs, side, {at::mae_metric(), at::rmse_metric()})};
    const at::epoch_report last = fitted.fit(inputs, std::tuple{end}, options).back();
    const auto [found_end, found_side] = some.model(some.images, some.numbers_);
    const auto value = [&](const std::string& name) {
        for (const auto& [of, number] : last.metrics)
            if (of == name) return number;
        return -1.0;
    };
    CHECK(value("output 1 MAE") == Approx(xt::mean(xt::abs(found_end - end))()).epsilon(1e-6));
    CHECK(value("output 2 MAE") == Approx(xt::mean(xt::abs(found_side - side))()).epsilon(1e-6));
    CHECK(value("output 2 RMSE") ==
          Approx(std::sqrt(xt::mean(xt::square(found_side - side))())).epsilon(1e-6));
}
