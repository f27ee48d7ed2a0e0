// SPDX-License-Identifier: BSL-1.0
/// @file embedded_trainer.hpp
/// Training in a microcontroller's program: no heap, no exceptions, no start-up code, and the parameters that a host's
/// trainer has after the same steps.
#pragma once
#include <archetype/training/device/device_fault.hpp>
#include <archetype/training/device/device_pass.hpp>
#include <archetype/training/optimizers.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Option of `embedded_trainer`: so many samples go through the network at once. Without it one does.
template <std::size_t Samples>
struct batch_size {
    static_assert(Samples != 0, "archetype: a batch has at least one sample");
};
/// Option of `embedded_trainer`: gradients last until `update`, so that several batches `add` to them.
struct accumulate {};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class>
struct trainer_option {
    static constexpr bool known = false;
    static constexpr std::size_t batch = 0;
};
template <std::size_t Samples>
struct trainer_option<batch_size<Samples>> {
    static constexpr bool known = true;
    static constexpr std::size_t batch = Samples;
};
template <>
struct trainer_option<accumulate> {
    static constexpr bool known = true;
    static constexpr std::size_t batch = 0;
};
template <class... Options>
struct trainer_options {
    static_assert((trainer_option<Options>::known && ...),
                  "archetype: the options of embedded_trainer are batch_size<samples> and accumulate");
    static_assert(((trainer_option<Options>::batch != 0 ? 1 : 0) + ... + 0) <= 1,
                  "archetype: embedded_trainer takes one batch_size");
    static constexpr bool keeps = (std::is_same_v<Options, accumulate> || ...);
    static constexpr std::size_t batch = [] {
        std::size_t samples = 0;
        ((samples += trainer_option<Options>::batch), ...);
        return samples == 0 ? 1 : samples;
    }();
};

