// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_table.hpp
/// Convolution with a connection table: a convolution whose missing weights are zero.
#pragma once
#include <archetype/architecture/layers/conv2d_table.hpp>
#include <archetype/execution/lowering/contraction.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <auto Kernel, auto Table, class... Options>
struct lowering<conv2d_table<Kernel, Table, Options...>> : contraction_lowering {
    using layer = conv2d_table<Kernel, Table, Options...>;
    static constexpr std::size_t taps = layer::kernel.area(), connections = layer::connections;
    static constexpr std::size_t all_weights = taps * Table.channels * Table.filters;

    /// Where each connection's weight lies among those of one tap of the whole convolution.
    static constexpr auto places = [] {
        std::array<std::size_t, connections> found{};
        for (std::size_t i = 0; i < connections; ++i) {
            const auto pair = Table.connection(i);
            found[i] = pair.channel * Table.filters + pair.filter;
        }
        return found;
    }();
    /// [tap][connection] to [tap][channel][filter].
    template <class T>
    static constexpr void expand(const T* weights, T* all) {
        for (std::size_t i = 0; i < all_weights; ++i) all[i] = T{};
        for (std::size_t tap = 0; tap < taps; ++tap)
            for (std::size_t i = 0; i < connections; ++i)
                all[tap * Table.channels * Table.filters + places[i]] = weights[tap * connections + i];
    }

    /// The prepared weights of the whole convolution, if it wants them in another order, then its logical ones.
    template <class Step, class T>
    static constexpr std::size_t own_order = round_up(contraction_lowering::prepared_size<Step, T>,
                                                      arena_alignment);
    template <class Step, class T>
    static constexpr std::size_t prepared_size = own_order<Step, T> + all_weights;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        T* const all = prepared + own_order<Step, T>;
        expand(logical, all);
        if constexpr (own_order<Step, T> != 0) contraction_lowering::prepare<Step>(all, prepared);
    }
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(inference_call<T> call, const Epilogue& epilogue) {
        if constexpr (Prepared) {
            contraction_lowering::infer<Step, T, true>(call, epilogue);
        } else {
            T all[all_weights + 4 * kernels::lane_count<T>];
            expand(call.weights, all);
            call.weights = all;
            contraction_lowering::infer<Step, T, false>(call, epilogue);
        }
    }

    /// Behind what the convolution itself prepares: its weights and their gradients.
    template <class Step, class T>
    static constexpr std::size_t own_training_order =
        round_up(contraction_lowering::training_prepared_size<Step, T>, arena_alignment);
    static constexpr std::size_t room = round_up(all_weights, arena_alignment) + 64;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size = own_training_order<Step, T> + 2 * room;

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        T* const all = call.prepared + own_training_order<Step, T>;
        expand(call.parameters + offsets<Step>[0], all);
        train_with<Step, T>(call, all, epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        T *const all = call.prepared + own_training_order<Step, T>, *const all_gradients = all + room;
        expand(call.parameters + offsets<Step>[0], all);
        backward_with<Step, T>(call, all, all_gradients, epilogue, wants_input_gradient);
        for (std::size_t tap = 0; trains<Step> && tap < taps; ++tap)
            for (std::size_t i = 0; i < connections; ++i)
                call.gradients[offsets<Step>[0] + tap * connections + i] =
                    all_gradients[tap * Table.channels * Table.filters + places[i]];
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T* bias) {
        std::array<T, all_weights> all{};
        expand(weights, all.data());
        contraction_lowering::reference<Step>(in, out, all.data(), bias);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
