// SPDX-License-Identifier: BSL-1.0
// Recurrent layers where users were surprised: order of time, masks, the two GRUs, hard sigmoids, states that go on.
#include <archetype/data/sequences.hpp>
#include <archetype/training/trainer.hpp>

#include "checks.hpp"

namespace {

namespace at = archetype;
namespace activations = at::expression::activations;
using linear = at::cell_activation<at::activation<[](auto x) { return x; }>>;

/// Sets a parameter by its name.
template <class Net, class T>
void set(at::model<Net, T>& net, const std::string& name, const std::vector<double>& values) {
    bool found = false;
    boost::hana::for_each(at::parameters(net), [&](auto pair) {
        if (name != boost::hana::first(pair).c_str()) return;
        auto&& view = boost::hana::second(pair);
        REQUIRE(view.size() == values.size());
        std::copy(values.begin(), values.end(), view.begin());
        found = true;
    });
    REQUIRE(found);
}

/// h = x + h / 2 (+ bias) over a sequence.
template <std::size_t Time, class... Options>
std::vector<double> halving(const std::vector<double>& sequence, double bias = 0) {
    using net_type = at::network<at::input<Time, 1>, at::simple_rnn<1, linear, Options...>>;
    at::model<net_type, double> net;
    set(net, "simple_rnn/kernel", {1});
    set(net, "simple_rnn/recurrent_kernel", {0.5});
    set(net, "simple_rnn/bias", {bias});
    xt::xtensor<double, 2> samples = xt::xtensor<double, 2>::from_shape({Time, 1});
    std::copy(sequence.begin(), sequence.end(), samples.begin());
    const auto found = net(samples);
    return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("FL-13 (a): a reversed layer gives its results in the order of the input") {
    const std::vector<double> x{1, 2, 3, 4};
    CHECK(halving<4, at::return_sequences>(x) == std::vector<double>{1, 2.5, 4.25, 6.125});
    CHECK(halving<4, at::return_sequences, at::reversed>(x) == std::vector<double>{3.25, 4.5, 5, 4});
    CHECK(halving<4>(x) == std::vector<double>{6.125});
    CHECK(halving<4, at::reversed>(x) == std::vector<double>{3.25});
}

TEST_CASE("FL-13 (a): both directions meet at the same time step") {
    const auto run = [](auto net) {
        for (const char* part : {"forward/", "backward/"}) {
            set(net, part + std::string("kernel"), {1});
            set(net, part + std::string("recurrent_kernel"), {0.5});
        }
        const auto found = net(xt::xtensor<double, 2>{{1}, {2}, {3}, {4}});
        return std::vector<double>(found.begin(), found.end());
    };
    using cell = at::simple_rnn<1, linear, at::return_sequences>;
    using last = at::simple_rnn<1, linear>;
    const auto of = [&]<class Layer>(Layer*) {
        return run(at::model<at::network<at::input<4, 1>, Layer>, double>{});
    };
    CHECK(of(static_cast<at::bidirectional<cell, at::add>*>(nullptr)) ==
          std::vector<double>{4.25, 7, 9.25, 10.125});
    CHECK(of(static_cast<at::bidirectional<cell>*>(nullptr)) ==
          std::vector<double>{1, 3.25, 2.5, 4.5, 4.25, 5, 6.125, 4});
    CHECK(of(static_cast<at::bidirectional<cell, at::average>*>(nullptr)) ==
          std::vector<double>{2.125, 3.5, 4.625, 5.0625});
    CHECK(of(static_cast<at::bidirectional<cell, at::multiply>*>(nullptr)) ==
          std::vector<double>{3.25, 11.25, 21.25, 24.5});
    CHECK(of(static_cast<at::bidirectional<last>*>(nullptr)) == std::vector<double>{6.125, 3.25});
}

TEST_CASE("FL-13 (b): masked steps carry the state") {
    const auto near = [](const std::vector<double>& found, const std::vector<double>& wanted) {
        return checks::largest_difference(found, wanted, wanted.size()) < 1e-15;
    };
    const std::vector<double> x{1, 2, 0, 0};
    CHECK(near(halving<4, at::return_sequences, at::masking<>>(x, 0.1), {1.1, 2.65, 2.65, 2.65}));
    CHECK(near(halving<4, at::return_sequences>(x, 0.1), {1.1, 2.65, 1.425, 0.8125}));
    CHECK(near(halving<3, at::return_sequences, at::masking<>>({0, 0, 0}, 0.1), {0, 0, 0}));
    CHECK(near(halving<4, at::masking<2.0>>({1, 2, 1, 2}, 0.1), {1.65}));
    CHECK(near(halving<4, at::return_sequences, at::reversed, at::masking<>>(x, 0.1), {2.15, 2.1, 0, 0}));
}

TEST_CASE("gradients of masked layers") {
    using net_type = at::network<
        at::input<6, 2>, at::gru<4, at::masking<0.5>, at::return_sequences>,
        at::lstm<3, at::masking<7.0>, at::diagonal_peepholes, at::reversed, at::trainable_initial_state>>;
    at::model<net_type, double> net;
    numbers::set_parameters(net);
    auto samples = numbers::samples<net_type, double>(3);
    for (const auto& [n, t] : {std::pair{0, 0}, {0, 3}, {1, 5}, {2, 2}, {2, 3}})
        samples(n, t, 0) = samples(n, t, 1) = 0.5;
    xt::xtensor<double, 2> targets = xt::zeros<double>({3, 3});
    at::gradients of{net, at::mean_squared_error{}};
    of(samples, targets);
    const std::vector<double> found(of.data(), of.data() + net.trainable_size());
    double apart = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double before = net.data()[i];
        net.data()[i] = before + 1e-5;
        const double above = of(samples, targets);
        net.data()[i] = before - 1e-5;
        const double below = of(samples, targets);
        net.data()[i] = before;
        apart = std::max(apart, std::abs((above - below) / 2e-5 - found[i]));
    }
    CHECK(apart < 1e-9);
    of(samples, targets);
    CHECK(of.input()(0, 3, 0) == 0);  // a skipped step has no gradient
    CHECK(of.input()(0, 2, 0) != 0);
}

TEST_CASE("FL-12 (b): the two GRUs") {
    const auto run = [](auto model) {
        set(model, "gru/kernel", {0.5, -0.2, 0.3, 0.7, 1.0, -1.0});
        set(model, "gru/recurrent_kernel", {0.1, 0.3, 0.2, 0.4, 0.6, 0.9, 0.2, -0.1, -0.3, 0.1, -0.5, 0.2});
        set(model, "gru/bias", {0.1, 0, -0.1, 0.2, 0.05, -0.05, 0, 0, 0, 0, 0.3, -0.4});
        const auto found = model(xt::xtensor<double, 2>{{1.0}, {0.5}, {-1.0}});
        return std::vector<double>(found.begin(), found.end());
    };
    const auto after = run(
        at::model<at::network<at::input<3, 1>, at::gru<2, at::reset_after, at::return_sequences>>, double>{});
    const double wanted_after[] = {0.296996091,  -0.478529168, 0.487910870,
                                   -0.539838750, -0.117317961, -0.031672072};
    CHECK(checks::largest_difference(after, wanted_after, 6) < 1e-9);
    const auto before = run(
        at::model<at::network<at::input<3, 1>, at::gru<2, at::two_biases, at::return_sequences>>, double>{});
    const double wanted_before[] = {0.309715271,  -0.492482393, 0.523008074,
                                    -0.591408724, -0.021256636, -0.110509411};
    CHECK(checks::largest_difference(before, wanted_before, 6) < 1e-9);
}

TEST_CASE("FL-14 (b): both hard sigmoids as functions of gates") {
    const auto run = [](auto function, double x) {
        using net_type =
            at::network<at::input<1, 1>, at::simple_rnn<1, at::cell_activation<decltype(function)>>>;
        at::model<net_type, double> net;
        set(net, "simple_rnn/kernel", {1});
        return net(xt::xtensor<double, 2>{{x}})(0);
    };
    const double x[] = {-2, -1, 0, 1, 2, 2.5}, old[] = {0.1, 0.3, 0.5, 0.7, 0.9, 1.0};
    for (int i = 0; i < 6; ++i) {
        CHECK(run(at::activation<activations::hard_sigmoid_onnx>{}, x[i]) == Approx(old[i]).epsilon(1e-9));
        CHECK(run(at::activation<activations::hard_sigmoid>{}, x[i]) == Approx(x[i] / 6 + 0.5).epsilon(1e-9));
    }
}

TEST_CASE("an embedding gives rows, and refuses what is no class") {
    using net_type = at::network<at::input<3>, at::embedding<5, 2, at::padding_index<4>>>;
    at::model<net_type> net;
    set(net, "embedding/embeddings", {0, 1, 10, 11, 20, 21, 30, 31, 40, 41});
    CHECK((net(xt::xtensor<float, 1>{2, 0, 4}) == xt::xtensor<float, 2>{{20, 21}, {0, 1}, {0, 0}}));
    CHECK_THROWS_WITH(net(xt::xtensor<float, 1>{2, 0, 5}),
                      Catch::Contains("expected class numbers from 0 to 4, found 5"));
    CHECK_THROWS_AS(net(xt::xtensor<float, 1>{-1, 0, 0}), std::invalid_argument);

    // Each row gets the sum of the gradients of the places where it was looked up.
    at::model<net_type, double> exact;
    at::gradients of{exact, at::pointwise_loss<[](auto p, auto t) { return p * t; }>{}};
    of(xt::xtensor<double, 2>{{1, 1, 3}, {0, 4, 1}},
       xt::xtensor<double, 3>{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}});
    const double wanted[] = {7, 8, 15, 18, 0, 0, 5, 6, 0, 0};
    for (std::size_t i = 0; i < 10; ++i) CHECK(of.data()[i] * 12 == Approx(wanted[i]));
}