/// A member of any class in an object of zeros: `make` begins its life.
template <class M>
class late {
    static_assert(std::is_trivially_destructible_v<M>);
    alignas(M) unsigned char bytes_[sizeof(M)];

public:
    void make(const M& from) { ::new (static_cast<void*>(bytes_)) M(from); }
    M& operator*() { return *std::launder(reinterpret_cast<M*>(bytes_)); }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Trains `Net` where it runs. Made static it is zeros (.bss) that no code prepares: the first call, or `start`, takes the
/// parameters from `Start`. Parts that are `frozen` are read there, and layers below the first trained one have no backward
/// pass and keep nothing. After the same steps the parameters have the bits of `trainer`, if the host is compiled for the
/// same kernels (ARCHETYPE_SCALAR for targets without vectors).
/// @tparam Loss       as for `trainer`
/// @tparam Optimizer  as for `trainer`; `plain_sgd` keeps nothing, `sgd` and other momenta a number for each parameter, adam two
/// @tparam Start      a `constant_parameters` at namespace scope
/// @tparam Options    `batch_size<samples>`, `accumulate`
template <class Net, class Loss, class Optimizer, const auto& Start, class... Options>
class embedded_trainer : public detail::reported_trainer<
                             Net, Loss, detail::trainer_options<Options...>::batch,
                             detail::start_fault_of<Net, Loss, detail::trainer_options<Options...>::batch,
                                                    std::remove_cvref_t<decltype(Start)>>()>::type {
public:
    // Whatever is done with what was reported is no further error.
    template <class... Arguments>
    bool start(const Arguments&...) {
        return false;
    }
    template <class Samples, class Targets>
    float step(const Samples&, const Targets&) {
        return 0;
    }
    template <class Samples, class Targets>
    float add(const Samples&, const Targets&, std::size_t) {
        return 0;
    }
    bool update() { return false; }
    template <class... Samples>
    detail::reported_scores operator()(const Samples&...) {
        return {};
    }
    std::span<float> parameters() { return {}; }
    std::span<float> optimizer_state() { return {}; }
    Optimizer& optimizer() { return optimizer_; }
    static std::uint64_t updates() { return 0; }
    static void updates(std::uint64_t) {}
    void reset_states() {}

private:
    Optimizer optimizer_;
};

template <class Net, class Loss, class Optimizer, const auto& Start, class... Options>
requires(detail::start_fault_of<Net, Loss, detail::trainer_options<Options...>::batch,
                                std::remove_cvref_t<decltype(Start)>>() ==
         detail::start_fault::ok) class embedded_trainer<Net, Loss, Optimizer, Start, Options...> {
    using options = detail::trainer_options<Options...>;
    static constexpr std::size_t batch = options::batch;
    static constexpr bool keeps = options::keeps;
    using pass = detail::device_pass<Net, Optimizer, Start, batch, keeps>;
    using T = typename pass::number;
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    static constexpr const auto& plan = detail::training_plan<Net>;
    static constexpr shape output_shape = detail::unchecked_facts<Net>.output;
    static constexpr std::size_t pixels = output_shape.size() / output_shape.channels();

public:
    using sample_type = T;
    using network_type = Net;
    static constexpr std::size_t input_size = detail::unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = output_shape.size();
    static constexpr std::size_t samples_per_step = batch;

    /// Parameters, and the optimizer's numbers, as at the start.
    /// @param seed  decides what dropout drops
    /// @return  whether the numbers of loss and optimizer make sense; if not, nothing has changed
    bool start(const Loss& loss = {}, const Optimizer& optimizer = {}, std::uint64_t seed = 0) {
        bool all_right = true;
        const detail::answered_checks checks{all_right};
        if constexpr (requires { loss.check(checks); }) loss.check(checks);
        if constexpr (requires { optimizer.check(checks); }) optimizer.check(checks);
        if (!all_right) return false;
        loss_.make(loss);
        optimizer_.make(optimizer);
        seed_ = seed;
        updates_ = 0;
        parts_ = 0;
        failed_ = false;
        started_ = true;
        pass_.reset();
        return true;
    }

    /// One step on `samples_per_step` samples, one after the other; of a network with several inputs a std::tuple of them.
    /// @param targets  class numbers (for one pixel, one number will do), or values of the shape of the results
    /// @return  the mean loss before the step; if it is not finite, as for a class that does not exist, no trained parameter has
    ///          moved (but for rounding with `nesterov`); moving averages have, and stateful layers start anew
    template <class Samples, class Targets>
    T step(const Samples& samples, const Targets& targets) requires(!keeps) {
        ensure_started();
        look_ahead();
        const T loss = forward(samples, targets, 1, 0);
        if (!expression::is_finite(loss)) {
            undo_look_ahead();
            pass_.reset_states();
            return loss;
        }
        ++updates_;
        const auto moves = moves_now();
        pass_.template backward<skip>(pass_.parameters(), noise_, false, std::false_type{},
                                      [&]<class Step>(Step) {
                                          if constexpr (pass::template completes<Step>)
                                              pass_.template update<Step>(moves);
                                      });
        return loss;
    }

    /// With `accumulate`: adds the gradients of `samples_per_step` samples, as one of `parts` such batches.
    /// @return  their mean loss; if it is not finite, `update` changes nothing, and stateful layers start anew
    template <class Samples, class Targets>
    T add(const Samples& samples, const Targets& targets, std::size_t parts) requires keeps {
        ensure_started();
        if (parts_ == 0) look_ahead();
        const T loss = forward(samples, targets, parts, parts_);
        if (!expression::is_finite(loss)) {
            failed_ = true;
            pass_.reset_states();
        }
        if (!failed_)
            pass_.template backward<skip>(pass_.parameters(), noise_, parts_ != 0, std::false_type{});
        ++parts_;
        return loss;
    }
    /// One step with the gradients that were added. @return  whether there were any, and all losses finite
    bool update() requires keeps {
        const bool moves_something = parts_ != 0 && !failed_;
        if (moves_something) {
            ++updates_;
            const auto moves = moves_now();
            detail::for_each_step<Net, detail::purpose::training>([&]<class Step>(Step) {
                if constexpr (pass::template completes<Step>) pass_.template update<Step>(moves);
            });
        } else if (parts_ != 0) {
            undo_look_ahead();
        }
        parts_ = 0;
        failed_ = false;
        return moves_something;
    }

    /// One sample in, the network's result with the parameters as they are out (between `add` and `update` those of Nesterov's look
    /// ahead): a view, valid until the next call.
    template <class... Others>
    requires(sizeof...(Others) + 1 == plan.input_count) std::span<const T, output_size>
    operator()(std::span<const T, input_size> sample, const Others&... others) {
        ensure_started();
        const std::tuple further{others...};
        const T* const found = pass_.infer(sample.data(), [&](T* base) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (detail::copy_rows<detail::image_of(detail::further_input<Net, K + 1>,
                                                    detail::further_input<Net, K + 1>.extents)>(
                     std::span<const T, detail::further_input<Net, K + 1>.extents.size()>(
                         std::get<K>(further))
                         .data(),
                     detail::further_input_place<Net, K + 1>(base, 1), 1),
                 ...);
            }
            (std::index_sequence_for<Others...>{});
        });
        return std::span<const T, output_size>(found, output_size);
    }
    template <detail::no_sample<T, input_size> Given, class... Others>
    std::span<const T, output_size> operator()(const Given&, const Others&...) {
        return detail::reported_result<T, output_size, detail::sample_report<T, input_size, Given>>();
    }

    /// What training changes, in the order of `constant_parameters`: to be kept in flash, and copied back after `start`.
    std::span<T, pass::written> parameters() {
        ensure_started();
        return std::span<T, pass::written>(pass_.parameters(), pass::written);
    }
    /// `Optimizer::states` numbers for each trained parameter.
    std::span<T, pass::state_elements> optimizer_state() {
        ensure_started();
        return std::span<T, pass::state_elements>(pass_.states(), pass::state_elements);
    }
    /// To change its rate between two steps.
    Optimizer& optimizer() {
        ensure_started();
        return *optimizer_;
    }
    /// Steps since the start; Adam counts them. To go on from numbers that were kept, set it with them.
    std::uint64_t updates() const { return updates_; }
    void updates(std::uint64_t made) {
        ensure_started();  // which would forget them later
        updates_ = made;
    }
    /// Layers with the option `stateful` start the next step from their first states.
    void reset_states() { pass_.reset_states(); }

