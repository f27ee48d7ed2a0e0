// SPDX-License-Identifier: BSL-1.0
// Streams whose weights are a template argument: those of objects that refer to them, bit for bit, from zeros on.
#include <archetype/inference.hpp>
#include <catch.hpp>
#include <cmath>
#include <vector>

namespace at = archetype;
using namespace at::literals;

namespace {

constexpr std::size_t length = 48;
template <std::size_t Features, class... Layers>
using net = at::network<at::input<length, Features>, Layers...>;
using every = at::return_sequences;

template <std::size_t Count, class T>
struct numbers_of {
    alignas(64) T values[Count + at::constant_weights_slack]{};
    constexpr numbers_of() {
        for (std::size_t i = 0; i < Count; ++i) values[i] = static_cast<T>(i * 29 % 64) / 64 - T(0.5);
    }
};
template <class Net, class T>
constexpr numbers_of<at::inference_weight_count<Net>, T> numbers{};
template <class Net, class T = float>
constexpr at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>, T> weights{
    numbers<Net, T>.values};

template <class Stream, class T>
std::vector<T> run(Stream& stream, const std::vector<T>& input) {
    constexpr std::size_t width = Stream::input_size;
    std::vector<T> found;
    for (std::size_t i = 0; i + width <= input.size(); i += width) {
        const auto rows = stream(std::span<const T, width>(input.data() + i, width));
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
}

template <class Net, std::size_t Block = 1, class T = float>
void check() {
    static at::embedded_stream<Net, weights<Net, T>, Block> embedded;
    at::stream<Net, T, Block> reference{weights<Net, T>};
    std::vector<T> input(length * decltype(embedded)::input_channels);
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = std::sin(T(0.37) * static_cast<T>(i * i % 101));
    const std::vector<T> wanted = run(reference, input);
    REQUIRE(!wanted.empty());
    CHECK(run(embedded, input) == wanted);
    const auto rest = embedded.state();
    const std::vector<T> further = run(reference, input);
    CHECK(further != wanted);
    CHECK(run(embedded, input) == further);
    embedded.reset(rest);
    CHECK(run(embedded, input) == further);
    embedded.reset();
    CHECK(run(embedded, input) == wanted);

    // A state that was kept elsewhere is the first that an object knows.
    static at::embedded_stream<Net, weights<Net, T>, Block> other;
    other.reset(rest);
    CHECK(run(other, input) == further);
}

using effect =
    net<1, at::residual<at::sequence<at::gru<8, every, at::reset_after>, at::dense<1, at::last_axis>>>>;
using taps = net<1, at::conv1d<4, 2, at::causal>, at::conv1d<2, 2, at::causal, at::dilation<16>>>;

}  // namespace

TEST_CASE("embedded streams give the results of stream objects") {
    check<effect>();
    check<effect, 16>();
    check<effect, 1, double>();
    check<net<3, at::lstm<20, every>, at::batch_norm<>, at::simple_rnn<5, every>>>();
    check<taps>();
    check<taps, 8>();
}

TEST_CASE("embedded streams begin with the initial state of their weights") {
    check<net<2, at::lstm<5, every, at::trainable_initial_state>>>();
    check<net<2, at::conv1d<3, 4>, at::gru<5, every, at::trainable_initial_state>>, 4>();
}

TEST_CASE("embedded streams wait for strides and latencies") {
    check<net<3, at::conv1d<6, 4, at::causal, at::stride<2>>, at::tanh, at::conv1d<5, 3, at::stride<2>>,
              at::gru<4, every>>>();
}

TEST_CASE("what a stream takes is a constant that a budget is compared with") {
    STATIC_REQUIRE(at::stream_ram_bytes<effect> == sizeof(at::embedded_stream<effect, weights<effect>>));
    STATIC_REQUIRE(at::stream_ram_bytes<taps, 8> == sizeof(at::embedded_stream<taps, weights<taps>, 8>));
    STATIC_REQUIRE(at::stream_ram_bytes<taps> >= at::state_bytes<taps>);
    STATIC_REQUIRE(at::fits<taps, at::flash<2_KiB>, at::stream_ram<4_KiB>, at::stream_ram<8_KiB, 8>>);
    STATIC_REQUIRE(at::fits<effect, at::stream_ram<at::stream_ram_bytes<effect>>>);
}