TEST_CASE("a layer with a padding index before a mask skips the padding") {
    using net_type =
        at::network<at::input<4>, at::embedding<6, 3, at::padding_index<0>>, at::lstm<5, at::masking<>>>;
    at::model<net_type> net{at::seed{3}};
    CHECK((net(xt::xtensor<float, 1>{0, 2, 0, 5}) == net(xt::xtensor<float, 1>{2, 5, 0, 0})));
    CHECK_FALSE((net(xt::xtensor<float, 1>{1, 2, 1, 5}) == net(xt::xtensor<float, 1>{2, 5, 1, 1})));
}

TEST_CASE("stateful layers go on where the batch before ended") {
    // One window of 8 has the loss of two windows of 4 in a row, if the states go on.
    using single = at::network<at::input<8, 2>, at::lstm<4, at::return_sequences>>;
    using halves = at::network<at::input<4, 2>, at::lstm<4, at::return_sequences, at::stateful>>;
    at::model<single, double> one;
    at::model<halves, double> two;
    numbers::set_parameters(one);
    numbers::set_parameters(two);
    const auto samples = numbers::samples<single, double>(3);
    const auto targets = xt::xtensor<double, 3>(xt::zeros<double>({3, 8, 4}));
    at::gradients of_one{one, at::mean_squared_error{}};
    at::gradients of_two{two, at::mean_squared_error{}};
    const double wanted = of_one(samples, targets);
    const auto half = [&](std::size_t first) {
        return of_two(xt::view(samples, xt::all(), xt::range(first, first + 4), xt::all()),
                      xt::view(targets, xt::all(), xt::range(first, first + 4), xt::all()));
    };
    const double start = half(0), rest = half(4);
    CHECK((start + rest) / 2 == Approx(wanted).epsilon(1e-14));
    of_two.reset_states();
    CHECK(half(0) == start);
    CHECK(half(4) == rest);
    CHECK(half(4) != rest);  // it went on once more
}

