// SPDX-License-Identifier: BSL-1.0
/// @file folded_weights.hpp
/// The weights of a model as inference and streams take them, on a host.
#pragma once
#include <archetype/execution/host/model.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A copy of a model's weights in the form of constant weights: batch normalization folded, as `write_constant_weights`
/// writes them. Objects that run with `weights()` refer to it. Later changes of the model do not reach it.
template <class Net, class T = float>
class folded_weights {
public:
    using view = constant_weights<architecture_hash<Net>, inference_weight_count<Net>, T>;

    explicit folded_weights(const model<Net, T>& from) {
        numbers_.reserve(inference_weight_count<Net>);
        detail::fold_parameters<Net>(from.data(), numbers_.data());
    }
    view weights() const& { return view::from_pointer(numbers_.data()); }
    view weights() const&& = delete;  // it would be gone

private:
    detail::buffer<T> numbers_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
