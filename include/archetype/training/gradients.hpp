// SPDX-License-Identifier: BSL-1.0
/// @file gradients.hpp
/// Gradients of a loss with respect to parameters and input, without training.
#pragma once
#include <archetype/execution/host/named_parameters.hpp>
#include <archetype/training/evaluation.hpp>

#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Computes gradients for a model; keeps the memory between calls.
template <class Net, class T, class Loss>
class gradients {
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    using data_of = detail::training_data<Net, T, Loss, "gradients">;

public:
    /// `net` must outlive the object, which works with as many threads as it has now. `start` decides what dropout drops.
    gradients(model<Net, T>& net, Loss loss, seed start = {})
        : net_(net), loss_(loss), seed_(start.value), pass_(net.threads()) {}

    /// The mean loss over a batch, in training mode (batch norm uses the batch's statistics and moves its averages, as a
    /// step of training would; dropout drops). Afterwards `parameters()` and `input()` are its gradients.
    /// @param samples  (n, input shape...)
    /// @param targets  class numbers (n) for `cross_entropy`, or (n, output shape...). A loss of one output leaves others out
    /// @throws shape_error; std::invalid_argument if a label is no class
    template <class X, class Y>
    double operator()(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets) {
        return run(samples.derived_cast(), targets.derived_cast());
    }
    /// The same for a network with several inputs.
    template <class... X, class Y>
    double operator()(const std::tuple<X...>& samples, const xt::xexpression<Y>& targets) {
        return run(samples, targets.derived_cast());
    }

    /// With `losses`: a std::tuple of targets, one for each of them.
    template <class X, class... Y>
    requires data_of::has_several double operator()(const X& samples, const std::tuple<Y...>& targets) {
        return run(samples, targets);
    }

    /// Layers with the option `stateful` start the next call from their first states.
    void reset_states() { pass_.reset_states(); }

    /// A Hana tuple of (name, view) of the gradients of trainable parameters, as `at::parameters` gives the parameters.
    auto parameters() {
        constexpr std::size_t trainable = [] {
            std::size_t count = 0;
            for (const node& at : detail::unchecked_facts<Net>.nodes)
                for (std::size_t i = 0; i < at.parameter_tensors; ++i)
                    count += at.parameters[i].trainable ? 1 : 0;
            return count;
        }();
        return [&]<std::size_t... Slot>(std::index_sequence<Slot...>) {
            return boost::hana::make_tuple(detail::named_parameter<Net, Slot>(pass_.gradients())...);
        }
        (std::make_index_sequence<trainable>{});
    }

    /// The gradient with respect to the samples of input `K`: (n, input shape...).
    template <std::size_t K = 0>
    auto input() const {
        constexpr shape extents = model<Net, T>::template input_shape_of<K>;
        auto gradient =
            xt::xtensor<T, extents.rank + 1>::from_shape(detail::batch_extents<extents>(pass_.batch()));
        std::copy_n(pass_.template input_gradient<K>(), gradient.size(), gradient.data());
        return gradient;
    }
    /// All parameters' gradients as they lie in memory: `model::trainable_size()` elements.
    const T* data() const { return pass_.gradients(); }

private:
    template <class Samples, class Targets>
    double run(const Samples& samples, const Targets& targets) {
        return data_of::with_checked(
            loss_, samples, targets, "", [&](const auto& x, const auto& y, std::size_t batch) {
                T* const base = pass_.input(batch);
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    (place<K>(x[K], K == 0 ? base : pass_.template further_input<K>(), batch), ...);
                }
                (std::make_index_sequence<data_of::input_count>{});
                std::vector<std::size_t> order(batch);
                for (std::size_t i = 0; i < batch; ++i) order[i] = i;
                typename data_of::target_store store;
                const auto wanted = data_of::gather_targets(y, order.data(), batch, store);
                std::vector<T> losses(batch * data_of::pixels);
                pass_.template forward<skip>(net_.data(), seed_);
                typename data_of::sums counted{};
                const double loss =
                    data_of::judge_pass(loss_, pass_, wanted, losses.data(), batch, batch, nullptr, counted);
                pass_.template backward<skip>(net_.data(), seed_, false, true);
                return loss / static_cast<double>(batch);
            });
    }
    template <std::size_t K>
    static void place(const T* samples, T* to, std::size_t batch) {
        constexpr const value& input =
            detail::training_plan<Net>.values[detail::training_plan<Net>.inputs[K]];
        detail::copy_rows<detail::image_of(input, input.extents)>(samples, to, batch);
    }

    model<Net, T>& net_;
    Loss loss_;
    std::uint64_t seed_;
    detail::training_pass<Net, T> pass_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
