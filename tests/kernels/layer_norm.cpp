// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/rows/layer_norm.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};
constexpr double epsilon = 1e-3;

/// A pixel by the definition.
struct row {
    double mean = 0, inverse = 0;
    template <class T>
    row(buffer<T>& in, std::size_t n, std::size_t y, std::size_t x) {
        const std::size_t channels = in.shape.channels;
        double squares = 0;
        for (std::size_t c = 0; c < channels; ++c) mean += double(in.at(n, y, x, c)) / double(channels);
        for (std::size_t c = 0; c < channels; ++c)
            squares += (double(in.at(n, y, x, c)) - mean) * (double(in.at(n, y, x, c)) - mean);
        inverse = 1 / std::sqrt(squares / double(channels) + epsilon);
    }
};

template <class T, image In, image Out>
void check() {
    constexpr std::size_t batch = 3, channels = In.channels;
    auto in = random<T>(In, batch, 1), gradients = random<T>(Out, batch, 2),
         derivatives = random<T>(Out, batch, 3);
    std::vector<T> gamma(channels + 64, T(NAN)), beta = gamma;
    for (std::size_t c = 0; c < channels; ++c)
        gamma[c] = T(0.5 + double(c % 5)), beta[c] = T(double(c % 3) - 1);
    const auto normalized = [&](auto n, auto y, auto x, auto c) {
        const row of(in, n, y, x);
        return (double(in.at(n, y, x, c)) - of.mean) * of.inverse;
    };
    const auto wanted = [&](auto n, auto y, auto x, auto c) {
        return double(gamma[c]) * normalized(n, y, x, c) + double(beta[c]);
    };
    auto out = run<T>(Out, batch, [&](T* to, range r) {
        kernels::layer_norm_forward<In, Out>(in.base(), gamma.data(), beta.data(), T(epsilon), to, identity,
                                             r);
    });
    require_values(out, wanted, 4);
    auto place = in;
    kernels::layer_norm_forward<In, In>(place.base(), gamma.data(), beta.data(), T(epsilon), place.base(),
                                        identity, range{0, batch});
    require_values(place, wanted, 4);

    const times_table<T, Out> derived{derivatives.base()};
    auto grad_in = run<T>(Out, batch, [&](T* to, range r) {
        kernels::layer_norm_backward<In, Out, Out>(in.base(), gradients.base(), gamma.data(), T(epsilon), to,
                                                   derived, r);
    });
    require_values(
        grad_in,
        [&](auto n, auto y, auto x, auto c) {
            double mean = 0, slope = 0;
            const auto given = [&](std::size_t k) {
                return double(gamma[k]) * double(gradients.at(n, y, x, k));
            };
            for (std::size_t k = 0; k < channels; ++k) {
                mean += given(k) / double(channels);
                slope += given(k) * normalized(n, y, x, k) / double(channels);
            }
            return (given(c) - mean - normalized(n, y, x, c) * slope) * row(in, n, y, x).inverse *
                   double(derivatives.at(n, y, x, c));
        },
        16);

    std::vector<T> grad_gamma(channels + 64, canary<T>), grad_beta = grad_gamma;
    kernels::layer_norm_parameter_gradients<In, Out>(in.base(), gradients.base(), T(epsilon),
                                                     grad_gamma.data(), grad_beta.data(), batch);
    std::vector<double> gammas(channels), betas(channels);
    each(in, [&](auto n, auto y, auto x, auto c) {
        gammas[c] += double(gradients.at(n, y, x, c)) * normalized(n, y, x, c);
        betas[c] += double(gradients.at(n, y, x, c));
    });
    for (std::size_t c = 0; c < channels; ++c) {
        CHECK(close(gammas[c], grad_gamma[c], 32));
        CHECK(close(betas[c], grad_beta[c], 32));
    }
    for (std::size_t c = channels; c < channels + 64; ++c)
        CHECK((grad_gamma[c] == canary<T> && grad_beta[c] == canary<T>));
}
}  // namespace

TEMPLATE_TEST_CASE("layer normalization in every layout", "[layer_norm]", float, double) {
    check<TestType, dense_image(1, 1, 40), dense_image(1, 1, 40)>();
    check<TestType, dense_image(3, 2, 16), dense_image(3, 2, 16)>();
    check<TestType, dense_image(2, 3, 5), padded(2, 3, 5, 5)>();
    check<TestType, padded(2, 3, 19, 23), dense_image(2, 3, 19)>();
}

TEST_CASE("layer normalization by hand; a constant row is finite; NaN stays in its row", "[layer_norm]") {
    constexpr image rows = dense_image(3, 1, 4);
    buffer<double> in(rows, 1, 0.0), out = untouched<double>(rows, 1);
    const double values[] = {1, 2, 3, 6, 7, 7, 7, 7, NAN, 0, 0, 0};
    std::copy(values, values + 12, in.data.begin());
    std::vector<double> ones(68, 1.0), zeros(68, 0.0);
    kernels::layer_norm_forward<rows, rows>(in.base(), ones.data(), zeros.data(), 0.5, out.base(), identity,
                                            range{0, 1});
    // mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5, root of 4 is 2
    CHECK(out.data[0] == -1);
    CHECK(out.data[1] == -0.5);
    CHECK(out.data[2] == 0);
    CHECK(out.data[3] == 1.5);
    for (int i = 4; i < 8; ++i) CHECK(out.data[std::size_t(i)] == 0);
    for (int i = 8; i < 12; ++i) CHECK(std::isnan(out.data[std::size_t(i)]));
}
