// SPDX-License-Identifier: BSL-1.0
// Networks with several inputs and outputs.
#include "checks.hpp"
#include "references.hpp"

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
    using Catch::Matchers::Contains;
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
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>{folded.data()}};
    const auto end = run(std::span<const float, 72>(some.images.data() + 72, 72),
                         std::span<const float, 4>(some.numbers_.data() + 4, 4));
    CHECK(checks::largest_difference(end, references::several + 3, 3) < 1e-6);
    CHECK(checks::largest_difference(run.output<1>(), references::several_aux + 2, 2) < 1e-6);

    constexpr auto at_compile_time = [] {
        std::array<float, at::inference_weight_count<net>> weights{};
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 5) - 2;
        at::inference<net> constant{
            at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>{
                weights.data()}};
        std::array<float, 72> image{};
        for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7);
        constant(std::span<const float, 72>(image), std::array<float, 4>{1, 2, 3, 4});
        return std::array{constant.output<0>()[1], constant.output<1>()[0]};
    }();
    std::vector<float> weights(at::inference_weight_count<net> + at::constant_weights_slack);
    for (std::size_t i = 0; i < at::inference_weight_count<net>; ++i)
        weights[i] = static_cast<float>(i % 5) - 2;
    at::inference<net> constant{
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>{weights.data()}};
    std::array<float, 72> image{};
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 7);
    constant(std::span<const float, 72>(image), std::array<float, 4>{1, 2, 3, 4});
    CHECK(at_compile_time[0] == Approx(constant.output<0>()[1]).epsilon(1e-5));
    CHECK(at_compile_time[1] == Approx(constant.output<1>()[0]).epsilon(1e-5));
}
