// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/rows/piece_max.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};

template <class T>
std::size_t best_piece(buffer<T>& in, std::size_t channels, std::size_t n, std::size_t y, std::size_t x,
                       std::size_t c) {
    std::size_t best = 0;
    for (std::size_t p = 1; p < in.shape.channels / channels; ++p)
        if (in.at(n, y, x, p * channels + c) > in.at(n, y, x, best * channels + c)) best = p;
    return best;
}

template <class T, image In, image Out>
void check() {
    constexpr std::size_t batch = 3, channels = Out.channels;
    auto in = random<T>(In, batch, 1, true);  // steps: ties occur
    auto gradients = random<T>(Out, batch, 2), derivatives = random<T>(In, batch, 3);
    auto out = run<T>(
        Out, batch, [&](T* to, range r) { kernels::piece_max_forward<In, Out>(in.base(), to, identity, r); });
    require_values(out, [&](auto n, auto y, auto x, auto c) {
        return double(in.at(n, y, x, best_piece(in, channels, n, y, x, c) * channels + c));
    });
    const times_table<T, In> derived{derivatives.base()};
    auto grad_in = run<T>(In, batch, [&](T* to, range r) {
        kernels::piece_max_backward<In, Out, In>(in.base(), gradients.base(), to, derived, r);
    });
    require_values(grad_in, [&](auto n, auto y, auto x, auto k) {
        const std::size_t c = k % channels;
        return best_piece(in, channels, n, y, x, c) == k / channels
                   ? double(gradients.at(n, y, x, c)) * double(derivatives.at(n, y, x, k))
                   : 0.0;
    });
}
}  // namespace

TEMPLATE_TEST_CASE("the maximum over pieces in every layout", "[piece_max]", float, double) {
    check<TestType, dense_image(1, 1, 10), dense_image(1, 1, 5)>();
    check<TestType, dense_image(1, 1, 96), dense_image(1, 1, 32)>();
    check<TestType, padded(2, 3, 21, 21), dense_image(2, 3, 7)>();
    check<TestType, dense_image(2, 3, 38), padded(2, 3, 19, 21)>();
    check<TestType, dense_image(2, 2, 3), dense_image(2, 2, 3)>();
}

TEST_CASE("NaN stays in its unit", "[piece_max]") {
    constexpr image two = dense_image(1, 1, 6), one = dense_image(1, 1, 3);
    buffer<float> in(two, 1, 0.f), out = untouched<float>(one, 1);
    const float values[] = {NAN, 1, 2, 5, NAN, 4};
    std::copy(values, values + 6, in.data.begin());
    kernels::piece_max_forward<two, one>(in.base(), out.base(), identity, range{0, 1});
    CHECK(std::isnan(out.data[0]));
    CHECK(std::isnan(out.data[1]));
    CHECK(out.data[2] == 4);
}
