// SPDX-License-Identifier: BSL-1.0
// A user's layer that remembers a time step; its form with integers does not say how it runs through time.
// expect: a layer of the network has an 8-bit form, but none in streams
// expect: has_no_integer_stream_form<false, archetype::at_layer<2
// expect: echo
// lines: 24
#include <archetype/extend.hpp>
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

namespace archetype::extend {
template <>
struct lowering<echo> : weightless_lowering {};
template <>
struct integer_form<echo> : plain_integer_form {
    template <class Call>
    static void run(const Call&) {}
#ifdef CONTROL
    static constexpr bool in_streams = true;
    template <class Step>
    static constexpr std::size_t remembered = Step::at.state_elements;
    template <class Call>
    static void start(const Call& call, void* state) {
        *static_cast<std::int8_t*>(state) = static_cast<std::int8_t>(call.zero_point());
    }
    template <class Call>
    static void run_row(const Call& call, void* state) {
        auto& kept = *static_cast<std::int8_t*>(state);
        call.out[0] = kept;
        kept = call.in[0];
    }
#endif
};
}  // namespace archetype::extend

using net = at::network<at::input<16, 1>, at::dense<1, at::last_axis>, echo>;
const std::int8_t* run(at::stream<net, std::int8_t>& stream, const std::int8_t (&step)[1]) {
    return stream(step).data();
}
