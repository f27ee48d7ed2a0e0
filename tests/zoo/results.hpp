// SPDX-License-Identifier: BSL-1.0
// Results of networks with weights that make_references.py makes too, against PyTorch's.
#pragma once
#include <archetype/execution/host/model.hpp>
#include "execution/numbers.hpp"
#include "reference.hpp"

#include <catch.hpp>
#include <cmath>
#include <memory>
#include <vector>

namespace references {

/// Parameters in order of execution: weights by their fan-in, scales around 1, the rest small; moving statistics from a
/// source of their own. One pass over the offsets: networks have hundreds of tensors.
template <class Net>
void set_parameters(at::model<Net>& net, double gain) {
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    numbers::source trainable(1), moving(2);
    float* const data = net.data();
    for (const auto& slot : layout.slots) {
        const at::parameter& tensor = at::facts_of<Net>.nodes[slot.node].parameters[slot.index];
        const bool is_weight = tensor.start == at::initial::weights;
        const double shift = tensor.start == at::initial::ones ? 1 : 0;
        const double scale = is_weight ? std::sqrt(gain / static_cast<double>(tensor.fan_in))
                             : tensor.name == "moving_variance" ? 0.5
                                                                : 0.25;
        numbers::source& from = tensor.trainable ? trainable : moving;
        for (std::uint64_t i = 0; i < tensor.extents.size(); ++i)
            data[slot.offset + i] = static_cast<float>(shift + from.next() * scale);
    }
}

/// The results are within 1e-4 of PyTorch's, which computed in double precision, relative to the largest.
template <class Net, std::size_t Rows>
void check_results(const reference<Rows>& expected) {
    const auto net = std::make_unique<at::model<Net>>();
    set_parameters(*net, expected.gain);
    std::vector<float> sample(at::input_shape<Net>.size());
    numbers::source from(3);
    for (float& value : sample) value = static_cast<float>(from.next());
    std::vector<float> results(at::output_shape<Net>.size());
    net->run(sample.data(), 1, results.data());
    REQUIRE(results.size() == expected.result_count);
    double largest = 0;
    for (const float value : results) largest = std::max(largest, std::abs(static_cast<double>(value)));
    CHECK(std::abs(largest - expected.largest) <= 1e-4 * expected.largest);
    const std::size_t step = std::max<std::size_t>(1, results.size() / std::size(expected.results));
    for (std::size_t i = 0; i < std::size(expected.results); ++i) {
        INFO("result " << i * step << ": " << results[i * step] << ", PyTorch: " << expected.results[i]);
        CHECK(std::abs(results[i * step] - expected.results[i]) <= 1e-4 * expected.largest);
    }
}

}  // namespace references
