// SPDX-License-Identifier: BSL-1.0
// Gradients of a random sum of all outputs, against central differences.
#pragma once
#include "checks.hpp"

namespace generated {

/// Of every other network all that may be is computed again for the backward pass.
template <class Net>
using trained =
    std::conditional_t<detail::unchecked_facts<Net>.size() % 2 == 0, archetype::with_recompute<Net, 0>, Net>;

template <class Net, class T>
class differentiated {
    static constexpr const auto& plan = detail::training_plan<trained<Net>>;

public:
    differentiated(std::vector<T>& parameters, inputs_of<Net, T>& inputs)
        : parameters_(parameters), inputs_(inputs), moving_(parameters) {}

    T loss() {
        std::copy(
            moving_.begin() + static_cast<std::ptrdiff_t>(detail::parameters_of<Net>.trainable_elements),
            moving_.end(),
            parameters_.begin() + static_cast<std::ptrdiff_t>(detail::parameters_of<Net>.trainable_elements));
        forward();
        T sum{};
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            number_source from(11 + K);
            const T* const found = pass_.template scores<0, K>();
            for (std::size_t i = 0; i < inputs_.count * output_shape_of<Net>(K).size(); ++i)
                sum += static_cast<T>(from.next()) * found[i];
        });
        return sum;
    }
    void backward(bool of_inputs = true) {
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            number_source from(11 + K);
            T* const to = pass_.template loss_gradient<0, K>();
            for (std::size_t i = 0; i < inputs_.count * output_shape_of<Net>(K).size(); ++i)
                to[i] = static_cast<T>(from.next());
        });
        pass_.template backward<0>(parameters_.data(), 5, false, of_inputs);
    }
    results<T> outputs() {
        results<T> found = room_for_results<Net, T>(inputs_.count);
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            std::copy_n(pass_.template scores<0, K>(), found[K].size(), found[K].begin());
        });
        return found;
    }
    /// Of the parameters, then of the inputs.
    results<T> gradients() {
        results<T> found(1 + input_count<Net>);
        found[0].assign(pass_.gradients(), pass_.gradients() + detail::parameters_of<Net>.trainable_elements);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (found[1 + K].assign(
                 pass_.template input_gradient<K>(),
                 pass_.template input_gradient<K>() + inputs_.count * input_shape_of<Net>(K).size()),
             ...);
        }
        (std::make_index_sequence<input_count<Net>>{});
        return found;
    }

private:
    template <class Body>
    static void for_outputs(const Body& body) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (body(std::integral_constant<std::size_t, K>{}), ...);
        }
        (std::make_index_sequence<output_count<Net>>{});
    }
    void forward() {
        T* const base = pass_.input(inputs_.count);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (place<K>(K == 0 ? base : pass_.template further_input<K>()), ...);
        }
        (std::make_index_sequence<input_count<Net>>{});
        pass_.reset_states();
        pass_.template forward<0>(parameters_.data(), 5);
    }
    template <std::size_t K>
    void place(T* to) {
        constexpr const value& in = plan.values[plan.inputs[K]];
        detail::copy_rows<detail::image_of(in, in.extents)>(inputs_.samples[K].data(), to, inputs_.count);
    }

    std::vector<T>& parameters_;
    inputs_of<Net, T>& inputs_;
    std::vector<T> moving_;
    detail::training_pass<trained<Net>, T> pass_;
};

/// One variable's gradient against the slope. Beside a corner of relu or a maximum the slope depends on the distance: what is
/// apart at three distances is wrong.
template <class Loss>
double distance_to_slope(double gradient, double& variable, double& scale, const Loss& loss) {
    const double middle = variable;
    double least = 1e300;
    for (const double step : {1e-5, 1e-6, 1e-7}) {
        variable = middle + step;
        const double above = loss();
        variable = middle - step;
        const double below = loss();
        variable = middle;
        const double slope = (above - below) / (2 * step);
        if (step == 1e-5) scale = std::max(scale, std::abs(slope));
        // The rounding of losses near 1 or larger.
        const double rounding = 4e-16 * (1 + std::abs(above)) / step;
        const double apart = std::max(0.0, std::abs(gradient - slope) - rounding);
        least = apart < least ? apart : least;
        if (least <= 1e-6 * scale) return least;
    }
    return least;
}

