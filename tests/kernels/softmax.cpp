// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/rows/softmax.hpp>
#include <archetype/kernels/rows/softmax_cross_entropy.hpp>
#include <archetype/kernels/vectors/argmax.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};

template <class T>
std::vector<double> probabilities(buffer<T>& in, std::size_t n, std::size_t y, std::size_t x) {
    std::vector<double> result;
    double most = -1e300, total = 0;
    for (std::size_t c = 0; c < in.shape.channels; ++c) most = std::max(most, double(in.at(n, y, x, c)));
    for (std::size_t c = 0; c < in.shape.channels; ++c) {
        result.push_back(std::exp(in.at(n, y, x, c) - most));
        total += result.back();
    }
    for (double& p : result) p /= total;
    return result;
}

template <class T, image In, image Out>
void check() {
    constexpr std::size_t batch = 3, channels = In.channels;
    auto in = random<T>(In, batch, 1), gradients = random<T>(Out, batch, 2),
         derivatives = random<T>(Out, batch, 3);
    const times_table<T, Out> derived{derivatives.base()};
    auto out =
        run<T>(Out, batch, [&](T* to, range r) { kernels::softmax_forward<In, Out>(in.base(), to, r); });
    require_values(out, [&](auto n, auto y, auto x, auto c) { return probabilities(in, n, y, x)[c]; });
    auto place = in;
    kernels::softmax_forward<In, In>(place.base(), place.base(), range{0, batch});
    require_values(place, [&](auto n, auto y, auto x, auto c) { return probabilities(in, n, y, x)[c]; });

    auto grad_in = run<T>(Out, batch, [&](T* to, range r) {
        kernels::softmax_backward<Out, Out, Out>(out.base(), gradients.base(), to, derived, r);
    });
    require_values(grad_in, [&](auto n, auto y, auto x, auto c) {
        const auto p = probabilities(in, n, y, x);
        double mean = 0;
        for (std::size_t k = 0; k < channels; ++k) mean += p[k] * gradients.at(n, y, x, k);
        return p[c] * (gradients.at(n, y, x, c) - mean) * derivatives.at(n, y, x, c);
    });

    constexpr std::size_t pixels = In.height * In.width;
    std::vector<int> classes;
    for (std::size_t i = 0; i < batch * pixels; ++i) classes.push_back(int(i * 7 % channels));
    const auto class_of = [&](auto n, auto y, auto x) {
        return std::size_t(classes[(n * In.height + y) * In.width + x]);
    };
    std::vector<T> loss(batch * pixels, canary<T>), again(batch * pixels);
    auto grad = run<T>(Out, batch, [&](T* to, range r) {
        kernels::softmax_cross_entropy<In, Out>(in.base(), classes.data(), loss.data(), to, T(0.25), r);
    });
    require_values(grad, [&](auto n, auto y, auto x, auto c) {
        return (probabilities(in, n, y, x)[c] - (class_of(n, y, x) == c)) * 0.25;
    });
    kernels::softmax_cross_entropy<In, Out>(in.base(), classes.data(), again.data(), static_cast<T*>(nullptr),
                                            T(1), range{0, batch});
    CHECK(loss == again);
    // One-hot rows give the same; soft rows follow the definition.
    auto rows = random<T>(Out, batch, 4);
    each(rows, [&](auto n, auto y, auto x, auto c) { rows.at(n, y, x, c) = class_of(n, y, x) == c; });
    auto same = run<T>(Out, batch, [&](T* to, range r) {
        kernels::softmax_cross_entropy_rows<In, Out, Out>(in.base(), rows.base(), again.data(), to, T(0.25),
                                                          r);
    });
    require_values(same, [&](auto... i) { return double(grad.at(i...)); });
    for (std::size_t i = 0; i < loss.size(); ++i) {
        const std::size_t n = i / pixels, y = i % pixels / In.width, x = i % In.width;
        CHECK(close(-std::log(probabilities(in, n, y, x)[class_of(n, y, x)]), loss[i]));
        CHECK(close(loss[i], again[i]));
    }
    each(rows, [&](auto n, auto y, auto x, auto c) { rows.at(n, y, x, c) = T(c + 1) / T(channels); });
    auto soft = run<T>(Out, batch, [&](T* to, range r) {
        kernels::softmax_cross_entropy_rows<In, Out, Out>(in.base(), rows.base(), again.data(), to, T(0.25),
                                                          r);
    });
    const double mass = double(channels + 1) / 2;
    require_values(soft, [&](auto n, auto y, auto x, auto c) {
        return (probabilities(in, n, y, x)[c] * mass - double(c + 1) / double(channels)) * 0.25;
    });
    double expected = 0;
    for (std::size_t c = 0; c < channels; ++c)
        expected -= double(c + 1) / double(channels) * std::log(probabilities(in, 0, 0, 0)[c]);
    CHECK(close(expected, again[0], 4));
}
}  // namespace