TEST_CASE("the trainer carries states from batch to batch and not from epoch to epoch") {
    using net_type = at::network<at::input<5, 2>, at::simple_rnn<3, at::stateful, at::return_sequences>>;
    at::model<net_type> net{at::seed{1}};
    const auto samples = numbers::samples<net_type, float>(4);
    const auto targets = xt::xtensor<float, 3>(xt::zeros<float>({4, 5, 3}));
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{}};
    const auto loss = [&](std::size_t batch) {
        return trainer
            .fit(samples, targets,
                 {.epochs = 2,
                  .batch = batch,
                  .shuffle = false,
                  .schedule = [](std::uint64_t) { return 0.0; },
                  .progress = at::progress_style::silent})
            .back()
            .loss;
    };
    const double apart = loss(4), joined = loss(2);
    CHECK(loss(2) == joined);
    CHECK(joined != apart);
}

TEST_CASE("windows of a sequence go on from batch to batch") {
    std::vector<std::int32_t> sequence(23);
    for (std::int32_t i = 0; i < 23; ++i) sequence[static_cast<std::size_t>(i)] = i;
    const at::sequence_windows windows = at::cut_sequence(sequence, 3, 2);
    CHECK((windows.samples == xt::xtensor<std::int32_t, 2>{
                                  {0, 1, 2}, {9, 10, 11}, {3, 4, 5}, {12, 13, 14}, {6, 7, 8}, {15, 16, 17}}));
    CHECK((windows.targets == windows.samples + 1));
    CHECK_THROWS_WITH(at::cut_sequence(sequence, 12, 2), Catch::Contains("at least 25 elements, found 23"));
    CHECK_THROWS_AS(at::cut_sequence(sequence, 0, 2), std::invalid_argument);
}

