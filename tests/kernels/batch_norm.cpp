// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/rows/batch_norm.hpp>
#include <archetype/kernels/rows/scale_shift.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};

// Per-channel values with the slack that kernels may read.
template <class T>
std::vector<T> per_channel(std::size_t channels, unsigned seed, double from = -2, double to = 2) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> any(from, to);
    std::vector<T> result(channels + 64, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t c = 0; c < channels; ++c) result[c] = static_cast<T>(any(engine));
    return result;
}

template <class T, image In, image Other>
void check() {
    constexpr std::size_t batch = 4, channels = In.channels;
    const double count = double(batch * In.height * In.width), epsilon = 1e-3;
    auto in = random<T>(In, batch, 1), gradients = random<T>(Other, batch, 2),
         derivatives = random<T>(Other, batch, 3);
    const times_table<T, Other> derived{derivatives.base()};
    const auto gamma = per_channel<T>(channels, 4), beta = per_channel<T>(channels, 5);
    std::vector<double> mean(channels), variance(channels);
    each(in, [&](auto n, auto y, auto x, auto c) { mean[c] += in.at(n, y, x, c) / count; });
    each(in, [&](auto n, auto y, auto x, auto c) {
        variance[c] += std::pow(in.at(n, y, x, c) - mean[c], 2) / count;
    });
    const auto normal = [&](auto n, auto y, auto x, auto c) {
        return (in.at(n, y, x, c) - mean[c]) / std::sqrt(variance[c] + epsilon);
    };
    std::vector<double> sum_gamma(channels), sum_beta(channels);
    each(gradients, [&](auto n, auto y, auto x, auto c) {
        sum_gamma[c] += gradients.at(n, y, x, c) * normal(n, y, x, c),
            sum_beta[c] += gradients.at(n, y, x, c);
    });

    // All channels at once, and in ranges that cut vectors apart.
    const kernels::batch_norm_options<T> options{T(epsilon), T(0.9), true};
    std::vector<std::vector<T>> whole, parts;
    for (auto* results : {&whole, &parts}) {
        results->assign(6, std::vector<T>(channels + 64, canary<T>));
        auto& r = *results;
        std::fill_n(r[2].begin(), channels, T(0.5)), std::fill_n(r[3].begin(), channels, T(2));
        const std::size_t step = results == &whole ? channels : 3;
        for (std::size_t first = 0; first < channels; first += step) {
            const range some{first, std::min(first + step, channels)};
            kernels::batch_norm_statistics<In>(in.base(), batch, options, r[0].data(), r[1].data(),
                                               r[2].data(), r[3].data(), some);
            kernels::batch_norm_parameter_gradients<In, Other>(
                in.base(), gradients.base(), batch, r[0].data(), r[1].data(), r[4].data(), r[5].data(), some);
        }
        for (const auto& values : r)
            for (std::size_t c = channels; c < values.size(); ++c) REQUIRE(values[c] == canary<T>);
    }
    REQUIRE(whole == parts);
    for (std::size_t c = 0; c < channels; ++c) {
        CAPTURE(c);
        REQUIRE(close(mean[c], whole[0][c]));
        REQUIRE(close(1 / std::sqrt(variance[c] + epsilon), whole[1][c]));
        REQUIRE(close(0.45 + 0.1 * mean[c], whole[2][c]));
        REQUIRE(close(1.8 + 0.1 * variance[c] * count / (count - 1), whole[3][c]));
        REQUIRE(close(sum_gamma[c], whole[4][c], 20));
        REQUIRE(close(sum_beta[c], whole[5][c], 20));
    }

    auto out = run<T>(Other, batch, [&](T* to, range r) {
        kernels::batch_norm_forward<In, Other>(in.base(), whole[0].data(), whole[1].data(), gamma.data(),
                                               beta.data(), to, derived, r);
    });
    require_values(
        out,
        [&](auto n, auto y, auto x, auto c) {
            return (normal(n, y, x, c) * gamma[c] + beta[c]) * double(derivatives.at(n, y, x, c));
        },
        4);
    auto plain = run<T>(In, batch, [&](T* to, range r) {
        kernels::batch_norm_forward<In, In, T>(in.base(), whole[0].data(), whole[1].data(), nullptr, nullptr,
                                               to, identity, r);
    });
    require_values(plain, normal, 4);
    auto grad_in = run<T>(Other, batch, [&](T* to, range r) {
        kernels::batch_norm_backward<In, Other, Other>(in.base(), gradients.base(), batch, whole[0].data(),
                                                       whole[1].data(), gamma.data(), whole[4].data(),
                                                       whole[5].data(), to, derived, r);
    });
    require_values(
        grad_in,
        [&](auto n, auto y, auto x, auto c) {
            return gamma[c] / std::sqrt(variance[c] + epsilon) *
                   (gradients.at(n, y, x, c) - sum_beta[c] / count -
                    normal(n, y, x, c) * sum_gamma[c] / count) *
                   double(derivatives.at(n, y, x, c));
        },
        10);

    // With fixed statistics; then in place.
    auto scaled = run<T>(Other, batch, [&](T* to, range r) {
        kernels::scale_shift<In, Other>(in.base(), gamma.data(), beta.data(), to, derived, r);
    });
    require_values(scaled, [&](auto n, auto y, auto x, auto c) {
        return (in.at(n, y, x, c) * double(gamma[c]) + beta[c]) * double(derivatives.at(n, y, x, c));
    });
    auto place = in;
    kernels::scale_shift<In, In>(place.base(), gamma.data(), beta.data(), place.base(), identity,
                                 range{0, batch});
    require_values(place, [&](auto... i) {
        const std::size_t c = std::get<3>(std::tuple{i...});
        return in.at(i...) * double(gamma[c]) + beta[c];
    });
}
}  // namespace

