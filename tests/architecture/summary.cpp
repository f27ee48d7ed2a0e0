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

// As Keras: Bidirectional(LSTM(6)) of 3 features has 2 * 4 * 6 * (6 + 3 + 1) parameters.
TEST_CASE("a bidirectional layer has a line with its total, and its parts below") {
    using both = at::network<at::input<10, 3>, at::bidirectional<at::lstm<6, at::return_sequences>>,
                             at::named<"top", at::bidirectional<at::gru<4>, at::add>>,
                             at::named<"forward", at::dense<4>>, at::named<"backward", at::dense<2>>>;
    const std::string text(at::summary<both>());
    for (const char* part : {"bidirectional (bidirectional)  (10, 12)                       480             "
                             "4,320             480\n"
                             "  forward (lstm)               (10, 6)                        240             "
                             "2,160             240\n"
                             "  backward (lstm)              (10, 6)                        240             "
                             "2,160             240\n"
                             "  concatenate (concatenate)    (10, 12)                         0              "
                             "   0             480\n"
                             "top (bidirectional)            (4)                            408             "
                             "3,840              16\n"
                             "  top/forward (gru)            (4)                            204             "
                             "1,920              16\n"
                             "  top/backward (gru)           (4)                            204             "
                             "1,920              16\n"
                             "  top/add (add)                (4)                              0              "
                             "   0              16\n"
                             "forward_1 (dense)              (4)                             20              "
                             "  16              16\n"
                             "backward_1 (dense)             (2)                             10              "
                             "   8               8\n",
                             "Total params: 918\n"})
        CHECK_THAT(text, Catch::Contains(part));

    // With a mask, whose layers stand beside it; in a part of its own, and in one with others.
    using mask = at::named<"mask", at::input<12>>;
    using masked = at::bidirectional<at::lstm<2, at::padding_mask<"mask">, at::return_sequences>>;
    using encoder =
        at::network<at::named<"steps", at::input<12, 3>>, mask, at::from<"steps">, at::named<"first", masked>,
                    at::named<"encoder", at::sequence<masked, masked, at::dense<2, at::last_axis>>>>;
    const std::string stack(at::summary<encoder>());
    for (const char* part : {"\nfirst (bidirectional) ", "\nencoder/bidirectional (bidirectional) ",
                             "\nencoder/bidirectional_1 (bidirectional) "})
        CHECK_THAT(stack, Catch::Contains(part));
}
