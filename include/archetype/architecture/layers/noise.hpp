// SPDX-License-Identifier: BSL-1.0
/// @file noise.hpp
/// Layers that disturb what passes in training and do nothing at inference.
#pragma once
#include <archetype/architecture/layers/dropout.hpp>

namespace archetype {

namespace detail {
/// `rate` is a probability of being dropped (below 1), or with `Deviation` a standard deviation.
template <auto Rate, bool Deviation = false>
requires std::convertible_to<decltype(Rate), double>
struct training_noise {
    static constexpr layer_role role = layer_role::alias;
    static constexpr double rate = Rate;
    static constexpr layer_facts describe(const shape& in) {
        if (Deviation && !(rate >= 0 && rate < 1e9)) return broken_layer(rule::rate_is_out_of_range);
        if (!Deviation && !(rate >= 0 && rate < 1)) return broken_layer(rule::dropout_rate_is_out_of_range);
        layer_facts facts = blank_facts;
        facts.output = in;
        facts.rate = rate;
        facts.acts_in_training_only = true;
        return facts;
    }
};
}  // namespace detail

/// Drops whole channels with probability `Rate`, of each sample by itself, and scales the rest by 1 / (1 - Rate) (Tompson
/// et al., "Efficient Object Localization Using Convolutional Networks", 2015; SpatialDropout1D and 2D of Keras, Dropout1d
/// and 2d of PyTorch). An image, sequence or vector (whose channels are its elements), unchanged.
template <auto Rate>
struct spatial_dropout : detail::training_noise<Rate> {
    static constexpr text_view kind = "spatial_dropout";
};

/// Dropout that keeps mean 0 and variance 1 of what comes in, for networks of `selu` (Klambauer et al., "Self-Normalizing
/// Neural Networks", 2017): an element becomes a' = -1.758 with probability `Rate`, then all are a x + b with
/// a = 1 / sqrt((1 - Rate) (1 + Rate a'^2)), b = -a a' Rate. Any shape, unchanged.
template <auto Rate>
struct alpha_dropout : detail::training_noise<Rate> {
    static constexpr text_view kind = "alpha_dropout";
};

/// Multiplies each element by a normal number of mean 1 and variance Rate / (1 - Rate), that of `dropout`'s factors
/// (Srivastava et al. 2014, section 10). Any shape, unchanged.
template <auto Rate>
struct gaussian_dropout : detail::training_noise<Rate> {
    static constexpr text_view kind = "gaussian_dropout";
};

/// Adds a normal number of mean 0 and standard deviation `Deviation` to each element. Any shape, unchanged.
template <auto Deviation>
struct gaussian_noise : detail::training_noise<Deviation, true> {
    static constexpr text_view kind = "gaussian_noise";
};

/// Whom a `stochastic_depth` drops together.
enum class depth_mode {
    row,   ///< each sample by itself
    batch  ///< all samples of a batch
};

/// Drops all of a sample, or of a batch, with probability `Rate`, and scales what is kept by 1 / (1 - Rate) (Huang et al.,
/// "Deep Networks with Stochastic Depth", 2016): the last layer of the body of a `residual`. torchvision's `StochasticDepth`
/// has the same two modes. Any shape, unchanged.
template <auto Rate, depth_mode Mode = depth_mode::row>
struct stochastic_depth : detail::training_noise<Rate> {
    static constexpr text_view kind = "stochastic_depth";
    static constexpr depth_mode mode = Mode;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::training_noise<Rate>::describe(in);
        facts.treats_batch_as_one = Mode == depth_mode::batch;
        return facts;
    }
};

}  // namespace archetype