TEMPLATE_TEST_CASE("softmax and cross-entropy agree with their definitions", "[softmax]", float, double) {
    check<TestType, dense_image(1, 1, 10), dense_image(1, 1, 10)>();
    check<TestType, dense_image(1, 1, 1), dense_image(1, 1, 1)>();
    check<TestType, dense_image(2, 3, 16), padded(2, 3, 16, 19)>();
    check<TestType, padded(3, 2, 3, 3), padded(3, 2, 3, 5)>();
    check<TestType, padded(1, 2, 37, 37), dense_image(1, 2, 37)>();
}

TEMPLATE_TEST_CASE("FL-14 (a): softmax of large negative and positive scores", "[softmax]", float, double) {
    using T = TestType;
    constexpr image shape = dense_image(1, 1, 6);
    const double scores[] = {-2139.21, -2407.21, -2205.09, -2178.34, -2693.79, -2210.82};
    const double in_double[] = {1, 4.065171e-117, 2.447257e-29, 1.014044e-17, 1.409179e-241, 7.946432e-32};
    const double in_float[] = {1, 0, 2.446946e-29, 1.013916e-17, 0, 7.945578e-32};
    buffer<T> in(shape, 1, 0), out(shape, 1, 0);
    for (std::size_t c = 0; c < 6; ++c) in.base()[c] = T(scores[c]);
    kernels::softmax_forward<shape, shape>(in.base(), out.base(), range{0, 1});
    for (std::size_t c = 0; c < 6; ++c)
        CHECK(out.base()[c] == Approx(sizeof(T) == 4 ? in_float[c] : in_double[c]).epsilon(1e-3).margin(0));
    // The logarithm of the softmax is what the cross-entropy of each class is.
    const double logarithm[] = {0, -268, -65.88, -39.13, -554.58, -71.61};
    for (unsigned c = 0; c < 6; ++c) {
        T loss = 0;
        buffer<T> gradient(shape, 1, 0);
        kernels::softmax_cross_entropy<shape, shape>(in.base(), &c, &loss, gradient.base(), T(1),
                                                     range{0, 1});
        CHECK(-loss == Approx(logarithm[c]).margin(1e-3));
    }
    for (std::size_t c = 0; c < 6; ++c) in.base()[c] = T(-scores[c]);
    kernels::softmax_forward<shape, shape>(in.base(), out.base(), range{0, 1});
    for (std::size_t c = 0; c < 6; ++c) CHECK(out.base()[c] == Approx(c == 4 ? 1 : 0).margin(1e-100));
}

