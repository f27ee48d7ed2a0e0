// SPDX-License-Identifier: BSL-1.0
/// @file attention_maps.hpp
/// What each head of a model's attention looks at.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/folded_weights.hpp>

#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Of one layer: its path, and the share of each key for each query, {heads, queries, keys}. The shares of a query add up to 1;
/// those of keys that it does not see are 0.
template <class T>
struct attention_map {
    std::string layer;
    xt::xtensor<T, 3> shares;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whose definition knows shares of keys.
template <class Step, class T>
concept shares_keys = requires {
    &lowering_of<Step>::template share_keys<Step, T>;
};

/// Keeps the shares while a sample runs by the definitions.
template <class Net, class T>
struct attention_observer {
    std::vector<attention_map<T>> maps;

    template <class Step>
    void run_layer(const T* in, T* out, const T* weights, const T* bias) {
        lowering_of<Step>::template reference<Step, T>(in, out, weights, bias);
        if constexpr (shares_keys<Step, T>) keep<Step>(in);
    }
    template <class Step, reference_stage Stage>
    void see_results(const T*, std::size_t) {}
    void see_value(std::size_t, const T*) {}

private:
    template <class Step>
    void keep(const T* in) {
        using layout = typename lowering_of<Step>::template plain_layout<Step>;
        constexpr std::size_t heads = Step::layer::heads, steps = layout::steps, keys = layout::keys;
        const std::string label = layer_label<Net>(Step::now.anchor);
        attention_map<T> made{label.substr(0, label.rfind(" (")),
                              xt::xtensor<T, 3>::from_shape({heads, steps, keys})};
        bool seen[keys];
        for (std::size_t h = 0; h < heads; ++h)
            for (std::size_t t = 0; t < steps; ++t)
                lowering_of<Step>::template share_keys<Step>(
                    in, t, h, made.shares.data() + (h * steps + t) * keys, seen);
        maps.push_back(std::move(made));
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The shares of keys in every attention of a model while it runs one sample, in the order of the layers, by their definition:
/// softmax(Q K^T / sqrt(D)) of each head, masked as the layer says. Dropout is that of inference: none.
/// @param inputs  one sample of each input, in the network's order, as tensors or vectors
/// @throws std::invalid_argument if an input has more or fewer elements than the network takes; another number of inputs does
/// not compile
template <class Net, class T, class... Inputs>
std::vector<attention_map<T>> attention_maps(const model<Net, T>& net, const Inputs&... inputs) {
    constexpr const auto& plan = detail::inference_plan<Net>;
    static_assert(sizeof...(Inputs) == plan.input_count,
                  "archetype: attention_maps takes one sample of each input of the network");
    detail::attention_observer<Net, T> seen;
    if constexpr (sizeof...(Inputs) == plan.input_count) {
        const folded_weights<Net, T> weights(net);
        std::vector<T> values(detail::reference_offsets<Net>.back()), room(detail::reference_room<Net>);
        std::size_t number = 0;
        const auto place = [&](const auto& input) {
            const std::size_t v = plan.inputs[number++], wanted = plan.values[v].extents.size();
            if (static_cast<std::size_t>(input.size()) != wanted)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::attention_maps: expected " + std::to_string(wanted) + " numbers of input " +
                    std::to_string(number) + ", found " + std::to_string(input.size()));
            T* to = values.data() + detail::reference_offsets<Net>[v];
            for (const auto& x : input) *to++ = static_cast<T>(x);
        };
        (place(inputs), ...);
        const detail::reference_pass<Net, T, detail::attention_observer<Net, T>> pass(
            weights.weights().data, values.data(), room.data(), seen);
        for (const std::size_t v : plan.inputs) pass.give(v);
        detail::run_plan<Net, detail::purpose::inference>(pass);
    }
    return std::move(seen.maps);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
