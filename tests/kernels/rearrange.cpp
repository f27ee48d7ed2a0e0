// SPDX-License-Identifier: BSL-1.0
// Kernels that move elements, and those of operands that repeat: against their definitions, in images with halos and foreign
// channels.
#include <archetype/kernels/elementwise/rearrange.hpp>
#include <archetype/kernels/images/stretched.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::rearrangement;

namespace {
constexpr std::size_t batch = 3;
const kernels::identity_epilogue identity;

/// Forward and back: an element of the result comes from where `from(y, x, c)` says, and nobody else has it.
template <rearrangement Move, image In, image Out, class From>
void check_moves(const From& from) {
    auto in = random<double>(In, batch, 1), gradients = random<double>(Out, batch, 2);
    auto moved = run<double>(Out, batch, [&](double* out, range samples) {
        kernels::rearrange<Move, In, Out>(in.base(), out, identity, samples);
    });
    buffer<double> expected = untouched<double>(In, batch);
    each(expected, [&](auto... i) { expected.at(i...) = 0; });
    require_values(moved, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        const auto [v, u, k] = from(y, x, c);
        expected.at(n, v, u, k) = gradients.at(n, y, x, c);
        return in.at(n, v, u, k);
    });
    constexpr rearrangement back = [] {
        rearrangement turned = Move;
        turned.back = true;
        return turned;
    }();
    auto returned = run<double>(In, batch, [&](double* out, range samples) {
        kernels::rearrange<back, Out, In>(gradients.base(), out, identity, samples);
    });
    require_values(returned, [&](auto... i) { return expected.at(i...); });
}

using cell = std::array<std::size_t, 3>;
}  // namespace

TEST_CASE("slices with steps, also backwards", "[kernels]") {
    constexpr image in = padded(6, 7, 37, 40), out = padded(2, 7, 18, 18), few = padded(6, 3, 5, 9);
    check_moves<rearrangement{{0, 1, 2}, {1, 6, 2}, {3, -1, 2}, 1, {2, 7, 18}}, in, out>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{1 + 3 * y, 6 - x, 2 + 2 * c};
        });
    check_moves<rearrangement{{0, 1, 2}, {0, 1, 30}, {1, 2, 1}, 1, {6, 3, 5}}, in, few>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{y, 1 + 2 * x, 30 + c};
        });
    constexpr image half = padded(6, 7, 19, 19);
    check_moves<rearrangement{{0, 1, 2}, {0, 0, 18}, {1, 1, 1}, 1, {6, 7, 19}}, in, half>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{y, x, 18 + c};
        });
}

TEST_CASE("axes in other orders", "[kernels]") {
    constexpr image in = padded(3, 5, 18, 20), first = padded(18, 3, 5, 6), turned = padded(5, 3, 18, 18);
    check_moves<rearrangement{{2, 0, 1}, {}, {1, 1, 1}, 1, {18, 3, 5}}, in, first>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{x, c, y};
        });
    check_moves<rearrangement{{1, 0, 2}, {}, {1, 1, 1}, 1, {5, 3, 18}}, in, turned>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{x, y, c};
        });
}

TEST_CASE("channels of groups, dealt out", "[kernels]") {
    constexpr image in = padded(2, 3, 24, 24), out = padded(2, 3, 24, 31);
    check_moves<rearrangement{{0, 1, 2}, {}, {1, 1, 1}, 3, {2, 3, 24}}, in, out>(
        [](std::size_t y, std::size_t x, std::size_t c) {
            return cell{y, x, c % 3 * 8 + c / 3};
        });
}

namespace {
template <image Small, image Large>
void check_stretched() {
    constexpr kernels::stretched_image cells = kernels::stretch(Small, Large);
    auto in = random<double>(Small, batch, 1), gradients = random<double>(Large, batch, 2),
         derivatives = random<double>(Small, batch, 3);
    const auto seen = [](std::size_t at, std::size_t extent) { return extent == 1 ? 0 : at; };
    auto repeated = run<double>(Large, batch, [&](double* out, range samples) {
        kernels::map_stretched<cells, Large>(in.base(), out, identity, samples);
    });
    require_values(repeated, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        return in.at(n, seen(y, Small.height), seen(x, Small.width), seen(c, Small.channels));
    });
    const times_table<double, Small> derived{derivatives.base()};
    auto summed = run<double>(Small, batch, [&](double* out, range samples) {
        kernels::sum_stretched<Large, Small>(
            gradients.base(), out,
            [](const kernels::lanes<double>& value, const kernels::place&) { return value * value; }, derived,
            samples);
    });
    require_values(summed, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        double total = 0;
        each(gradients, [&](std::size_t m, std::size_t v, std::size_t u, std::size_t k) {
            if (m == n && seen(v, Small.height) == y && seen(u, Small.width) == x &&
                seen(k, Small.channels) == c)
                total += gradients.at(m, v, u, k) * gradients.at(m, v, u, k);
        });
        return total * derivatives.at(n, y, x, c);
    });
}
}  // namespace

TEST_CASE("operands that repeat, and the sums that are their gradients", "[kernels]") {
    constexpr image wide = padded(3, 4, 37, 40), narrow = padded(3, 4, 3, 3);
    check_stretched<padded(1, 1, 37, 37), wide>();
    check_stretched<padded(1, 1, 1, 1), wide>();
    check_stretched<padded(3, 4, 1, 2), wide>();
    check_stretched<padded(3, 1, 37, 38), wide>();
    check_stretched<padded(1, 4, 1, 1), wide>();
    check_stretched<padded(1, 1, 3, 3), narrow>();
    check_stretched<padded(3, 4, 1, 1), narrow>();
    check_stretched<padded(1, 4, 3, 5), narrow>();
}
