// SPDX-License-Identifier: BSL-1.0
// Noise of training: nothing at inference, the distribution of its definition in training, gradients through it.
#include "checks.hpp"

namespace at = archetype;

namespace {
/// Results of a network in training.
template <class Net>
std::vector<double> trained_results(const std::vector<double>& samples, std::size_t batch, std::uint64_t seed,
                                    std::size_t threads = 1) {
    at::detail::training_pass<Net, double> pass(threads);
    std::vector<double> parameters(at::detail::parameters_of<Net>.elements + 64);
    at::detail::copy_rows<pass.input_image>(samples.data(), pass.input(batch), batch);
    const double* const found = pass.template forward<0>(parameters.data(), seed);
    return {found, found + batch * at::output_shape<Net>.size()};
}
template <class Layer, std::size_t... Extents>
using alone = at::network<at::input<Extents...>, Layer>;
}  // namespace

TEST_CASE("noise does nothing at inference and costs no step") {
    using plain = at::network<at::input<6, 5, 4>, at::conv2d<3, 3>, at::tanh, at::flatten, at::dense<2>>;
    using noisy =
        at::network<at::input<6, 5, 4>, at::gaussian_noise<0.5>, at::conv2d<3, 3>, at::spatial_dropout<0.5>,
                    at::tanh, at::alpha_dropout<0.25>, at::flatten, at::gaussian_dropout<0.3>, at::dense<2>,
                    at::stochastic_depth<0.5>, at::stochastic_depth<0.5, at::depth_mode::batch>>;
    static_assert(at::parameter_count<noisy> == at::parameter_count<plain>);
    static_assert(at::multiply_accumulate_count<noisy> == at::multiply_accumulate_count<plain>);
    static_assert(at::flop_count<noisy> == at::flop_count<plain>);
    static_assert(at::inference_plan_of<noisy>.step_count == at::inference_plan_of<plain>.step_count);
    at::model<noisy> a{at::seed{1}};
    at::model<plain> b{at::seed{1}};
    const auto samples = numbers::samples<plain, float>(3);
    const auto found = a(samples), wanted = b(samples);
    CHECK(checks::same_bits(found.data(), wanted.data(), wanted.size()));
}

TEST_CASE("gradients go through noise") {
    using body = at::sequence<at::conv2d<4, 3, at::same>, at::spatial_dropout<0.3>, at::tanh,
                              at::gaussian_dropout<0.4>, at::conv2d<4, 1>, at::stochastic_depth<0.5>>;
    checks::gradients<at::network<at::input<5, 4, 4>, at::gaussian_noise<0.3>, at::residual<body>, at::selu,
                                  at::alpha_dropout<0.2>, at::flatten, at::dense<3>>>();
    using sequences = at::sequence<at::conv1d<2, 3, at::same>, at::spatial_dropout<0.5>, at::sigmoid,
                                   at::stochastic_depth<0.2, at::depth_mode::batch>>;
    checks::gradients<
        at::network<at::input<7, 2>, at::residual<sequences>, at::alpha_dropout<0.4>, at::lstm<3>,
                    at::gaussian_dropout<0.2>, at::spatial_dropout<0.25>, at::dense<2>>>();
}

TEST_CASE("a spatial dropout drops channels of a sample") {
    constexpr std::size_t batch = 400, pixels = 6, channels = 5;
    const std::vector<double> ones(batch * pixels * channels, 1);
    const auto found = trained_results<alone<at::spatial_dropout<0.25>, 2, 3, channels>>(ones, batch, 3);
    double dropped = 0;
    bool together = true, right = true;
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t p = 0; p < pixels; ++p) {
                const double value = found[(n * pixels + p) * channels + c];
                together = together && value == found[n * pixels * channels + c];
                right = right && (value == 0 || value == 1 / 0.75);
                dropped += value == 0;
            }
    CHECK(together);
    CHECK(right);
    CHECK(std::abs(dropped / double(ones.size()) - 0.25) < 4 * std::sqrt(0.25 * 0.75 / (batch * channels)));
}

