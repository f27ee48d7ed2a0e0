// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Local response normalization across channels (Krizhevsky et al. 2012): y_c = x_c / (K + Alpha / Size * s_c)^Beta, where s_c
/// is the sum of the squares of channels c - Size / 2 to c + (Size - 1) / 2 of the same pixel, as PyTorch's. AlexNet's own
/// formula does not divide by Size: its alpha of 1e-4 is `local_response_norm<5, 5e-4, 0.75, 2.0>`. Any shape, unchanged.
template <std::size_t Size, double Alpha = 1e-4, double Beta = 0.75, double K = 1.0>
struct local_response_norm {
    static constexpr text_view kind = "local_response_norm";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t size = Size;
    static constexpr double alpha = Alpha, beta = Beta, k = K;
    static constexpr layer_facts describe(const shape& in) {
        if (Size == 0) return broken_layer(rule::extent_is_zero);
        if (!(Alpha >= 0) || !(Beta >= 0) || !(K > 0))
            return broken_layer(rule::response_norm_is_out_of_range);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.sees_one_pixel = true;
        facts.variant = detail::fingerprint({double(Size), Alpha, Beta, K});
        facts.pointwise_operations = in.size() * (Size + 3);
        return facts;
    }
};

}  // namespace archetype
