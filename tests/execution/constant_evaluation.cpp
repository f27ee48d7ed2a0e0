// SPDX-License-Identifier: BSL-1.0
// A network is classified with while compiling; the same objects agree with themselves at run time.
#include <archetype/inference.hpp>
#include <array>
#include <catch.hpp>

#include "checks.hpp"
#include "digit_network.hpp"
#include "digit_weights.hpp"
#include "references.hpp"

namespace at = archetype;

namespace {

constexpr std::array<float, 784> pixels(int digit) {
    std::array<float, 784> scaled{};
    for (std::size_t i = 0; i < 784; ++i) scaled[i] = static_cast<float>(digit_pixels[digit][i]) / 255.f;
    return scaled;
}

constexpr std::size_t classify(int digit) {
    at::inference<digit_network> network{digit_weights};
    const std::array<float, 784> image = pixels(digit);
    return at::argmax(network(std::span<const float, 784>(image)));
}

static_assert(classify(0) == 0);
static_assert(classify(1) == 1);
static_assert(classify(2) == 2);

constexpr std::array<float, 10> scores_of(int digit) {
    at::inference<digit_network> network{digit_weights};
    const std::array<float, 784> image = pixels(digit);
    std::array<float, 10> scores{};
    const auto found = network(std::span<const float, 784>(image));
    for (std::size_t i = 0; i < 10; ++i) scores[i] = found[i];
    return scores;
}
constexpr std::array<std::array<float, 10>, 3> constant_scores{scores_of(0), scores_of(1), scores_of(2)};

/// The parameters of numbers.hpp, folded.
template <class Net>
constexpr auto folded = [] {
    std::array<double, at::detail::parameters_of<Net>.elements> parameters{};
    numbers::source trainable(1), moving(2);
    for (std::size_t i = 0; i < at::detail::parameters_of<Net>.size(); ++i) {
        const at::detail::parameter_slot& slot = at::detail::parameters_of<Net>.slots[i];
        const at::parameter& tensor =
            at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        numbers::source& from = tensor.trainable ? trainable : moving;
        for (std::size_t k = 0; k < tensor.extents.size(); ++k)
            parameters[slot.offset + k] = (tensor.start == at::initial::ones ? 1 : 0) + from.next() / 2;
    }
    std::array<double, at::inference_weight_count<Net> + at::constant_weights_slack> weights{};
    at::detail::fold_parameters<Net>(parameters.data(), weights.data());
    return weights;
}();

/// The result for the first sample, computed by the compiler.
template <class Net>
constexpr auto constant_result = [] {
    using run = at::inference<Net, double>;
    const at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>, double> weights =
        decltype(weights)::from_pointer(folded<Net>.data());
    run network{weights};
    std::array<double, run::input_size> sample{};
    numbers::source from(3);
    for (double& value : sample) value = from.next();
    std::array<double, run::output_size> result{};
    const auto found = network(std::span<const double, run::input_size>(sample));
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = found[i];
    return result;
}();

template <class Net, std::size_t Count>
void compare(const double (&wanted)[Count]) {
    static_assert(Count == 2 * constant_result<Net>.size());
    CHECK(checks::largest_difference(constant_result<Net>, wanted, Count / 2) < 1e-12);
}

}  // namespace

TEST_CASE("digits are classified as they were while compiling") {
    at::inference<digit_network> network{digit_weights};
    for (int digit = 0; digit < 3; ++digit) {
        const std::array<float, 784> image = pixels(digit);
        const auto scores = network(std::span<const float, 784>(image));
        CHECK(at::argmax(scores) == static_cast<std::size_t>(digit));
        CHECK(checks::largest_difference(scores, constant_scores[static_cast<std::size_t>(digit)], 10) <
              1e-6);
        float sum = 0;
        for (float score : scores) sum += score;
        CHECK(sum == Approx(1));
    }
}

TEST_CASE("every kind of layer is right in a constant expression") {
    compare<networks::last_axis>(references::last_axis);
    compare<networks::lopsided>(references::lopsided);
    compare<networks::grouped>(references::grouped);
    compare<networks::avg_pooled>(references::avg_pooled);
    compare<networks::max_pooled>(references::max_pooled);
    compare<networks::dilated_pool>(references::dilated_pool);
    compare<networks::custom>(references::custom);
    compare<networks::normalized>(references::normalized);
    compare<networks::reshaped_input>(references::reshaped_input);
    compare<networks::depthwise>(references::depthwise);
    compare<networks::transposed>(references::transposed);
    compare<networks::steps>(references::steps);
    compare<networks::resized>(references::resized);
    compare<networks::responses>(references::responses);
    compare<networks::connected>(references::connected);
    compare<networks::skips>(references::skips);
}

TEST_CASE("argmax takes the first of equals and a NaN") {
    constexpr auto largest = [](std::array<float, 4> scores) {
        return at::argmax(std::span<const float, 4>(scores));
    };
    static_assert(largest({1, 3, 2, 3}) == 1);
    static_assert(largest({-1, -3, -2, -3}) == 0);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(largest({1, nan, 2, 3}) == 1);
    CHECK(largest({nan, 1, 2, 3}) == 0);
    CHECK(largest({1, nan, nan, 3}) == 1);
}
