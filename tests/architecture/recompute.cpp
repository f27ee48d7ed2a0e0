// SPDX-License-Identifier: BSL-1.0
// What is computed again has the same bits: gradients, moving averages and what dropout drops; and less memory is needed.
#include <archetype/architecture.hpp>
#include <archetype/training/fit/training_bytes.hpp>
#include <archetype/training/gradients.hpp>
#include <catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace at = archetype;

namespace {
template <std::size_t Filters>
using convolution = at::sequence<at::conv2d<Filters, 3, at::same, at::no_bias>, at::batch_norm<>, at::relu>;
template <std::size_t Filters>
using block =
    at::sequence<at::residual<at::sequence<convolution<Filters>, at::conv2d<Filters, 1>, at::batch_norm<>>>,
                 at::relu>;
using residual_net =
    at::network<at::input<12, 12, 2>, convolution<8>, at::max_pool2d<2>, block<8>, at::dropout<0.3>, block<8>,
                block<8>, at::avg_pool2d<2>, at::flatten, at::dense<3>, at::softmax>;
/// Concatenations, joins that read what they join, a padded value, activations on their own and a recurrent layer.
using mixed_net = at::network<
    at::input<8, 8, 2>, convolution<4>,
    at::branches<at::concatenate, convolution<3>,
                 at::sequence<at::max_pool2d<3, at::stride<1>, at::padding<1>>>,
                 at::sequence<at::conv2d<3, 1>, at::swish>>,
    at::branches<at::multiply, at::sequence<at::conv2d<5, 1>, at::sigmoid>, at::conv2d<5, 3, at::same>>,
    at::layer_norm<>, at::gelu, at::conv2d<4, 3>, at::tanh, at::reshape<6, 24>, at::gru<5>, at::dense<3>,
    at::softmax>;

/// The loss, gradients of parameters and input, and all parameters afterwards, of two batches one after the other.
template <class Net>
std::vector<float> numbers() {
    at::model<Net> model{at::seed{3}};
    at::gradients gradient{model, at::cross_entropy{}, at::seed{5}};
    std::vector<float> all;
    for (const std::size_t batch : {5, 3}) {
        constexpr at::shape in = at::model<Net>::input_shape;
        auto samples = xt::xtensor<float, 4>::from_shape({batch, in.height(), in.width(), in.channels()});
        for (std::size_t i = 0; i < samples.size(); ++i)
            samples.data()[i] = std::sin(0.7f * static_cast<float>(i * i % 101));
        xt::xtensor<std::int32_t, 1> labels = xt::zeros<std::int32_t>({batch});
        labels(1) = 2;
        all.push_back(static_cast<float>(gradient(samples, labels)));
        all.insert(all.end(), gradient.data(), gradient.data() + model.trainable_size());
        const auto input = gradient.input();
        all.insert(all.end(), input.begin(), input.end());
        all.insert(all.end(), model.data(), model.data() + model.size());
    }
    return all;
}
template <class Net>
constexpr std::uint64_t kept = at::detail::training_memory_plan_of<Net>.kept_elements;
template <class Net>
constexpr std::size_t runs_again =
    at::detail::training_memory_plan_of<Net>.again_first[at::training_plan_of<Net>.step_count];

template <class Net, std::size_t... Keep>
void same_bits() {
    const std::vector<float> wanted = numbers<Net>();
    CHECK(std::all_of(wanted.begin(), wanted.end(), [](float x) { return std::isfinite(x); }));
    for (const bool same : {numbers<at::with_recompute<Net, Keep>>() == wanted...}) CHECK(same);
}

static_assert(runs_again<residual_net> == 0 && runs_again<at::with_recompute<residual_net, 100>> == 0);
static_assert(kept<at::with_recompute<residual_net, 100>> == kept<residual_net>);
static_assert(runs_again<at::with_recompute<residual_net>> > 0);
static_assert(5 * kept<at::with_recompute<residual_net>> < 3 * kept<residual_net>);
static_assert(at::training_bytes<at::with_recompute<residual_net>, 64> <
              at::training_bytes<residual_net, 64>);
// Of a part: the rest is kept.
using of_part =
    at::network<at::input<12, 12, 2>, convolution<8>, at::recompute<at::named<"block", block<8>>, 0>,
                at::flatten, at::dense<3>, at::softmax>;
static_assert(runs_again<of_part> == 3);
// Sequences too: only recurrent layers are kept. And what nobody reads backwards makes no chain too long.
using sequences = at::network<at::input<12, 4>, at::conv1d<8, 3, at::same>, at::batch_norm<>, at::relu,
                              at::conv1d<8, 3, at::same>, at::batch_norm<>, at::relu,
                              at::conv1d<8, 3, at::same>, at::tanh, at::flatten, at::dense<3>, at::softmax>;
static_assert(runs_again<at::with_recompute<sequences, 25>> > 2);
static_assert(2 * kept<at::with_recompute<sequences, 25>> < kept<sequences>);
using unread = at::network<at::input<16, 16, 4>, at::conv2d<8, 3, at::same>, at::batch_norm<>, at::relu,
                           at::zero_padding2d<1>, at::avg_pool2d<2>, at::zero_padding2d<1>, at::avg_pool2d<2>,
                           at::dropout<0.3>, at::conv2d<8, 3, at::same>, at::batch_norm<>, at::relu,
                           at::conv2d<8, 3, at::same>, at::relu, at::flatten, at::dense<3>, at::softmax>;
static_assert(2 * kept<at::with_recompute<unread, 25>> < kept<unread>);

// Large networks compute cheap values again by themselves, unless a part says that all are kept.
template <class... Parts>
using large_net = at::network<at::input<128, 128, 2>, convolution<16>, Parts..., at::max_pool2d<2>, block<16>,
                              at::swish, at::dropout<0.3>, at::global_avg_pool2d, at::dense<3>, at::softmax>;
using large = large_net<convolution<16>, convolution<16>>;
using kept_in_part = large_net<at::recompute<at::sequence<convolution<16>, convolution<16>>, 100>>;
static_assert(runs_again<large> > 3 && runs_again<at::with_recompute<large, 100>> == 0);
static_assert(3 * kept<large> < 2 * kept<at::with_recompute<large, 100>>);
// What is computed again may not hold values between the passes that are larger: average pooling does not read its input.
using pooled = at::network<at::input<128, 128, 1>, at::conv2d<64, 3, at::same, at::no_bias>,
                           at::avg_pool2d<2>, at::repeat<10, at::conv2d<64, 3, at::same>>, at::relu,
                           at::global_avg_pool2d, at::dense<3>, at::softmax>;
static_assert(kept<pooled> <= kept<at::with_recompute<pooled, 100>>);
static_assert(kept<large> < kept<kept_in_part> && kept<kept_in_part> < kept<at::with_recompute<large, 100>>);
}  // namespace

TEST_CASE("cheap values of large networks are computed again with the same bits") {
    const std::vector<float> wanted = numbers<at::with_recompute<large, 100>>();
    CHECK(numbers<large>() == wanted);
}

TEST_CASE("what is computed again has the same bits") {
    same_bits<residual_net, 50, 0>();
    same_bits<mixed_net, 60, 0>();
    same_bits<unread, 25>();
}
