// SPDX-License-Identifier: BSL-1.0
// What every network must fulfil, without Catch2 and xtensor: hundreds of networks are compiled.
#pragma once
#include <archetype/execution/host/training_pass.hpp>
#include <archetype/execution/inference/embedded.hpp>

#include <cmath>
#include <cstdio>
#include <string>

#include "alone.hpp"

namespace generated {

/// Which checks a network is compiled for, besides the forward passes.
enum check : unsigned {
    in_double = 1,        ///< forward passes in double instead of float
    gradients = 2,        ///< in double, against central differences
    float_gradients = 4,  ///< against those in double
    constant = 8,         ///< the compiler computes the result
    linked = 16,          ///< `embedded`
    streams = 32,
    int8 = 64,
    masks = 128,  ///< zeros of the input are no point like others: no gradients there
};

/// In [-1, 1), multiples of 2^-23, exact in every type: hardly two are equal, between which a maximum has no gradient.
class number_source {
public:
    constexpr explicit number_source(std::uint32_t start) : state_(start) {}
    constexpr double next() {
        state_ = state_ * 1664525u + 1013904223u;
        return (static_cast<double>(state_ >> 8) - 8388608) / 8388608;
    }
    constexpr std::size_t below(std::size_t end) {
        return static_cast<std::size_t>((next() + 1) / 2 * static_cast<double>(end));
    }

private:
    std::uint32_t state_;
};

/// Weights in [-0.5, 0.5), scales and variances in [0.5, 1.5).
template <class Net, class T, class To>
constexpr void set_parameters(To& parameters) {
    number_source from(1);
    const auto& layout = detail::parameters_of<Net>;
    for (std::size_t s = 0; s < layout.size(); ++s) {
        const detail::parameter_slot& slot = layout.slots[s];
        const parameter& tensor = detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        for (std::size_t k = 0; k < tensor.extents.size(); ++k)
            parameters[slot.offset + k] =
                static_cast<T>((tensor.start == initial::ones ? 1 : 0) + from.next() / 2);
    }
}

template <class Net>
inline constexpr std::size_t input_count = detail::inference_plan<Net>.input_count;
template <class Net>
inline constexpr std::size_t output_count = std::size(detail::inference_plan<Net>.outputs);
template <class Net>
constexpr shape input_shape_of(std::size_t k) {
    const auto& plan = detail::inference_plan<Net>;
    return plan.values[plan.inputs[k]].extents;
}
template <class Net>
constexpr shape output_shape_of(std::size_t k) {
    const auto& facts = detail::unchecked_facts<Net>;
    return facts.shape_of(facts.outputs[k].node);
}

/// Classes of an input that a table is looked up with; 0 for numbers.
template <class Net>
constexpr std::size_t classes_of(std::size_t input) {
    const auto& facts = detail::unchecked_facts<Net>;
    std::size_t node_of_input = none, further = 0;
    for (std::size_t n = 0; n < facts.node_count; ++n)
        if (facts.nodes[n].role == layer_role::source && ++further == input) node_of_input = n;
    for (std::size_t n = 0; n < facts.node_count; ++n)
        if (facts.nodes[n].role == layer_role::lookup && facts.source(facts.nodes[n], 0) == node_of_input)
            return facts.nodes[n].parameters[0].extents[0];
    return 0;
}

/// The first layer skips steps that are all zeros.
constexpr bool masks_zeros(boost::mp11::mp_list<>) { return false; }
template <class First, class... Layers>
constexpr bool masks_zeros(boost::mp11::mp_list<First, Layers...>) {
    if constexpr (requires { First::is_masked; })
        return First::is_masked && First::role == layer_role::recurrent;
    else
        return false;
}

/// `count` samples of input `k`; one step of a sequence is all zeros where a layer masks them.
template <class Net, class T, class To>
constexpr void set_samples(To& to, std::size_t k, std::size_t count) {
    number_source from(static_cast<std::uint32_t>(3 + k));
    const std::size_t classes = classes_of<Net>(k), size = input_shape_of<Net>(k).size() * count,
                      row = input_shape_of<Net>(k).channels();
    for (std::size_t i = 0; i < size; ++i)
        to[i] = classes != 0 ? static_cast<T>(from.below(classes)) : static_cast<T>(from.next());
    if (k == 0 && masks_zeros(detail::layers_of<Net>{}))
        for (std::size_t i = 0; i < row; ++i) to[2 * row % size + i] = T(0);
}

/// Results of all outputs, sample after sample within each.
template <class T>
using results = std::vector<std::vector<T>>;

class report {
public:
    explicit report(int network) : network_(network) {}
    void fail(const char* what, const std::string& where, double found, double wanted) {
        std::printf("FAIL %d %s: %s: found %.9g, expected %.9g\n", network_, what, where.c_str(), found,
                    wanted);
        ++failures;
    }
    /// Prints the worst element, if it is apart.
    template <class X, class Y>
    void compare(const char* what, const results<X>& found, const results<Y>& wanted, double tolerance) {
        ++compared;
        double most = tolerance;
        std::size_t output = 0, element = 0;
        bool apart = false;
        for (std::size_t k = 0; k < wanted.size(); ++k)
            for (std::size_t i = 0; i < wanted[k].size(); ++i) {
                const double x = static_cast<double>(found[k][i]), y = static_cast<double>(wanted[k][i]),
                             distance = std::abs(x - y) / std::max(1.0, std::abs(y));
                if (distance <= most || (x != x && y != y)) continue;
                most = distance == distance ? distance : 1e300, output = k, element = i, apart = true;
            }
        if (apart)
            fail(what, "output " + std::to_string(output) + ", element " + std::to_string(element),
                 static_cast<double>(found[output][element]), static_cast<double>(wanted[output][element]));
    }
    int failures = 0, compared = 0;

private:
    int network_;
};

template <class Net, class T>
struct inputs_of {
    std::vector<std::vector<T>> samples;
    std::size_t count;
    explicit inputs_of(std::size_t batch) : samples(input_count<Net>), count(batch) {
        for (std::size_t k = 0; k < samples.size(); ++k) {
            samples[k].resize(input_shape_of<Net>(k).size() * batch + detail::read_slack);
            set_samples<Net, T>(samples[k], k, batch);
        }
    }
    const T* sample(std::size_t k, std::size_t n) const {
        return samples[k].data() + n * input_shape_of<Net>(k).size();
    }
};

template <class Net, class T>
results<T> room_for_results(std::size_t batch) {
    results<T> made(output_count<Net>);
    for (std::size_t k = 0; k < made.size(); ++k) made[k].resize(output_shape_of<Net>(k).size() * batch);
    return made;
}

/// The pass of a model over a batch, with weights in the kernels' order.
template <class Net, class T>
results<T> infer_batch(const T* folded, const inputs_of<Net, T>& inputs) {
    constexpr const auto& plan = detail::inference_plan<Net>;
    const std::size_t batch = inputs.count;
    std::vector<T> prepared(detail::prepared_offsets<Net, T>.back() + detail::read_slack),
        arena(batch * (plan.arena_elements + detail::input_room<Net>)+detail::read_slack, T(-77));
    detail::prepare_weights<Net>(folded, prepared.data());
    const auto places =
        detail::input_places<Net>(arena.data(), arena.data() + batch * plan.arena_elements, batch);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (detail::copy_rows<detail::image_of(plan.values[plan.inputs[K]], input_shape_of<Net>(K))>(
             inputs.samples[K].data(), places[K], batch),
         ...);
    }
    (std::make_index_sequence<input_count<Net>>{});
    detail::run_inference<Net, T, true>(folded, prepared.data(), places[0], arena.data(), batch);
    results<T> found = room_for_results<Net, T>(batch);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (std::copy_n(detail::output_place<Net, K>(static_cast<const T*>(places[0]), arena.data(), batch),
                     found[K].size(), found[K].begin()),
         ...);
    }
    (std::make_index_sequence<output_count<Net>>{});
    return found;
}

