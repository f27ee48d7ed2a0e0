// SPDX-License-Identifier: BSL-1.0
// Inference objects are plain: anywhere in memory, copied, in containers; their size is a constant.
#include <archetype/execution/inference/inference.hpp>
#include <catch.hpp>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

namespace {
using net_type = networks::max_pooled;
using run_type = at::inference<net_type>;
constexpr std::size_t inputs = run_type::input_size, outputs = run_type::output_size;

// The size is the arena and little more: a pointer, what vectors may read past the ends, a copy of the sample.
static_assert(sizeof(run_type) >= at::arena_bytes<net_type>);
static_assert(sizeof(run_type) <=
              at::arena_bytes<net_type> + inputs * sizeof(float) + 2 * 64 * sizeof(float) + 16);
// An input with a halo is in the arena already.
static_assert(sizeof(at::inference<networks::lenet>) <=
              at::arena_bytes<networks::lenet> + 64 * sizeof(float) + 16);
static_assert(std::is_trivially_copyable_v<run_type> && std::is_trivially_destructible_v<run_type>);
static_assert(alignof(run_type) == alignof(void*));

struct detector {
    char tag;
    run_type run;
    char end;
};

/// Folded weights, at an address that is `shift` floats past any alignment.
struct weights_at {
    std::vector<float> memory;
    std::size_t shift;
    explicit weights_at(std::size_t shift)
        : memory(at::inference_weight_count<net_type> + at::constant_weights_slack + shift), shift(shift) {
        at::model<net_type> net;
        numbers::set_parameters(net);
        at::detail::fold_parameters<net_type>(std::as_const(net).data(), memory.data() + shift);
    }
    auto get() const {
        return at::constant_weights<at::architecture_hash<net_type>, at::inference_weight_count<net_type>,
                                    float>::from_pointer(memory.data() + shift);
    }
};

bool right(run_type& run, std::size_t shift = 0) {
    const auto samples = numbers::samples<net_type, float>(2);
    std::vector<float> exact(samples.size() + shift);  // the sample ends where its memory ends
    std::copy(samples.begin(), samples.end(), exact.begin() + static_cast<std::ptrdiff_t>(shift));
    bool all = true;
    for (std::size_t n = 0; n < 2; ++n) {
        const auto found = run(std::span<const float, inputs>(exact.data() + shift + n * inputs, inputs));
        all = all && checks::largest_difference(found, references::max_pooled + n * outputs, outputs) < 1e-5;
    }
    return all;
}
}  // namespace

TEST_CASE("inference objects in a vector") {
    const weights_at weights(0);
    std::vector<run_type> many(100, run_type(weights.get()));
    for (run_type& run : many) CHECK(right(run));
    std::vector<detector> detectors(100, detector{'a', run_type(weights.get()), 'z'});
    detectors.insert(detectors.begin(), detectors.back());
    for (detector& each : detectors) {
        CHECK(right(each.run));
        CHECK((each.tag == 'a' && each.end == 'z'));
    }
}

TEST_CASE("no address is special") {
    for (std::size_t shift : {0, 1, 3, 5}) {
        const weights_at weights(shift);
        const std::unique_ptr<unsigned char[]> memory(new unsigned char[sizeof(run_type) + 128]);
        const std::uintptr_t start = (reinterpret_cast<std::uintptr_t>(memory.get()) + 63) / 64 * 64;
        for (std::uintptr_t offset : {0, 8, 24, 40, 56}) {
            run_type* const run = new (reinterpret_cast<void*>(start + offset)) run_type(weights.get());
            CHECK(right(*run, shift));
        }
    }
}

TEST_CASE("copies do not share memory") {
    const weights_at weights(0);
    run_type one(weights.get());
    const auto samples = numbers::samples<net_type, float>(2);
    const auto result = one(std::span<const float, inputs>(samples.data(), inputs));
    const std::vector<float> kept(result.begin(), result.end());
    run_type two = one;
    two(std::span<const float, inputs>(samples.data() + inputs, inputs));
    CHECK(std::equal(kept.begin(), kept.end(), result.begin()));
}
