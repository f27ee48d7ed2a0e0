// SPDX-License-Identifier: BSL-1.0
/// @file traffic.cpp
/// A published network forward, batch 1, for a simulated cache (traffic.py): `traffic WAY PASSES`. ARCHETYPE_NETWORK names it in the
/// zoo; WAY is "interleaved", as `model` runs it, or "one_after_the_other", where each step has a pass of its own.
#include <archetype/execution/host/model.hpp>
#include <archetype/zoo.hpp>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

namespace at = archetype;
using net = at::zoo::ARCHETYPE_NETWORK;

namespace {

/// The same kernels and weights, one step after the other.
class apart {
    static constexpr const auto& plan = at::inference_plan_of<net>;
    std::vector<float> folded_ = std::vector<float>(at::inference_weight_count<net> + at::detail::read_slack),
                       prepared_ = std::vector<float>(at::detail::prepared_offsets<net, float>.back() +
                                                      at::detail::read_slack),
                       arena_ = std::vector<float>(plan.arena_elements + at::detail::input_room<net> +
                                                   at::detail::read_slack);

public:
    explicit apart(const at::model<net>& from) {
        at::detail::fold_parameters<net>(from.data(), folded_.data());
        at::detail::prepare_weights<net>(folded_.data(), prepared_.data());
    }
    void run(const float* sample, float* scores) {
        float* const place =
            at::detail::input_place<net>(arena_.data(), arena_.data() + plan.arena_elements, 1);
        at::detail::copy_rows<at::detail::input_image<net>>(sample, place, 1);
        at::detail::run_inference<net, float, true>(folded_.data(), prepared_.data(),
                                                    static_cast<const float*>(place), arena_.data(),
                                                    at::detail::one_sample{});
        const float* const results =
            at::detail::output_place<net>(static_cast<const float*>(place), arena_.data(), 1);
        std::copy(results, results + at::model<net>::output_shape.size(), scores);
    }
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return std::cerr << "expected a way and a number of passes\n", 1;
    const std::string_view way = arguments[1];
    if (way != "interleaved" && way != "one_after_the_other")
        return std::cerr << "expected interleaved or one_after_the_other, found " << way << "\n", 1;
    at::model<net> model;
    apart other(model);
    const std::vector<float> image(at::model<net>::input_shape.size(), 0.5f);
    std::vector<float> scores(at::model<net>::output_shape.size());
    for (int pass = 0; pass < std::atoi(arguments[2]); ++pass)
        if (way == "interleaved")
            model.run(image.data(), 1, scores.data());
        else
            other.run(image.data(), scores.data());
    std::cout << scores[0] << "\n";
}
