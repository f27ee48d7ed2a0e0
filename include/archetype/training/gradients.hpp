// SPDX-License-Identifier: BSL-1.0
/// @file gradients.hpp
/// Gradients of a loss with respect to parameters and input, without training.
#pragma once
#include <archetype/execution/named_parameters.hpp>
#include <archetype/training/losses.hpp>

namespace archetype {

/// Computes gradients for a model; keeps the memory between calls.
template <class Net, class T, class Loss>
class gradients {
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input,
                           output_shape = detail::unchecked_facts<Net>.output;

public:
    /// `net` must outlive the object. `start` decides what dropout drops.
    gradients(model<Net, T>& net, Loss loss, seed start = {})
        : net_(net), loss_(loss), seed_(start.value), pass_(net.threads()) {}

    /// The mean loss over a batch, in training mode (batch norm uses the batch's statistics and moves its averages, as a
    /// step of training would; dropout drops). Afterwards `parameters()` and `input()` are its gradients.
    /// @param samples  (n, input shape...)
    /// @param targets  class numbers (n) for `cross_entropy`, or (n, output shape...)
    /// @throws shape_error; std::invalid_argument if a label is no class
    template <class X, class Y>
    double operator()(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets) {
        const X& x = samples.derived_cast();
        const Y& y = targets.derived_cast();
        if (!detail::has_batch_shape(x, input_shape))
            throw shape_error("archetype::gradients: expected samples of shape (n, " +
                              detail::to_text(input_shape).substr(1) + ", found " + detail::shape_text(x));
        const std::size_t batch = x.shape()[0];
        if (batch == 0) throw shape_error("archetype::gradients: expected at least one sample, found none");
        constexpr bool classes = std::is_integral_v<typename Y::value_type> && Loss::from_logits;
        constexpr std::size_t pixels = output_shape.size() / output_shape.channels();
        if (classes ? y.size() != batch * pixels
                    : !detail::has_batch_shape(y, output_shape) || y.shape()[0] != batch)
            throw shape_error("archetype::gradients: the targets do not fit " + std::to_string(batch) +
                              " samples: found " + detail::shape_text(y));
        const xt::xtensor<T, input_shape.rank + 1> dense = x;
        T* const base = pass_.input(batch);
        detail::copy_rows<detail::training_pass<Net, T>::input_image>(dense.data(), base, batch);
        using target = std::conditional_t<classes, std::int32_t, T>;
        const xt::xarray<std::conditional_t<classes, std::int64_t, T>> wanted = y;
        if constexpr (classes)
            detail::check_class_numbers(wanted, output_shape.channels(), "archetype::gradients");
        std::vector<target> padded(wanted.size() + detail::read_slack);
        std::transform(wanted.begin(), wanted.end(), padded.begin(),
                       [](auto value) { return static_cast<target>(value); });
        std::vector<T> losses(batch * pixels);
        const T* scores = pass_.template forward<skip>(net_.data(), seed_);
        const double loss = detail::loss_of<Net, T>(
            loss_, scores, padded.data(), pass_.template loss_gradient<skip>(), losses.data(), batch, batch);
        pass_.template backward<skip>(net_.data(), seed_, false, true);
        return loss / static_cast<double>(batch);
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

    /// The gradient with respect to the samples: (n, input shape...).
    xt::xtensor<T, input_shape.rank + 1> input() const {
        auto gradient = xt::xtensor<T, input_shape.rank + 1>::from_shape(
            detail::batch_extents<input_shape>(pass_.batch()));
        std::copy_n(pass_.input_gradient(), gradient.size(), gradient.data());
        return gradient;
    }
    /// All parameters' gradients as they lie in memory: `model::trainable_size()` elements.
    const T* data() const { return pass_.gradients(); }

private:
    model<Net, T>& net_;
    Loss loss_;
    std::uint64_t seed_;
    detail::training_pass<Net, T> pass_;
};

}  // namespace archetype