private:
    void ensure_started() {
        if (!started_) start();
    }
    auto moves_now() { return expression::prepare<kernels::lanes<T>>((*optimizer_).update(updates_)); }
    void look_ahead() {
        if constexpr (requires { (*optimizer_).look_ahead(); })
            pass_.look_ahead(expression::prepare<kernels::lanes<T>>((*optimizer_).look_ahead()));
    }
    /// Back from where the gradient would have been taken: the same distance the other way.
    void undo_look_ahead() {
        if constexpr (requires { (*optimizer_).look_ahead(); }) {
            Optimizer back = *optimizer_;
            back.momentum = -back.momentum;
            pass_.look_ahead(expression::prepare<kernels::lanes<T>>(back.look_ahead()));
        }
    }

    /// The loss of a batch, whose gradient is then there.
    template <class Samples, class Targets>
    T forward(const Samples& samples, const Targets& targets, std::size_t parts, std::size_t part) {
        place_samples(samples);
        noise_ = detail::noise_seed(seed_, updates_ + 1, part);
        pass_.template forward<skip>(noise_);
        const double sum = detail::loss_of_pass<Net, skip>(*loss_, pass_, targets_of(targets), pass_.losses(),
                                                           batch, batch * parts);
        return static_cast<T>(sum) / static_cast<T>(batch);
    }

    template <class Samples>
    void place_samples(const Samples& samples) {
        if constexpr (requires { std::get<plan.input_count - 1>(samples); } && plan.input_count > 1) {
            T* const first = pass_.input();
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (place_input<K>(std::get<K>(samples), K == 0 ? first : further_place<K>()), ...);
            }
            (std::make_index_sequence<plan.input_count>{});
        } else {
            static_assert(plan.input_count == 1,
                          "archetype: a network with several inputs takes a std::tuple of their samples");
            place_input<0>(samples, pass_.input());
        }
    }
    template <std::size_t K>
    T* further_place() {
        if constexpr (K == 0)
            return nullptr;
        else
            return pass_.template further_input<K>();
    }
    template <std::size_t K, class Given>
    static void place_input(const Given& given, T* to) {
        constexpr const value& input = plan.values[plan.inputs[K]];
        constexpr std::size_t numbers = batch * input.extents.size();
        if constexpr (detail::no_sample<Given, T, numbers>) {
            using shown [[maybe_unused]] = detail::sample_report<T, numbers, Given>;
        } else {
            detail::copy_rows<detail::image_of(input, input.extents)>(
                std::span<const T, numbers>(given).data(), to, batch);
        }
    }
    /// A pointer to the targets of a batch.
    template <class Targets>
    static auto targets_of(const Targets& targets) {
        if constexpr (std::is_integral_v<Targets>) {
            static_assert(detail::judges_pixels<Loss> && batch * pixels == 1,
                          "archetype: one class number is the target of one sample with one label");
            return &targets;
        } else {
            using target = typename detail::element_type_of<Targets>::type;
            static_assert(!std::is_void_v<target>,
                          "archetype: targets are class numbers, or numbers of the network's type: an array, "
                          "std::array or std::span of known length");
            if constexpr (!std::is_void_v<target>) {
                static_assert(
                    std::is_same_v<target, T> || (std::is_integral_v<target> && detail::judges_pixels<Loss>),
                    "archetype: targets are numbers of the network's type, or class numbers for a loss "
                    "of classes");
                constexpr std::size_t numbers =
                    batch * detail::targets_each<Loss, target>(pixels, output_size);
                static_assert(
                    detail::numbers_of<Targets> == numbers,
                    "archetype: there are as many targets as samples_per_step class numbers or results "
                    "have, in an array whose length is known");
                return std::span<const target, numbers>(targets).data();
            }
        }
    }

    pass pass_;
    detail::late<Loss> loss_;
    detail::late<Optimizer> optimizer_;
    std::uint64_t seed_, updates_, noise_;
    std::size_t parts_;
    bool started_, failed_;
};

/// `sizeof` of an `embedded_trainer` on the target that is compiled for: parameters that are trained, the optimizer's numbers
/// and all that a step needs.
template <class Net, class Loss, class Optimizer, const auto& Start, class... Options>
inline constexpr std::size_t training_arena_bytes =
    sizeof(embedded_trainer<Net, Loss, Optimizer, Start, Options...>);

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
