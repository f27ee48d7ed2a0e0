// SPDX-License-Identifier: BSL-1.0
#include <archetype/architecture.hpp>
#include <catch.hpp>
#include <string>

namespace at = archetype;

namespace {

using small = at::network<at::input<6, 6, 1>, at::named<"stem", at::conv2d<2, 3>>, at::batch_norm<>,
                          at::named<"head", at::sequence<at::flatten, at::dense<1000>>>>;
constexpr std::string_view table = at::summary<small>();
static_assert(table.starts_with("Layer (type)"));

}  // namespace

TEST_CASE("summary prints a line for each layer and the totals") {
    const std::string text(table);
    for (const char* part :
         {"stem (conv2d)            (4, 4, 2)                       20               288             128\n",
          "batch_norm (batch_norm)  (4, 4, 2)                        8                 0             128\n",
          "head/dense (dense)       (1000)                      33,000            32,000           4,000\n",
          "Total params: 33,028\n", "Trainable params: 33,024\n", "Non-trainable params: 4\n",
          "Multiply-accumulates: 32,288\n", "Weights: 132,112 bytes\n"})
        CHECK_THAT(text, Catch::Contains(part));
    CHECK(table.data()[table.size()] == '\0');
}

TEST_CASE("parts that repeat a name are numbered") {
    using blocks =
        at::network<at::input<4>,
                    at::repeat<3, at::named<"block", at::sequence<at::dense<4>, at::relu, at::dense<4>>>>>;
    static_assert(at::parameter_count<blocks, "block_2/dense_1"> == 20);
    static_assert(at::parameter_count<blocks, "block"> == 40);
    static_assert(at::layer_count<blocks, "block_1"> == 3);
    const std::string text(at::summary<blocks>());
    CHECK_THAT(text, Catch::Contains("block_2/dense_1 (dense)"));
}
