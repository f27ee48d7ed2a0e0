// SPDX-License-Identifier: BSL-1.0
// Results of networks with weights that make_references.py makes too.
#pragma once
#include <archetype/execution/host/model.hpp>
#include "execution/numbers.hpp"
#include "reference.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace references {

/// Parameters in order of execution: weights by their fan-in, scales around 1, the rest small; moving statistics from a
/// source of their own. One pass over the offsets: networks have hundreds of tensors.
template <class Net, class T>
void set_parameters(at::model<Net, T>& net, double gain) {
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    numbers::source trainable(1), moving(2);
    T* const data = net.data();
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

/// What the network gives for PyTorch's sample with PyTorch's weights, all of which are numbers in single precision.
template <class Net, class T>
std::vector<T> computed_results(double gain) {
    const auto net = std::make_unique<at::model<Net, T>>();
    set_parameters(*net, gain);
    std::vector<T> sample(at::input_shape<Net>.size());
    numbers::source from(3);
    for (T& value : sample) value = static_cast<float>(from.next());
    std::vector<T> results(at::output_shape<Net>.size());
    net->run(sample.data(), 1, results.data());
    return results;
}

/// Of results that PyTorch stored every `step`-th.
template <std::size_t Rows>
std::size_t step_of(const reference<Rows>& expected) {
    return std::max<std::size_t>(1, expected.result_count / std::size(expected.results));
}

/// The largest difference from PyTorch's results, which it computed in double precision, relative to the largest of these.
template <class Net, class T = float, std::size_t Rows>
double deviation(const reference<Rows>& expected) {
    const std::vector<T> results = computed_results<Net, T>(expected.gain);
    if (results.size() != expected.result_count) return 1;
    double largest = 0, most = 0;
    for (const T value : results) largest = std::max(largest, std::abs(static_cast<double>(value)));
    const auto take = [&](double found, double wanted) {
        const double apart = std::abs(found - wanted) / expected.largest;
        if (!(apart <= most) && most == most) most = apart;  // not a number, too, and it stays
    };
    take(largest, expected.largest);
    for (std::size_t i = 0; i < std::size(expected.results); ++i)
        take(results[i * step_of(expected)], expected.results[i]);
    return most;
}

}  // namespace references