/// Each sample through an object with constant weights.
template <class Net, class T, class Object>
results<T> infer_each(Object& object, const inputs_of<Net, T>& inputs) {
    results<T> found = room_for_results<Net, T>(inputs.count);
    for (std::size_t n = 0; n < inputs.count; ++n) [&]<std::size_t... K>(std::index_sequence<K...>) {
            object(std::span<const T, input_shape_of<Net>(K).size()>(inputs.sample(K, n),
                                                                     input_shape_of<Net>(K).size())...);
            [&]<std::size_t... Out>(std::index_sequence<Out...>) {
                (std::copy_n(
                     object.template output<Out>().data(), output_shape_of<Net>(Out).size(),
                     found[Out].begin() + static_cast<std::ptrdiff_t>(n * output_shape_of<Net>(Out).size())),
                 ...);
            }
            (std::make_index_sequence<output_count<Net>>{});
        }
    (std::make_index_sequence<input_count<Net>>{});
    return found;
}

template <class Net, class T>
struct drawn {
    std::vector<T> parameters, folded;
    drawn()
        : parameters(detail::parameters_of<Net>.elements),
          folded(inference_weight_count<Net> + constant_weights_slack) {
        set_parameters<Net, T>(parameters);
        detail::fold_parameters<Net>(parameters.data(), folded.data());
    }
    using view = constant_weights<architecture_hash<Net>, inference_weight_count<Net>, T>;
    view weights() const { return view::from_pointer(folded.data()); }
};

/// The weights that `embedded` is linked with.
template <class Net, class T>
struct linked_to {
    inline static T numbers[inference_weight_count<Net> + constant_weights_slack]{};
    static constexpr typename drawn<Net, T>::view weights{numbers};
};

template <class Net, std::size_t K>
constexpr auto constant_sample() {
    std::array<double, input_shape_of<Net>(K).size()> numbers{};
    set_samples<Net, double>(numbers, K, 1);
    return numbers;
}
template <class Net, std::size_t... K>
constexpr auto constant_results(std::index_sequence<K...>) {
    std::array<double, detail::parameters_of<Net>.elements + 1> parameters{};
    set_parameters<Net, double>(parameters);
    std::array<double, inference_weight_count<Net> + constant_weights_slack> folded{};
    detail::fold_parameters<Net>(parameters.data(), folded.data());
    inference<Net, double> run{typename drawn<Net, double>::view{folded}};
    const std::tuple samples{constant_sample<Net, K>()...};
    const auto found = run(std::span<const double, input_shape_of<Net>(K).size()>(std::get<K>(samples))...);
    std::array<double, output_shape_of<Net>(0).size()> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = found[i];
    return made;
}

/// Layers whose result in training is that of inference.
template <class Net>
constexpr bool trains_as_it_infers() {
    for (const node& at : detail::unchecked_facts<Net>.nodes)
        if (at.role == layer_role::normalization || at.rate != 0) return false;
    return true;
}

}  // namespace generated
