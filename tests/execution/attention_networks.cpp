// SPDX-License-Identifier: BSL-1.0
// Attention: PyTorch's results, by its own module too; gradients against central differences.
#include "attention_networks.hpp"
#include "attention_references.hpp"
#include "checks.hpp"

TEST_CASE("attention of all steps, and of the past alone") {
    checks::forward<networks::plain>(references::plain);
    checks::gradients<networks::plain>();
}

TEST_CASE("PyTorch's multi-head attention") {
    checks::forward<networks::multihead>(references::multihead);
    checks::gradients<networks::multihead>();
}

TEST_CASE("shared keys and values, windows, rotary positions") {
    checks::forward<networks::shared_heads>(references::shared_heads);
    checks::gradients<networks::shared_heads>();
}

TEST_CASE("PyTorch's layers of an encoder, as BERT and GPT-2 have them") {
    checks::forward<networks::bert>(references::bert);
    checks::forward<networks::gpt>(references::gpt);
}

TEST_CASE("waves of many lengths") {
    checks::forward<networks::waves>(references::waves);
    checks::gradients<networks::waves>();
}

TEST_CASE("a step before the others") {
    static_assert(archetype::parameter_count<networks::token, "class_token"> == 3);
    checks::forward<networks::token>(references::token);
    checks::gradients<networks::token>();
}

TEST_CASE("types of tokens") {
    namespace at = archetype;
    // The sum of three tables, as BERT has it.
    using net = at::network<at::named<"input_ids", at::input<4>>, at::named<"words", at::embedding<9, 5>>,
                            at::named<"positions", at::position_embedding<6>>, at::point<"seen">,
                            at::named<"token_type_ids", at::input<4>>, at::from<"seen">,
                            at::named<"types", at::token_type_embedding<2, 5>>>;
    static_assert(at::parameter_count<net, "types"> == 10 && at::parameter_count<net> == 5 * (9 + 6 + 2));
    at::model<net, double> model{at::seed{1}};
    numbers::set_parameters(model);
    const xt::xtensor<double, 2> words{{3, 8, 0, 3}, {1, 1, 2, 7}}, types{{0, 0, 1, 1}, {1, 0, 1, 0}};
    const xt::xtensor<double, 3> found = model(words, types);
    const auto table = [&](std::size_t layer) {
        return std::as_const(model).data() + at::detail::parameters_of<net>.offsets[layer][0];
    };
    const double *const word = table(0), *const position = table(1), *const type = table(3);
    double apart = 0;
    for (std::size_t i = 0; i < 2 * 4 * 5; ++i) {
        const std::size_t step = i / 5, c = i % 5;
        const double wanted = word[static_cast<std::size_t>(words.data()[step]) * 5 + c] +
                              position[step % 4 * 5 + c] +
                              type[static_cast<std::size_t>(types.data()[step]) * 5 + c];
        apart = std::max(apart, std::abs(found.data()[i] - wanted));
    }
    CHECK(apart < 1e-15);
    CHECK_THROWS_AS(model(words, xt::xtensor<double, 2>{{0, 0, 1, 2}, {1, 0, 1, 0}}), std::invalid_argument);
}

TEST_CASE("torchvision's vision transformer, and a keyword transformer") {
    checks::forward<networks::vision>(references::vision);
    checks::gradients<networks::vision>();
    checks::forward<networks::keywords>(references::keywords);
    checks::gradients<networks::keywords>();
}

TEST_CASE("products with a table") {
    checks::forward<networks::tied>(references::tied);
    checks::gradients<networks::tied>();
}

TEST_CASE("a table that is looked up and multiplied with") {
    namespace at = archetype;
    using net =
        at::network<at::input<6>, at::shared<"table", at::embedding<11, 5>>, at::conv1d<5, 3, at::causal>,
                    at::tanh, at::shared<"table", at::tied_output<11>>, at::softmax>;
    static_assert(at::parameter_count<net> == 11 * 5 + (3 * 5 * 5 + 5));
    static_assert(at::output_shape<net> == at::shape{6, 11});
    at::model<net, double> model{at::seed{1}};
    CHECK(at::inference_weight_count<net> <
          11 * 5 + (3 * 5 * 5 + 5) + 3 * 16);  // one table, and what is rounded up
    const xt::xtensor<double, 2> classes{{0, 3, 3, 10, 2, 7}, {9, 9, 1, 0, 4, 3}};
    xt::xtensor<double, 3> wanted = xt::zeros<double>({2, 6, 11});
    for (std::size_t i = 0; i < 12; ++i) wanted(i / 6, i % 6, i * 5 % 11) = 1;
    at::gradients of{model, at::mean_squared_error{}, at::seed{5}};
    of(classes, wanted);
    const std::vector<double> found(of.data(), of.data() + model.trainable_size());
    double apart = 0, largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        double& weight = model.data()[i];
        const double middle = weight, step = 1e-5;
        weight = middle + step;
        const double above = of(classes, wanted);
        model.data()[i] = middle - step;
        const double below = of(classes, wanted);
        model.data()[i] = middle;
        largest = std::max(largest, std::abs(found[i]));
        apart = std::max(apart, std::abs(found[i] - (above - below) / (2 * step)));
    }
    CHECK(largest > 1e-3);
    CHECK(apart < 1e-8 * std::max(1.0, largest));
}
