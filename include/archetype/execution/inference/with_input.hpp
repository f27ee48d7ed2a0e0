// SPDX-License-Identifier: BSL-1.0
/// @file with_input.hpp
/// A network that holds its own input, for what writes samples itself: DMA, a driver, a decoder.
#pragma once
#include <archetype/execution/inference/object_report.hpp>

#include <cstddef>
#include <span>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `Object` (an `embedded`, `inference`, `quantized_inference`, `quantized_inference_with` or
/// `weight_quantized_inference`) and the place of its next sample, so that nothing is copied and no second buffer is needed:
/// ```
/// static at::with_input<at::embedded<net, weights>> network;
/// read_sensor(network.input());   // or the address that DMA writes to
/// const auto scores = network();
/// ```
/// The place is where the network's first step reads, if it lies in the activations' memory: it then costs nothing, and the
/// sample is gone after the call. Else it is `input_size` numbers more. Whoever fills it may begin when the call has
/// returned and the result has been used. Calls with a sample of one's own work as before.
template <class Object>
class with_input : public Object {
public:
    using Object::Object;
    static constexpr detail::unknown input() { return {}; }
};

template <class Object>
requires requires { typename Object::sample_type; }
class with_input<Object> : public Object {
    using arena = typename Object::arena;
    using T = typename Object::sample_type;

public:
    using Object::Object;
    using Object::operator();

    /// Where input `K` is to be written: rows, columns, channels without padding. What stands there after a call is undefined.
    template <std::size_t K = 0>
    std::span<T, arena::template input_size_of<K>> input() {
        if constexpr (K == 0 && arena::reads_in_place)
            return std::span<T, Object::input_size>(room_.values);
        else
            return std::span<T, arena::template input_size_of<K>>(this->arena_.template sample_place<K>(),
                                                                  arena::template input_size_of<K>);
    }

    /// Runs on what was written to `input()`: a view into this object, valid until the next call or the next byte that is
    /// written there.
    std::span<const T, Object::output_size> operator()() {
        return this->arena_.run_placed(this->weights(), room());
    }

private:
    // Numbers of 8 and 16 bits are read as words.
    struct given_room {
        alignas(4) T values[arena::reads_in_place ? arena::input_size : 1];
    };
    struct no_room {};

    const T* room() const {
        if constexpr (arena::reads_in_place)
            return room_.values;
        else
            return nullptr;
    }

    [[no_unique_address]] std::conditional_t<arena::reads_in_place, given_room, no_room> room_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
