// SPDX-License-Identifier: BSL-1.0
// Outputs that are inputs of the next call, against the definition called with them.
#pragma once
#include <archetype/execution/inference/with_feedback.hpp>

#include "checks.hpp"

namespace generated {

/// Calls `object` with sample `n` of the inputs that nothing is fed back to.
template <class Net, class... Feedback, class Object, std::size_t... Given>
void call_with(Object& object, const inputs_of<Net, double>& inputs, std::size_t n,
               std::index_sequence<Given...>) {
    constexpr auto given = [] {
        std::array<std::size_t, sizeof...(Given) + 1> which{};
        std::size_t count = 0;
        for (std::size_t k = 0; k < input_count<Net>; ++k)
            if (((detail::feedback_in<Net, Feedback>::in != k) && ...)) which[count++] = k;
        return which;
    }();
    object(std::span<const double, input_shape_of<Net>(given[Given]).size()>(
        inputs.sample(given[Given], n), input_shape_of<Net>(given[Given]).size())...);
}

/// @return  failures
template <class Net, class... Feedback>
int run_with_feedback(int number) {
    report to(number);
    const inputs_of<Net, double> inputs(3);
    const drawn<Net, double> net;
    with_feedback<inference<Net, double>, Feedback...> object{net.weights()};
    std::vector<std::vector<double>> states;
    for (const std::size_t size : {detail::feedback_in<Net, Feedback>::in_shape.size()...})
        states.emplace_back(size);
    const std::size_t ins[]{detail::feedback_in<Net, Feedback>::in...},
        outs[]{detail::feedback_in<Net, Feedback>::out...};
    for (std::size_t n = 0; n < inputs.count; ++n) {
        std::vector<const double*> samples;
        for (std::size_t k = 0; k < input_count<Net>; ++k) samples.push_back(inputs.sample(k, n));
        for (std::size_t s = 0; s < states.size(); ++s) samples[ins[s]] = states[s].data();
        const results<double> wanted = run_by_definition<Net>(net.parameters.data(), samples);
        call_with<Net, Feedback...>(
            object, inputs, n,
            std::make_index_sequence<with_feedback<inference<Net, double>, Feedback...>::given_count>{});
        results<double> found(output_count<Net>);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (found[K].assign(object.template output<K>().begin(), object.template output<K>().end()), ...);
        }
        (std::make_index_sequence<output_count<Net>>{});
        to.compare("with feedback", found, wanted, 1e-10);
        for (std::size_t s = 0; s < states.size(); ++s) states[s] = wanted[outs[s]];
    }
    return to.failures;
}

}  // namespace generated