TEMPLATE_TEST_CASE("cross-entropy of extreme logits", "[softmax]", float, double) {
    using T = TestType;
    constexpr image shape = dense_image(1, 1, 3);
    buffer<T> in(shape, 1, 0), grad(shape, 1, 0);
    in.base()[0] = T(1e4), in.base()[1] = T(-1e4), in.base()[2] = T(0);
    const std::pair<unsigned, double> expected[] = {{0, 0}, {1, 2e4}, {2, 1e4}};
    for (const auto& [target, value] : expected) {
        T loss = 0;
        kernels::softmax_cross_entropy<shape, shape>(in.base(), &target, &loss, grad.base(), T(1),
                                                     range{0, 1});
        CHECK(loss == T(value));
        for (unsigned c = 0; c < 3; ++c) CHECK(grad.base()[c] == T(c == 0) - T(c == target));
    }
    // A class of probability 0 does not disturb, even with minus infinity as its logit.
    in.base()[1] = -std::numeric_limits<T>::infinity();
    buffer<T> rows(shape, 1, 0);
    rows.base()[0] = 1;
    T loss = -1;
    kernels::softmax_cross_entropy_rows<shape, shape, shape>(in.base(), rows.base(), &loss, grad.base(), T(1),
                                                             range{0, 1});
    CHECK(loss == 0);
    CHECK(grad.base()[1] == 0);
}

TEMPLATE_TEST_CASE("NaN and unknown classes show in softmax and loss", "[softmax]", float, double) {
    using T = TestType;
    constexpr image shape = dense_image(1, 1, 20);
    for (std::size_t bad = 0; bad < 20; ++bad) {
        auto in = random<T>(shape, 2, 9);
        buffer<T> out(shape, 2, 0);
        std::vector<T> loss(2);
        const int classes[] = {3, 3}, unknown[] = {20, -1};
        in.at(0, 0, 0, bad) = std::numeric_limits<T>::quiet_NaN();
        kernels::softmax_forward<shape, shape>(in.base(), out.base(), range{0, 2});
        each(out, [&](auto n, auto y, auto x, auto c) { CHECK(std::isnan(out.at(n, y, x, c)) == (n == 0)); });
        kernels::softmax_cross_entropy<shape, shape>(in.base(), classes, loss.data(), out.base(), T(1),
                                                     range{0, 2});
        CHECK(std::isnan(loss[0]));
        CHECK_FALSE(std::isnan(loss[1]));
        each(out, [&](auto n, auto y, auto x, auto c) { CHECK(std::isnan(out.at(n, y, x, c)) == (n == 0)); });
        kernels::softmax_cross_entropy<shape, shape>(in.base(), unknown, loss.data(), out.base(), T(1),
                                                     range{0, 2});
        CHECK((std::isnan(loss[0]) && std::isnan(loss[1])));
        each(out, [&](auto... i) { CHECK(std::isnan(out.at(i...))); });
    }
}

TEST_CASE("softmax and cross-entropy: gradients by central differences", "[softmax]") {
    constexpr image shape = dense_image(1, 2, 11);
    auto in = random<double>(shape, 2, 5), weights = random<double>(shape, 2, 6);
    buffer<double> out(shape, 2, 0), gradient(shape, 2, 0);
    const auto weighted = [&] {
        kernels::softmax_forward<shape, shape>(in.base(), out.base(), range{0, 2});
        return weighted_sum(out, weights);
    };
    weighted();
    kernels::softmax_backward<shape, shape, shape>(out.base(), weights.base(), gradient.base(), identity,
                                                   range{0, 2});
    require_gradient(in, gradient, weighted);
    const std::size_t classes[] = {0, 10, 4, 7};
    std::vector<double> loss(4);
    kernels::softmax_cross_entropy<shape, shape>(in.base(), classes, loss.data(), gradient.base(), 0.5,
                                                 range{0, 2});
    require_gradient(in, gradient, [&] {
        kernels::softmax_cross_entropy<shape, shape>(in.base(), classes, loss.data(), out.base(), 0.5,
                                                     range{0, 2});
        return 0.5 * (loss[0] + loss[1] + loss[2] + loss[3]);
    });
}

TEST_CASE("argmax", "[softmax]") {
    const double bad = std::numeric_limits<double>::quiet_NaN();
    const double plain[] = {1, 5, 5, 2}, with_nan[] = {1, bad, 7, bad}, first_nan[] = {bad, 9};
    CHECK(kernels::argmax(plain, 4) == 1);
    CHECK(kernels::argmax(plain, 1) == 0);
    CHECK(kernels::argmax(with_nan, 4) == 1);
    CHECK(kernels::argmax(first_nan, 2) == 0);
}
