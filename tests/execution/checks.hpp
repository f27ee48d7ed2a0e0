// SPDX-License-Identifier: BSL-1.0
// What every network must fulfil.
#pragma once
#include <archetype/execution/inference/inference.hpp>
#include <archetype/training/gradients.hpp>
#include <catch.hpp>
#include <cmath>
#include <span>
#include <vector>
#include <xtensor/xview.hpp>

#include "networks.hpp"
#include "numbers.hpp"

namespace checks {
namespace at = archetype;

/// Sanitized kernels take compilers half a minute for each network: there, what runs the same code twice is left out.
#if defined(__SANITIZE_ADDRESS__)  // g++
inline constexpr bool sanitized = true;
#elif defined(__has_feature)  // clang++
inline constexpr bool sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// Catch2 writes a line for each assertion that it sees: one is enough for a tensor.
template <class X, class Y>
double largest_difference(const X& found, const Y& wanted, std::size_t count) {
    double most = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double apart = std::abs(static_cast<double>(found[i]) - static_cast<double>(wanted[i])) /
                             std::max(1.0, std::abs(static_cast<double>(wanted[i])));
        if (!(apart <= most)) most = apart;  // a NaN stays
    }
    return most;
}
template <class X, class Y>
bool same_bits(const X& one, const Y& other, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        if (!(one[i] == other[i])) return false;
    return true;
}

/// Results for two samples against the given ones; batches against single samples; inference with constant weights
/// against the model.
template <class Net, std::size_t Count>
void forward(const double (&wanted)[Count]) {
    constexpr std::size_t size = at::model<Net>::output_shape.size();
    static_assert(Count == 2 * size);
    if constexpr (!sanitized) {
        at::model<Net, double> net;
        numbers::set_parameters(net);
        const auto scores = net(numbers::samples<Net, double>(2));
        CHECK(largest_difference(scores.data(), wanted, Count) < 1e-12);
        // What constant expressions compute.
        std::vector<double> folded(at::inference_weight_count<Net>), found(size);
        at::detail::fold_parameters<Net>(std::as_const(net).data(), folded.data());
        const auto inputs = numbers::samples<Net, double>(2);
        for (std::size_t n = 0; n < 2; ++n) {
            at::detail::run_reference<Net, double>(
                folded.data(), std::array<const double*, 1>{inputs.data() + n * inputs.size() / 2},
                std::array<double*, 1>{found.data()});
            CHECK(largest_difference(found, wanted + n * size, size) < 1e-12);
        }
    }
    at::model<Net> net;
    numbers::set_parameters(net);
    const auto inputs = numbers::samples<Net, float>(2);
    const auto scores = net(inputs);
    CHECK(largest_difference(scores.data(), wanted, Count) < 1e-5);

    // One sample is computed as it is in a batch, bit for bit; 19 samples more change nothing either.
    const auto many = numbers::samples<Net, float>(21);
    const auto many_scores = net(many);
    CHECK(same_bits(many_scores.data(), scores.data(), Count));
    bool single = true;
    for (std::size_t n = 0; n < 21; ++n) {
        const auto alone = net(xt::view(many, n));
        single = single && same_bits(alone.data(), many_scores.data() + n * size, size);
    }
    CHECK(single);

    if constexpr (!sanitized) {
        std::vector<float> folded(at::inference_weight_count<Net> + at::constant_weights_slack);
        at::detail::fold_parameters<Net>(std::as_const(net).data(), folded.data());
        const at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>, float>
            weights = decltype(weights)::from_pointer(folded.data());
        at::inference<Net> constant(weights);
        for (std::size_t n = 0; n < 2; ++n) {
            constexpr std::size_t input_size = at::inference<Net>::input_size;
            const auto found =
                constant(std::span<const float, input_size>(inputs.data() + n * input_size, input_size));
            CHECK(largest_difference(found, scores.data() + n * size, size) <= 1e-6);
        }
    }
}

/// Gradients of a loss in double precision against central differences of the loss.
template <class Net, class Loss, class Targets>
void gradients(Loss loss, const Targets& targets, std::size_t batch) {
    at::model<Net, double> net;
    numbers::set_parameters(net);
    auto inputs = numbers::samples<Net, double>(batch);
    at::gradients of{net, loss, at::seed{5}};
    of(inputs, targets);
    const std::vector<double> found(of.data(), of.data() + net.trainable_size());
    const auto found_input = of.input();

    constexpr double step = 1e-5;
    const auto slope = [&](double& variable) {
        const double middle = variable;
        variable = middle + step;
        const double above = of(inputs, targets);
        variable = middle - step;
        const double below = of(inputs, targets);
        variable = middle;
        return (above - below) / (2 * step);
    };
    double scale = 0, apart = 0;
    const auto compare = [&](double gradient, double& variable) {
        const double wanted = slope(variable);
        scale = std::max(scale, std::abs(wanted));
        if (!(std::abs(gradient - wanted) <= apart)) apart = std::abs(gradient - wanted);
    };
    std::size_t slots = 0;
    for (const at::detail::parameter_slot& slot : at::detail::parameters_of<Net>.slots) {
        if (slots++ == at::detail::parameters_of<Net>.size()) break;
        const at::parameter& tensor =
            at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        if (!tensor.trainable) continue;
        for (std::size_t i = 0; i < tensor.extents.size(); ++i)
            compare(found[slot.offset + i], net.data()[slot.offset + i]);
        INFO("parameters of layer " << at::detail::layer_label<Net>(slot.node) << ", tensor " << slot.index);
        CHECK(apart <= 1e-6 * scale + 1e-9);
        apart = 0;
    }
    scale = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) compare(found_input.data()[i], inputs.data()[i]);
    INFO("input");
    CHECK(scale > 0);
    CHECK(apart <= 1e-6 * scale + 1e-9);
}

/// Gradients of the mean squared error for targets of the result's shape.
template <class Net>
void gradients() {
    constexpr at::shape extents = at::model<Net>::output_shape;
    auto targets = xt::xtensor<double, extents.rank + 1>::from_shape(at::detail::batch_extents<extents>(3));
    numbers::source from(7);
    for (double& value : targets) value = from.next();
    gradients<Net>(at::mean_squared_error{}, targets, 3);
}

}  // namespace checks
