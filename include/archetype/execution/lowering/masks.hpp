// SPDX-License-Identifier: BSL-1.0
/// @file masks.hpp
/// Masks of padding as steps.
#pragma once
#include <archetype/architecture/layers/attention/masks.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/masks.hpp>
#if defined(__cpp_exceptions) && __STDC_HOSTED__
#include <archetype/error.hpp>
#include <string>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `Masks` has `check<Step>(in, samples)` and `forward<Step>(in, out, epilogue, samples)`. Nothing has a gradient.
template <class Masks>
struct mask_lowering : weightless_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        if constexpr (Prepared)  // constant weights are for programs without exceptions
            Masks::template check<Step>(call.in, call.samples);
        Masks::template forward<Step>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        Masks::template check<Step>(call.in, {0, call.batch});
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            Masks::template forward<Step>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (wants_input_gradient) give_no_gradient<Step>(call, epilogue);
    }
};

template <std::size_t Steps>
struct masks_of_lengths {
    template <class Step, class T>
    static void check([[maybe_unused]] const T* in, [[maybe_unused]] kernels::range samples) {
#if defined(__cpp_exceptions) && __STDC_HOSTED__
        for (std::size_t n = samples.first; n < samples.last; ++n) {
            const T given = in[kernels::pixel_offset<Step::in>(n, 0, 0)];
            if (!(given >= T(0) && given <= static_cast<T>(Steps)))
                throw detail::thrown<std::invalid_argument>(
                    "archetype::sequence_mask: expected lengths from 0 to " + std::to_string(Steps) +
                    ", found " + std::to_string(given));
        }
#endif
    }
    template <class Step, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::steps_below<Step::in, Step::out>(in, out, epilogue, samples);
    }
};
template <std::size_t Steps>
struct lowering<sequence_mask<Steps>> : mask_lowering<masks_of_lengths<Steps>> {
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        for (std::size_t t = 0; t < Steps; ++t) out[t] = T(T(t) < in[0]);
    }
};

template <double Value>
struct masks_of_steps {
    template <class Step, class T>
    static void check(const T*, kernels::range) {}
    template <class Step, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::steps_that_are<Step::in, Step::out>(in, out, T(Value), epilogue, samples);
    }
};
template <double Value>
struct lowering<step_mask<Value>> : mask_lowering<masks_of_steps<Value>> {
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t features = Step::in.size() / Step::out.size();
        for (std::size_t t = 0; t < Step::out.size(); ++t) {
            out[t] = T(0);
            for (std::size_t c = 0; c < features; ++c)
                if (in[t * features + c] != T(Value)) out[t] = T(1);
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