TEMPLATE_TEST_CASE("batch normalization agrees with its definition", "[batch_norm]", float, double) {
    check<TestType, dense_image(1, 1, 10), dense_image(1, 1, 10)>();
    check<TestType, dense_image(5, 4, 6), dense_image(5, 4, 6)>();
    check<TestType, dense_image(3, 3, 16), padded(3, 3, 16, 16)>();
    check<TestType, dense_image(7, 3, 1), dense_image(7, 3, 1)>();
    check<TestType, padded(3, 5, 3, 3), dense_image(3, 5, 3)>();
    check<TestType, padded(2, 3, 40, 43), padded(2, 3, 40, 41)>();
    check<TestType, padded(2, 3, 5, 7), padded(2, 3, 5, 5)>();
}

TEST_CASE("batch normalization: gradient by central differences", "[batch_norm]") {
    constexpr image shape = dense_image(2, 3, 4);
    auto in = random<double>(shape, 3, 21), weights = random<double>(shape, 3, 22);
    auto gamma = per_channel<double>(4, 23), beta = per_channel<double>(4, 24);
    std::vector<double> mean(68), inverse(68), grad_gamma(68), grad_beta(68);
    buffer<double> out(shape, 3, 0), gradient(shape, 3, 0);
    const kernels::batch_norm_options<double> options{1e-3, 0.9, false};
    const auto loss = [&] {
        kernels::batch_norm_statistics<shape, double>(in.base(), 3, options, mean.data(), inverse.data(),
                                                      nullptr, nullptr, range{0, 4});
        kernels::batch_norm_forward<shape, shape>(in.base(), mean.data(), inverse.data(), gamma.data(),
                                                  beta.data(), out.base(), identity, range{0, 3});
        return weighted_sum(out, weights);
    };
    loss();
    kernels::batch_norm_parameter_gradients<shape, shape>(in.base(), weights.base(), 3, mean.data(),
                                                          inverse.data(), grad_gamma.data(), grad_beta.data(),
                                                          range{0, 4});
    kernels::batch_norm_backward<shape, shape, shape>(
        in.base(), weights.base(), 3, mean.data(), inverse.data(), gamma.data(), grad_gamma.data(),
        grad_beta.data(), gradient.base(), identity, range{0, 3});
    require_gradient(in, gradient, loss);
    for (std::size_t c = 0; c < 4; ++c)
        for (auto* parameter : {&gamma, &beta}) {
            const double kept = (*parameter)[c], step = 1e-5;
            (*parameter)[c] = kept + step;
            const double above = loss();
            (*parameter)[c] = kept - step;
            const double below = loss();
            (*parameter)[c] = kept;
            CHECK((parameter == &gamma ? grad_gamma : grad_beta)[c] ==
                  Approx((above - below) / (2 * step)).margin(1e-7));
        }
}

