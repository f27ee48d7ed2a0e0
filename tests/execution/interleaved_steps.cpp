// SPDX-License-Identifier: BSL-1.0
// Steps that are done in the loop of a neighbour: which, and the bits of steps that are run one after the other.
#include <archetype/execution/host/model.hpp>
#include <archetype/zoo/conventions.hpp>
#include <catch.hpp>
#include <vector>

#include "checks.hpp"

namespace at = archetype;
using at::detail::interleaving;

namespace {

template <class Net, class T>
constexpr std::size_t interleaved_steps() {
    std::size_t found = 0;
    at::detail::for_each_step<Net, at::detail::purpose::inference>([&]<class Step>(Step) {
        found += at::detail::interleaving_of<Net, T, Step::index> != interleaving{};
    });
    return found;
}

/// All results of `samples` samples with `Net` run by the same kernels, one step after the other.
template <class Net, class T>
std::vector<T> one_after_the_other(const at::model<Net, T>& net, const std::vector<T>& input,
                                   std::size_t samples) {
    constexpr const auto& plan = at::detail::inference_plan<Net>;
    std::vector<T> folded(at::inference_weight_count<Net> + at::detail::read_slack),
        prepared(at::detail::prepared_offsets<Net, T>.back() + at::detail::read_slack),
        arena(samples * (plan.arena_elements + at::detail::input_room<Net>)+at::detail::read_slack);
    at::detail::fold_parameters<Net>(net.data(), folded.data());
    at::detail::prepare_weights<Net>(folded.data(), prepared.data());
    T* const place =
        at::detail::input_place<Net>(arena.data(), arena.data() + samples * plan.arena_elements, samples);
    at::detail::copy_rows<at::detail::input_image<Net>>(input.data(), place, samples);
    at::detail::run_inference<Net, T, true>(folded.data(), prepared.data(), static_cast<const T*>(place),
                                            arena.data(), samples);
    const T* const results =
        at::detail::output_place<Net>(static_cast<const T*>(place), arena.data(), samples);
    return {results, results + samples * at::model<Net, T>::output_shape.size()};
}

template <class Net, class T>
void check_bits(std::size_t samples) {
    at::model<Net, T> net{at::seed{5}};
    const std::size_t size = at::model<Net, T>::input_shape.size();
    std::vector<T> input(samples * size), results(samples * at::model<Net, T>::output_shape.size());
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = T((i * 37 % 101)) / T(50) - T(1);
    net.run(input.data(), samples, results.data());
    const std::vector<T> expected = one_after_the_other(net, input, samples);
    CHECK(checks::same_bits(results.data(), expected.data(), expected.size()));
}

template <std::size_t Channels>
using squeeze = at::zoo::squeeze_excitation<Channels, 4, at::silu, at::sigmoid>;
using norm = at::batch_norm<>;

/// An inverted residual: a depthwise convolution, factors for its channels, 1 x 1. Neither channels nor columns fill vectors.
template <std::size_t Channels, class Depthwise>
using inverted = at::network<at::input<9, 7, 3>, at::conv2d<Channels, 3>, at::silu, Depthwise, norm, at::silu,
                             squeeze<Channels>, at::conv2d<24, 1>, norm, at::flatten, at::dense<5>>;
using odd = inverted<37, at::depthwise_conv2d<3, at::padding<1>>>;
using strided = inverted<64, at::depthwise_conv2d<5, at::stride<2>, at::padding<2>>>;
using few = inverted<5, at::depthwise_conv2d<3, at::padding<1>>>;
/// Factors of what an ordinary convolution makes, a sum before the mean, and a mean at the end.
using residual =
    at::network<at::input<11, 13, 16>, at::residual<at::conv2d<16, 3, at::padding<1>>, squeeze<16>>,
                at::residual<at::conv2d<16, 3, at::padding<1>>>, at::relu, at::conv2d<48, 1>, at::relu,
                at::global_avg_pool2d, at::tanh, at::dense<4>>;
/// A gate for each pixel, not for each channel; the convolution after it has groups.
using gated = at::network<at::input<6, 8, 32>, at::point<"x">, at::conv2d<1, 3, at::padding<1>>, at::sigmoid,
                          at::merge<at::multiply, "x">, at::conv2d<64, 1, at::groups<2>>>;
using regular = at::network<at::input<8, 8, 64>, at::conv2d<64, 3, at::padding<1>>, at::relu, squeeze<64>,
                            at::conv2d<32, 1>>;
/// The mean alone: the 1 x 1 convolution has a stride; the other one sees neighbours.
using skips =
    at::network<at::input<8, 8, 64>, at::conv2d<64, 1>, squeeze<64>, at::conv2d<32, 1, at::stride<2>>>;
using wide =
    at::network<at::input<8, 8, 64>, at::conv2d<64, 1>, squeeze<64>, at::conv2d<32, 3, at::padding<1>>>;
using rest = at::activation<[](auto x) { return 1 - x; }>;
/// A sum of two products of pixels, which is a step of its own.
template <std::size_t Height, std::size_t Width, class... Layers>
using mixed = at::network<
    at::input<Height, Width, 4>, at::conv2d<8, 3>, at::point<"x">, at::sigmoid, at::point<"gate">,
    at::from<"x">, at::conv2d<8, 1>, at::point<"z">,
    at::branches<at::add, at::branches<at::multiply, at::sequence<at::from<"z">, at::tanh>, at::from<"gate">>,
                 at::branches<at::multiply, at::from<"z">, at::sequence<at::from<"gate">, rest>>>,
    Layers...>;
/// The 1 x 1 convolution writes, with a halo, over what the sum before it reads.
using halo = mixed<9, 7, at::conv2d<6, 1>, at::conv2d<5, 3, at::padding<1>>>;
/// Its results are joined with pixels that the sum makes last.
template <class... Slices>
using late = mixed<22, 20, at::point<"a">, Slices..., at::point<"last">, at::from<"a">, at::conv2d<6, 1>,
                   at::merge<at::multiply, "last">>;
using late_pixel = late<at::slice<1, 19, 20>, at::slice<2, 17, 18>, at::slice<-1, 0, 1>>;
using late_row = late<at::slice<1, 19, 20>, at::slice<-1, 0, 1>>;

}  // namespace

