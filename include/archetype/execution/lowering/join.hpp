// SPDX-License-Identifier: BSL-1.0
/// @file join.hpp
/// Joins that no step before them can take: a loop over the first branch, the others in its epilogue.
#pragma once
#include <archetype/architecture/layers/joins.hpp>
#include <archetype/execution/lowering/pointwise.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Join>
requires(Join::role == layer_role::join) struct lowering<Join> : pointwise_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        map<Step>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            map<Step>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        for (std::size_t i = 0; i < Step::out.size(); ++i)
            out[i] = in[repeated_from(i, Step::taken, Step::result)];
    }

private:
    template <class Step, class T, class Epilogue>
    ARCHETYPE_INLINE static void map(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        constexpr kernels::stretched_image own = kernels::stretch(Step::in, Step::out);
        if constexpr (own.repeats())  // {H, 1, C} and {1, W, C}: no branch has the shape of the result
            kernels::map_stretched<own, Step::out>(in, out, epilogue, samples);
        else
            kernels::map<Step::in, Step::out>(in, out, epilogue, samples);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