TEST_CASE("batch normalization agrees with PyTorch", "[batch_norm]") {
    // torch 1.13, BatchNorm1d(2, eps=1e-5, momentum=0.1) in double.
    constexpr image shape = dense_image(1, 1, 2);
    const double input[] = {1, 10, 2, -3, 4, 7, 8, 0.5, -3, 2},
                 gradients[] = {.1, .2, .3, -.4, -.5, .6, .7, .8, .9, -1};
    const double out[] = {-0.3315409914193306, 0.27852659279219816, 0.08384543102304842, 1.6784003679715152,
                          0.9146182759078064,  0.6015743870643482,  2.5761639656773223,  1.3015112746540067,
                          -1.9930866811888466, 1.1399873775179317};
    const double grad_in[] = {-0.10091595152690079, 0.01717126290496744,  -0.005096762010978569,
                              0.015033624476820228, -0.31192208990998893, -0.04130497570422166,
                              0.23750923713065158,  -0.09621509396365363, 0.18042556631721673,
                              0.10531518228608765};
    buffer<double> in(shape, 5, 0), grad(shape, 5, 0), y(shape, 5, 0), dx(shape, 5, 0);
    std::copy(input, input + 10, in.base()), std::copy(gradients, gradients + 10, grad.base());
    std::vector<double> gamma(66), beta(66), mean(66), inverse(66), moving_mean(66), moving_variance(66, 1),
        dg(66), db(66);
    gamma[0] = 1.5, gamma[1] = -0.5, beta[0] = 0.25, beta[1] = 1;
    kernels::batch_norm_statistics<shape, double>(in.base(), 5, {1e-5, 0.9, true}, mean.data(),
                                                  inverse.data(), moving_mean.data(), moving_variance.data(),
                                                  range{0, 2});
    kernels::batch_norm_forward<shape, shape>(in.base(), mean.data(), inverse.data(), gamma.data(),
                                              beta.data(), y.base(), identity, range{0, 5});
    kernels::batch_norm_parameter_gradients<shape, shape>(in.base(), grad.base(), 5, mean.data(),
                                                          inverse.data(), dg.data(), db.data(), range{0, 2});
    kernels::batch_norm_backward<shape, shape, shape>(in.base(), grad.base(), 5, mean.data(), inverse.data(),
                                                      gamma.data(), dg.data(), db.data(), dx.base(), identity,
                                                      range{0, 5});
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(y.base()[i] == Approx(out[i]).epsilon(1e-12));
        CHECK(dx.base()[i] == Approx(grad_in[i]).epsilon(1e-11));
    }
    CHECK(moving_mean[0] == Approx(0.24));
    CHECK(moving_mean[1] == Approx(0.33));
    CHECK(moving_variance[0] == Approx(2.53));
    CHECK(moving_variance[1] == Approx(3.595));
    CHECK(dg[0] == Approx(-0.5538485632565056));
    CHECK(dg[1] == Approx(1.1069771083725677));
    CHECK(db[0] == Approx(1.5));
    CHECK(db[1] == Approx(0.2));
}

TEST_CASE("epsilon under the root; moving variance with n or n - 1", "[batch_norm]") {
    const auto value = [](double epsilon) {
        const double gamma = 2, beta = 0.5, mean = 0.1, variance = 0.01;
        double scale = 0, shift = 0;
        kernels::fold_batch_norm(&gamma, &beta, &mean, &variance, epsilon, &scale, &shift, 1);
        return 0.3 * scale + shift;
    };
    CHECK(value(1e-3) == Approx(4.313850357).epsilon(1e-9));
    CHECK(value(1e-5) == Approx(4.498001499).epsilon(1e-9));
    constexpr image one = dense_image(1, 1, 1);
    buffer<double> in(one, 4, 0);
    for (int i = 0; i < 4; ++i) in.base()[i] = i + 1;
    double mean = 0, inverse = 0;
    for (const bool unbiased : {true, false}) {
        double moving_mean = 0, moving_variance = 1;
        kernels::batch_norm_statistics<one>(in.base(), 4, {0., 0.9, unbiased}, &mean, &inverse, &moving_mean,
                                            &moving_variance, range{0, 1});
        CHECK(1 / (inverse * inverse) == Approx(1.25));
        CHECK(moving_variance == Approx(unbiased ? 1.066666667 : 1.025).epsilon(1e-9));
        CHECK(moving_mean == Approx(0.25));
    }
}

TEST_CASE("statistics of float far from zero", "[batch_norm]") {
    constexpr image shape = dense_image(28, 28, 3);
    buffer<float> in(shape, 32, 0);
    each(in,
         [&](auto n, auto y, auto x, auto c) { in.at(n, y, x, c) = 1000.f + float((n + y + x + c) % 2); });
    std::vector<float> mean(67), inverse(67);
    kernels::batch_norm_statistics<shape, float>(in.base(), 32, {0.f, 0.9f, false}, mean.data(),
                                                 inverse.data(), nullptr, nullptr, range{0, 3});
    for (std::size_t c = 0; c < 3; ++c) {
        CHECK(mean[c] == Approx(1000.5).epsilon(1e-6));
        CHECK(inverse[c] == Approx(2).epsilon(1e-4));
    }
}

TEST_CASE("folding into weights keeps the function", "[batch_norm]") {
    const std::size_t rows = 5, filters = 3;
    auto weights = per_channel<double>(rows * filters, 31), bias = per_channel<double>(filters, 32);
    auto x = per_channel<double>(rows, 33), scale = per_channel<double>(filters, 34),
         shift = per_channel<double>(filters, 35);
    const auto output = [&](std::size_t f) {
        double total = bias[f];
        for (std::size_t r = 0; r < rows; ++r) total += x[r] * weights[r * filters + f];
        return total;
    };
    std::vector<double> expected;
    for (std::size_t f = 0; f < filters; ++f) expected.push_back(output(f) * scale[f] + shift[f]);
    kernels::fold_into_weights(weights.data(), bias.data(), rows, filters, scale.data(), shift.data());
    for (std::size_t f = 0; f < filters; ++f) CHECK(output(f) == Approx(expected[f]));
}