template <class Net, bool OfInputs>
void check_gradients(report& to, const results<double>& wanted, inputs_of<Net, double>& inputs,
                     results<double>& gradients) {
    std::vector<double> parameters(detail::parameters_of<Net>.elements + detail::read_slack);
    set_parameters<Net, double>(parameters);
    differentiated<Net, double> net(parameters, inputs);
    net.loss();
    if (trains_as_it_infers<Net>()) to.compare("forward pass of training", net.outputs(), wanted, 1e-10);
    net.backward(false);  // as a trainer does
    const results<double> of_parameters{net.gradients()[0]};
    net.loss();  // recurrent layers keep gradients where their gates were
    net.backward();
    gradients = net.gradients();
    to.compare("gradients without those of inputs", of_parameters, results<double>{gradients[0]}, 0);
    ++to.compared;
    double scale = 0;
    const auto loss = [&] { return net.loss(); };
    const auto check = [&](const std::string& where, double gradient, double& variable) {
        const double apart = distance_to_slope(gradient, variable, scale, loss);
        if (apart <= 2e-6 * std::max(scale, 1e-3)) return true;
        constexpr double step = 1e-6;
        const double middle = variable;
        variable = middle + step;
        const double above = loss();
        variable = middle - step;
        const double slope = (above - loss()) / (2 * step);
        variable = middle;
        to.fail("gradient", where, gradient, slope);
        return false;
    };
    const auto& layout = detail::parameters_of<Net>;
    // Some of the elements of each tensor: all kinds of places come.
    const auto stride_of = [](std::size_t elements) { return elements / 48 + 1; };
    for (std::size_t s = 0; s < layout.size(); ++s) {
        const detail::parameter_slot& slot = layout.slots[s];
        const node& at = detail::unchecked_facts<Net>.nodes[slot.node];
        if (!at.parameters[slot.index].trainable) continue;
        bool right = true;
        const std::size_t elements = at.parameters[slot.index].extents.size();
        for (std::size_t i = 0; right && i < elements; i += stride_of(elements))
            right = check("layer " + std::to_string(slot.node + 1) + " (" + std::string(at.kind) +
                              "), tensor " + std::to_string(slot.index) + ", element " + std::to_string(i),
                          gradients[0][slot.offset + i], parameters[slot.offset + i]);
    }
    for (std::size_t k = 0; k < input_count<Net>; ++k) {
        if (!OfInputs || classes_of<Net>(k) != 0) continue;
        bool right = true;
        const std::size_t elements = inputs.count * input_shape_of<Net>(k).size();
        for (std::size_t i = 0; right && i < elements; i += stride_of(elements))
            right = check("input " + std::to_string(k) + ", element " + std::to_string(i),
                          gradients[1 + k][i], inputs.samples[k][i]);
    }
}

/// In single precision, other lanes do the same work.
template <class Net>
void check_float_gradients(report& to, const results<double>& wanted) {
    std::vector<float> parameters(detail::parameters_of<Net>.elements + detail::read_slack);
    set_parameters<Net, float>(parameters);
    inputs_of<Net, float> inputs(3);
    differentiated<Net, float> net(parameters, inputs);
    net.loss();
    net.backward();
    results<float> found = net.gradients();
    results<double> scaled = wanted;
    double scale = 1;
    for (const auto& part : wanted)
        for (const double x : part) scale = std::max(scale, std::abs(x));
    for (std::size_t k = 0; k < found.size(); ++k) {
        if (k != 0 && classes_of<Net>(k - 1) != 0) found[k] = {}, scaled[k] = {};
        for (float& x : found[k]) x = static_cast<float>(x / scale);
        for (double& x : scaled[k]) x /= scale;
    }
    to.compare("gradient in float", found, scaled, 1e-3);
}

}  // namespace generated
