// SPDX-License-Identifier: BSL-1.0
/// @file positions.hpp
/// Positions step by step: the steps of the stream are counted.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Adds the row of each step that `row_of(t)` gives.
template <class Call, class Rows, class RowOf>
ARCHETYPE_INLINE void add_rows_of_steps(const Call& call, const Rows& rows, const RowOf& row_of) {
    using one_row = typename Call::template samples_of<1>;  // images of one row
    const auto epilogue = call.epilogue();
    for (std::size_t r = call.missing; r < rows; ++r)
        kernels::add_row<one_row::in.channels>(call.in() + r * one_row::in.pixel_stride,
                                               row_of(step_of_row(call, r)),
                                               call.out + r * one_row::out.pixel_stride, epilogue, 0, r);
}

template <std::size_t Positions, class... Options>
struct stream_form<position_embedding<Positions, Options...>> : row_stream_form {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        add_rows_of_steps(call, rows, [&](std::size_t t) ARCHETYPE_INLINE_LAMBDA {
            return call.weights + t * Call::step::in.channels;
        });
    }
};

template <double Base>
struct stream_form<sinusoidal_positions<Base>> : row_stream_form {
    template <class Step>
    static constexpr stream_state_size state_size{0, Step::at.input.channels()};
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        T* const waves = call.state();
        add_rows_of_steps(call, rows, [&](std::size_t t) ARCHETYPE_INLINE_LAMBDA {
            kernels::position_waves<Call::step::in.channels, Base>(t, waves);
            return static_cast<const T*>(waves);
        });
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