TEST_CASE("stochastic depth drops samples, or batches") {
    constexpr std::size_t batch = 2000;
    const std::vector<double> ones(batch * 3, 1);
    const auto rows = trained_results<alone<at::stochastic_depth<0.4>, 3>>(ones, batch, 3);
    double dropped = 0;
    bool right = true;
    for (std::size_t n = 0; n < batch; ++n) {
        right = right && rows[3 * n] == rows[3 * n + 1] && rows[3 * n] == rows[3 * n + 2] &&
                (rows[3 * n] == 0 || rows[3 * n] == 1 / 0.6);
        dropped += rows[3 * n] == 0;
    }
    CHECK(right);
    CHECK(std::abs(dropped / batch - 0.4) < 4 * std::sqrt(0.4 * 0.6 / batch));
    double batches = 0;
    for (std::uint64_t seed = 0; seed < batch; ++seed) {
        const auto all = trained_results<alone<at::stochastic_depth<0.4, at::depth_mode::batch>, 3>>(
            std::vector<double>(9, 1), 3, seed);
        right = right && std::all_of(all.begin(), all.end(), [&](double x) { return x == all[0]; });
        batches += all[0] == 0;
    }
    CHECK(right);
    CHECK(std::abs(batches / batch - 0.4) < 4 * std::sqrt(0.4 * 0.6 / batch));
}

TEST_CASE("alpha dropout keeps mean and variance; Gaussian noises have theirs") {
    constexpr std::size_t batch = 200, size = 500, count = batch * size;
    std::vector<double> normal(count);
    at::random_source random(5);
    for (double& x : normal) x = random.normal();
    const auto moments = [](const std::vector<double>& of) {
        double mean = 0, square = 0;
        for (const double x : of) mean += x / double(of.size());
        for (const double x : of) square += (x - mean) * (x - mean) / double(of.size());
        return std::pair{mean, square};
    };
    const double bound = 5 / std::sqrt(double(count));
    const auto [alpha_mean, alpha_square] =
        moments(trained_results<alone<at::alpha_dropout<0.3>, size>>(normal, batch, 1));
    CHECK(std::abs(alpha_mean) < bound);
    CHECK(std::abs(alpha_square - 1) < 2 * bound);
    const std::vector<double> twos(count, 2);
    const auto [factor_mean, factor_square] =
        moments(trained_results<alone<at::gaussian_dropout<0.2>, size>>(twos, batch, 1));
    CHECK(std::abs(factor_mean - 2) < bound);
    CHECK(std::abs(factor_square - 4 * 0.2 / 0.8) < 2 * bound);
    const auto [noise_mean, noise_square] =
        moments(trained_results<alone<at::gaussian_noise<0.5>, size>>(twos, batch, 1));
    CHECK(std::abs(noise_mean - 2) < bound);
    CHECK(std::abs(noise_square - 0.25) < bound);
}

TEST_CASE("noise depends on the seed and on the layer, not on threads") {
    using net = at::network<at::input<4, 3, 5>, at::spatial_dropout<0.5>, at::gaussian_noise<0.5>,
                            at::alpha_dropout<0.5>, at::gaussian_dropout<0.5>, at::stochastic_depth<0.5>>;
    std::vector<double> samples(20 * 60);
    numbers::source from(3);
    for (double& x : samples) x = from.next();
    CHECK(trained_results<net>(samples, 20, 1) == trained_results<net>(samples, 20, 1));
    CHECK(trained_results<net>(samples, 20, 1) != trained_results<net>(samples, 20, 2));
    CHECK(trained_results<net>(samples, 20, 1, 3) == trained_results<net>(samples, 20, 1));
    using twice =
        at::network<at::input<60>,
                    at::branches<at::subtract, at::gaussian_dropout<0.5>, at::gaussian_dropout<0.5>>>;
    const auto apart = trained_results<twice>(samples, 20, 1);
    CHECK(std::count(apart.begin(), apart.end(), 0.0) == 0);
}