TEST_CASE("the forget gate's bias starts at one") {
    at::model<at::network<at::input<2, 3>, at::lstm<2>>> net{at::seed{1}};
    boost::hana::for_each(at::parameters(net), [](auto pair) {
        if (std::string_view(boost::hana::first(pair).c_str()) == "lstm/bias")
            CHECK((boost::hana::second(pair) == xt::xtensor<float, 1>{0, 0, 1, 1, 0, 0, 0, 0}));
    });
}

namespace {
using small = at::network<at::input<4>, at::embedding<3, 2>, at::lstm<3, at::peepholes, at::return_sequences>,
                          at::gru<2, at::reversed>>;
constexpr std::array<double, at::inference_weight_count<small>> ramp = [] {
    std::array<double, at::inference_weight_count<small>> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<double>(i % 7) / 8 - 0.375;
    return made;
}();
constexpr std::array<double, 2> constant = [] {
    const double numbers[] = {2, 0, 1, 1};
    std::array<double, 2> out{};
    at::detail::run_reference<small, double>(ramp.data(), std::array<const double*, 1>{numbers},
                                             std::array<double*, 1>{out.data()});
    return out;
}();
static_assert(constant[0] > -1 && constant[0] < 1 && constant[0] != 0);
}  // namespace

TEST_CASE("constant expressions and kernels agree") {
    const at::constant_weights<at::architecture_hash<small>, at::inference_weight_count<small>, float>
        weights = decltype(weights)::from_pointer([] {
            static std::vector<float> numbers(ramp.begin(), ramp.end());
            numbers.resize(ramp.size() + at::constant_weights_slack);
            return numbers.data();
        }());
    at::inference<small> net(weights);
    const float numbers[] = {2, 0, 1, 1};
    const auto found = net(std::span<const float, 4>(numbers));
    CHECK(found[0] == Approx(constant[0]).epsilon(1e-5));
    CHECK(found[1] == Approx(constant[1]).epsilon(1e-5));
}

TEST_CASE("threads change no recurrent result") {
    using net_type =
        at::network<at::input<5>, at::embedding<7, 19>, at::gru<20, at::return_sequences>,
                    at::lstm<9, at::diagonal_peepholes, at::trainable_initial_state>, at::dense<4>>;
    const auto train = [](std::size_t threads) {
        at::model<net_type> net{at::seed{2}};
        net.threads(threads);
        at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.01}};
        xt::xtensor<float, 2> samples = xt::xtensor<float, 2>::from_shape({13, 5});
        xt::xtensor<std::int32_t, 1> labels = xt::xtensor<std::int32_t, 1>::from_shape({13});
        for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = static_cast<float>(i * i % 7);
        for (std::size_t i = 0; i < 13; ++i) labels(i) = static_cast<std::int32_t>(i % 4);
        trainer.fit(samples, labels, {.epochs = 3, .batch = 6, .progress = at::progress_style::silent});
        return std::vector<float>(net.data(), net.data() + net.size());
    };
    CHECK(train(1) == train(3));
}
