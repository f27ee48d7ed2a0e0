// SPDX-License-Identifier: BSL-1.0
// The plan of a network in words.
#include <archetype/architecture.hpp>
#include <archetype/architecture/explanation.hpp>
#include <catch.hpp>
#include <string>

namespace at = archetype;

namespace {

using net = at::network<
    at::input<12, 12, 1>, at::conv2d<6, 3, at::same>, at::batch_norm<>, at::relu, at::max_pool2d<2>,
    at::residual<at::sequence<at::named<"inner", at::conv2d<6, 3, at::same>>, at::relu>>, at::tanh,
    at::branches<at::concatenate, at::sequence<at::conv2d<3, 1>>,
                 at::sequence<at::max_pool2d<3, at::stride<1>, at::same>>>,
    at::flatten, at::dense<10>, at::softmax>;
constexpr std::string_view text = at::explain<net>();
static_assert(text.starts_with("step 0: conv2d with folded batch_norm + relu + max_pool2d row by row\n"));

}  // namespace

TEST_CASE("the explanation of a network says what is fused and where values lie") {
    const std::string said(text);
    for (const char* part :
         {"step 1: inner + relu_1 + add (add) + tanh\n", "step 2: branch/conv2d\n",
          ", channels 0 to 3 of value 5\n", "step 3: branch_1/max_pool2d\n", ", channels 3 to 9 of value 5\n",
          "step 5: softmax\n", ", in place\n", ", with a halo of 1, 1, 1, 1\n", "output 0: value 7 (10) at "})
        CHECK_THAT(said, Catch::Contains(part));
    CHECK(text.data()[text.size()] == '\0');
    // Its numbers are the plan's.
    constexpr const auto& plan = at::inference_plan_of<net>;
    CHECK_THAT(said, Catch::Contains("arena: " + std::to_string(plan.arena_elements) +
                                     " elements; alive at once: " + std::to_string(plan.live_elements)));
    std::size_t steps = 0;
    for (std::size_t at = said.find("step "); at != std::string::npos; at = said.find("\nstep ", at + 1))
        ++steps;
    CHECK(steps == plan.step_count);
}

TEST_CASE("slices of a value are explained as such, and an input that nobody copies") {
    using split = at::network<at::input<8>, at::dense<6>, at::point<"all">, at::slice<-1, 0, 2>, at::tanh,
                              at::merge<at::concatenate, "all">, at::dense<2>>;
    const std::string said(at::explain<split>());
    CHECK_THAT(said, Catch::StartsWith("step 0: dense\n  reads  input 0 (8), where the caller has it\n"));
    CHECK_THAT(said, Catch::Contains("reads  value 2 (2) at 0 to 8, channels 2 to 4 of value 4\n"));
    CHECK(std::string(at::explain<at::network<at::input<3>, at::relu>>()).find("step 0: relu\n") == 0);
}
