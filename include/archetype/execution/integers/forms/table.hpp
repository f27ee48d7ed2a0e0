// SPDX-License-Identifier: BSL-1.0
/// @file table.hpp
/// Tables of tokens with weights of 8 bits: a scale for each row, which is a token's vector and the column of its score.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// No form with activations of integers.
template <class Layer>
struct table_integer_form : extend::integer_form<Layer> {
    template <class Step, class Add>
    static constexpr void narrow_tensors(std::uint64_t count, const Add& add) {
        constexpr shape extents = Step::at.parameters[0].extents;
        static_assert(extents.rank == 2);
        add(0, extents[0], count / extents[0], true);
    }
    template <class Call>
    ARCHETYPE_INLINE static kernels::int8_rows<float> rows_of(const Call& call) {
        const auto matrix = call.matrix(0);
        return {matrix.weights, matrix.scales};
    }
};

template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct integer_form<embedding<Vocabulary, Width, Options...>>
    : table_integer_form<embedding<Vocabulary, Width, Options...>> {
    using layer = embedding<Vocabulary, Width, Options...>;
    template <class Step, class Call, class Epilogue>
    ARCHETYPE_INLINE static void infer_narrow(const Call& call, const Epilogue& epilogue) {
        lowering<layer>::template look_up<Step>(call.in, table_integer_form<layer>::rows_of(call), call.out,
                                                epilogue, call.samples);
    }
};

template <std::size_t Vocabulary>
struct integer_form<tied_output<Vocabulary>> : table_integer_form<tied_output<Vocabulary>> {
    template <class Step, class Call, class Epilogue>
    ARCHETYPE_INLINE static void infer_narrow(const Call& call, const Epilogue& epilogue) {
        kernels::table_products<Step::in, Step::out>(
            call.in, table_integer_form<tied_output<Vocabulary>>::rows_of(call), call.out, epilogue,
            call.samples);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