TEST_CASE(
    "elementwise steps before 1 x 1 convolutions and means after convolutions are done in their loops") {
    if constexpr (at::kernels::has_many_lanes) {
        CHECK(interleaved_steps<odd, float>() == 2);
        CHECK(interleaved_steps<strided, float>() == 2);
        CHECK(interleaved_steps<residual, float>() ==
              1);  // the mean at the end: the first image has other readers before it
        CHECK(interleaved_steps<regular, float>() == 2);
        CHECK(interleaved_steps<skips, float>() == 1);  // the mean
        CHECK(interleaved_steps<wide, float>() == 1);
    }
}

TEST_CASE("steps in the loops of others have the bits of steps on their own") {
    check_bits<odd, float>(1);
    check_bits<odd, double>(3);
    check_bits<strided, float>(4);
    check_bits<few, float>(2);
    check_bits<residual, float>(3);
    check_bits<residual, double>(1);
    check_bits<gated, float>(2);
    check_bits<regular, float>(2);
    check_bits<regular, float>(90);
    check_bits<skips, float>(1);
    check_bits<wide, float>(1);
    check_bits<halo, float>(1);
    check_bits<halo, double>(3);
    check_bits<late_pixel, float>(2);
    check_bits<late_row, float>(1);
}

TEST_CASE("means of more samples than fit beside the loop are made afterwards") {
    using wide_mean =
        at::network<at::input<2, 3, 8>, at::conv2d<3000, 1>, at::global_avg_pool2d, at::dense<3>>;
    check_bits<wide_mean, float>(1);
    check_bits<wide_mean, float>(9);
    check_bits<wide_mean, double>(2);
}
