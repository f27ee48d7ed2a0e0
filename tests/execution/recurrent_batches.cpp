// SPDX-License-Identifier: BSL-1.0
// A batch through embedding, masks, reading cells and unit weights, forward and backward: the network that sanitized builds
// keep, with sizes that fill no vector.
#include "checks.hpp"

namespace at = archetype;

TEST_CASE("recurrent batches stay inside their memory") {
    using net_type =
        at::network<at::input<5>, at::embedding<7, 3>, at::gru<5, at::return_sequences, at::masking<>>,
                    at::lstm<6, at::diagonal_peepholes, at::reversed>>;
    at::model<net_type> net{at::seed{1}};
    xt::xtensor<float, 2> samples = xt::xtensor<float, 2>::from_shape({13, 5});
    for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = static_cast<float>(i % 7);
    const auto states = net(samples);
    at::gradients of{net, at::mean_squared_error{}};
    const double loss = of(samples, xt::xtensor<float, 2>(xt::zeros<float>({13, 6})));
    double sum = 0;
    for (const float state : states) sum += static_cast<double>(state) * static_cast<double>(state);
    CHECK(loss == Approx(sum / 78).epsilon(1e-5));
}
