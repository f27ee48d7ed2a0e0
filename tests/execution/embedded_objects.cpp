// SPDX-License-Identifier: BSL-1.0
// Networks whose weights are a template argument, and what they take of memory.
#include <archetype/inference.hpp>
#include <catch.hpp>
#include <cstdint>

namespace at = archetype;
using namespace at::literals;

namespace {

using net = at::network<at::input<6, 5, 2>, at::conv2d<5, 3, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<4>, at::softmax>;
using two_outputs =
    at::network<at::input<7>, at::dense<5>, at::tanh, at::side_output<"middle">, at::dense<3>>;

template <std::size_t Count>
struct numbers_of {
    alignas(64) float values[Count + at::constant_weights_slack]{};
    constexpr numbers_of() {
        for (std::size_t i = 0; i < Count; ++i) values[i] = static_cast<float>(i * 29 % 64) / 64 - 0.5f;
    }
};
template <class Net>
constexpr numbers_of<at::inference_weight_count<Net>> numbers{};
template <class Net>
constexpr at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>> weights{
    numbers<Net>.values};

template <std::size_t Size>
constexpr std::array<float, Size> sample() {
    std::array<float, Size> made{};
    for (std::size_t i = 0; i < Size; ++i) made[i] = static_cast<float>(i * 7 % 16) / 8 - 1;
    return made;
}

constexpr std::size_t decide() {
    at::embedded<net, weights<net>> run{};
    return at::argmax(run(sample<60>()));
}
constexpr std::size_t decided = decide();

}  // namespace

TEST_CASE("embedded networks give the results of inference objects") {
    static at::embedded<net, weights<net>> embedded;
    at::inference<net> reference{weights<net>};
    const auto one = sample<60>();
    const auto found = embedded(one), wanted = reference(one);
    for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == wanted[i]);
    CHECK(at::argmax(found) == decided);
    CHECK(sizeof(embedded) + sizeof(float*) == sizeof(reference));
}

TEST_CASE("embedded networks have side outputs") {
    static at::embedded<two_outputs, weights<two_outputs>> embedded;
    at::inference<two_outputs> reference{weights<two_outputs>};
    const auto one = sample<7>();
    embedded(one);
    reference(one);
    for (std::size_t i = 0; i < 5; ++i) CHECK(embedded.output<1>()[i] == reference.output<1>()[i]);
}

TEST_CASE("sizes are constants that a budget is compared with") {
    STATIC_REQUIRE(at::ram_bytes<net> == sizeof(at::embedded<net, weights<net>>));
    STATIC_REQUIRE(at::ram_bytes<net> >= at::arena_bytes<net>);
    STATIC_REQUIRE(at::flash_bytes<net> == sizeof(numbers<net>));
    STATIC_REQUIRE(at::fits<net, at::flash<4_KiB>, at::ram<4_KiB>>);
    STATIC_REQUIRE(at::fits<net, at::ram<at::ram_bytes<net>>>);
    STATIC_REQUIRE(at::fits<net>);
    STATIC_REQUIRE(1_MiB == 1024_KiB);
}

namespace {

template <class Network, std::size_t Size>
void check_written_input(Network& network, auto& reference, const std::array<float, Size>& one) {
    const auto wanted = reference(std::span<const float, Size>(one));
    for (int call = 0; call < 2; ++call) {
        const std::span<float, Size> place = network.input();
        for (std::size_t i = 0; i < Size; ++i) place[i] = one[i];
        const auto found = network();
        REQUIRE(found.size() == wanted.size());
        for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == wanted[i]);
    }
    const auto given = network(std::span<const float, Size>(one));
    for (std::size_t i = 0; i < given.size(); ++i) CHECK(given[i] == wanted[i]);
}

}  // namespace

TEST_CASE("an input that lies in the object is read without a copy of its own") {
    // The first has a halo around its input, the second has none.
    static at::with_input<at::embedded<net, weights<net>>> halo;
    at::inference<net> halo_reference{weights<net>};
    check_written_input(halo, halo_reference, sample<60>());
    static at::with_input<at::embedded<two_outputs, weights<two_outputs>>> plain;
    at::inference<two_outputs> plain_reference{weights<two_outputs>};
    check_written_input(plain, plain_reference, sample<7>());
    // Vectors may read past a sample, so that its place is in the object anyway.
    CHECK(sizeof(halo) == sizeof(at::embedded<net, weights<net>>));
    CHECK(sizeof(plain) == sizeof(at::embedded<two_outputs, weights<two_outputs>>));

    at::with_input<at::inference<net>> chosen{weights<net>};
    check_written_input(chosen, halo_reference, sample<60>());
}
