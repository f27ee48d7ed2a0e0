// SPDX-License-Identifier: BSL-1.0
// A user's layer that remembers a time step, and does not say how it runs through time.
// expect: a layer of the network remembers past time steps (layer_facts::state_elements) but has no stream_form
// expect: has_no_stream_form<false, archetype::at_layer<1
// lines: 24
#include <archetype/inference.hpp>

namespace at = archetype;

/// What came one step before.
struct echo {
    static constexpr at::text_view kind = "echo";
    static constexpr at::layer_role role = at::layer_role::pooling;
    static constexpr at::layer_facts describe(const at::shape& in) {
        at::layer_facts facts;
        facts.output = in;
        facts.state_elements = in.channels();
        return facts;
    }
};

template <>
struct archetype::detail::lowering<echo> : archetype::detail::weightless_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>&, const Epilogue&) {}
};
#ifdef CONTROL
template <>
struct archetype::detail::stream_form<echo> : archetype::detail::state_stream_form {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        for (std::size_t r = call.missing; r < rows; ++r) {
            call.out[r] = *call.state();
            *call.state() = call.in()[r];
        }
    }
};
#endif

using net = at::network<at::input<16, 1>, echo>;
const float* run(at::stream<net>& stream, const float (&step)[1]) { return stream(step).data(); }
