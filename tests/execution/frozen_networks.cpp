// SPDX-License-Identifier: BSL-1.0
// Parts that training leaves as they are: no gradients of theirs, the same ones of everything else.
#include <archetype/training/trainer.hpp>
#include <map>
#include <string>

#include "checks.hpp"

namespace at = archetype;

namespace {

template <class Part>
using as_it_is = at::sequence<Part>;

/// Convolutions, norms and slopes: one part between trained ones, one with trained parts inside, one at the beginning.
template <template <class> class Frozen>
using image_net = at::network<
    at::input<8, 7, 2>,
    Frozen<at::named<"stem", at::sequence<at::conv2d<4, 3, at::l2<0.01>>, at::layer_norm<>, at::prelu<>>>>,
    at::depthwise_conv2d<3, at::same>, at::tanh,
    Frozen<at::sequence<at::conv2d_transpose<3, 3>, at::relu, at::group_norm<3>, at::separable_conv2d<4, 2>>>,
    at::residual<at::sequence<at::conv2d<4, 1>, Frozen<at::join_weights<at::multiply, at::shape{4}>>>>,
    Frozen<at::branches<
        at::concatenate, at::conv2d<2, 1>,
        at::conv2d_table<
            1, at::connection_table<4, 2>{{{true, false}, {true, true}, {false, true}, {true, true}}}>>>,
    at::flatten, Frozen<at::dense<6>>, at::sigmoid, at::named<"head", at::dense<3>>>;
template <template <class> class Frozen>
using sequence_net =
    at::network<at::input<6, 3>, at::conv1d<4, 2>,
                Frozen<at::lstm<4, at::return_sequences, at::trainable_initial_state>>,
                Frozen<at::gru<3, at::return_sequences>>, at::dense<4, at::last_axis>,
                Frozen<at::sequence<at::position_embedding<9>, at::rms_norm<>, at::self_attention<4, 2>>>,
                Frozen<at::class_token<at::kernel_initializer<at::random_normal<0.5>>>>,
                at::bidirectional<at::simple_rnn<3>>, at::dense<2>>;
template <template <class> class Frozen>
using class_net =
    at::network<at::input<5>, Frozen<at::shared<"table", at::embedding<7, 4>>>,
                at::lstm<4, at::return_sequences>, Frozen<at::shared<"table", at::tied_output<7>>>>;

/// Copies parameters by their names.
template <class From, class To>
void copy_parameters(From& from, To& to) {
    std::map<std::string, std::vector<double>> numbers;
    boost::hana::for_each(at::parameters(from), [&](auto pair) {
        auto& values = boost::hana::second(pair);
        numbers[boost::hana::first(pair).c_str()].assign(values.begin(), values.end());
    });
    std::size_t found = 0;
    boost::hana::for_each(at::parameters(to), [&](auto pair) {
        const std::vector<double>& values = numbers.at(boost::hana::first(pair).c_str());
        REQUIRE(values.size() == boost::hana::second(pair).size());
        std::copy(values.begin(), values.end(), boost::hana::second(pair).begin());
        ++found;
    });
    CHECK(found == numbers.size());
}
/// How many tensors of the trained network have the same bits in both models after training, and how many do not.
template <class Frozen, class Plain, class Targets>
void compare_training(const Targets& targets, std::size_t batch) {
    static_assert(at::total_count<Frozen> == at::total_count<Plain> &&
                  at::parameter_count<Frozen> < at::parameter_count<Plain>);
    static_assert(at::architecture_hash<Frozen> == at::architecture_hash<Plain>);
    at::model<Plain, double> plain;
    at::model<Frozen, double> part;
    numbers::set_parameters(plain);
    copy_parameters(plain, part);
    at::model<Frozen, double> before = part;
    auto samples = numbers::samples<Plain, double>(batch);
    if constexpr (at::input_shape<Plain>.rank == 1)
        for (double& x : samples) x = std::floor(3.5 + 3.5 * x);
    const auto same = part(samples), as = plain(samples);
    CHECK(checks::same_bits(same.data(), as.data(), same.size()));
    // One step without a rate of its own: a trained parameter moves as it does where all are trained.
    at::trainer one{part, at::mean_squared_error{}, at::sgd{.rate = 0.1}};
    at::trainer other{plain, at::mean_squared_error{}, at::sgd{.rate = 0.1}};
    CHECK(one.optimizer_state().size() == part.trainable_size());
    const at::fit_options once{
        .epochs = 1, .batch = batch, .shuffle = false, .progress = at::progress_style::silent};
    one.fit(samples, targets, once);
    other.fit(samples, targets, once);
    std::map<std::string, std::vector<double>> moved, first;
    const auto keep = [](auto& of, auto& into) {
        boost::hana::for_each(at::parameters(of), [&](auto pair) {
            into[boost::hana::first(pair).c_str()].assign(boost::hana::second(pair).begin(),
                                                          boost::hana::second(pair).end());
        });
    };
    keep(plain, moved);
    keep(before, first);
    std::size_t trained = 0, frozen = 0, slot = 0;
    boost::hana::for_each(at::parameters(part), [&](auto pair) {
        const auto& at = at::detail::parameters_of<Frozen>.slots[slot++];
        const auto& values = boost::hana::second(pair);
        const std::string name = boost::hana::first(pair).c_str();
        INFO(name);
        if (at::detail::unchecked_facts<Frozen>.nodes[at.node].frozen) {
            CHECK(checks::same_bits(values.data(), first[name].data(), values.size()));
            CHECK(!checks::same_bits(values.data(), moved[name].data(), values.size()));
            ++frozen;
        } else {
            CHECK(checks::same_bits(values.data(), moved[name].data(), values.size()));
            CHECK(!checks::same_bits(values.data(), first[name].data(), values.size()));
            ++trained;
        }
    });
    CHECK(trained > 0);
    CHECK(frozen > 0);
}
template <class Net>
auto targets_of(std::size_t batch) {
    constexpr at::shape extents = at::output_shape<Net>;
    auto targets =
        xt::xtensor<double, extents.rank + 1>::from_shape(at::detail::batch_extents<extents>(batch));
    numbers::source from(7);
    for (double& value : targets) value = from.next();
    return targets;
}

template <template <class> class Frozen>
using normalized_net =
    at::network<at::input<5, 5, 2>, at::conv2d<3, 2>, Frozen<at::named<"norm", at::batch_norm<>>>, at::relu,
                Frozen<at::batch_norm<at::no_scale>>, at::conv2d<3, 2>,
                Frozen<at::batch_norm<at::no_center, at::no_scale>>, at::flatten, at::dense<2>>;
}  // namespace

/// The side output copies the input, in front of a layer with parameters.
template <template <class> class Frozen>
using copied_net =
    at::network<at::input<3, 3, 4>, at::side_output<"in">, Frozen<at::group_norm<4>>, at::conv2d<2, 2>>;

TEST_CASE("gradients of what is trained, and of the input, go through frozen parts") {
    checks::gradients<copied_net<at::frozen>>();
    checks::gradients<image_net<at::frozen>>();
    checks::gradients<sequence_net<at::frozen>>();
    checks::gradients<normalized_net<at::frozen>>();
}

TEST_CASE("frozen parts of images do not move, and the rest moves as without them") {
    compare_training<image_net<at::frozen>, image_net<as_it_is>>(targets_of<image_net<at::frozen>>(4), 4);
}
TEST_CASE("frozen parts of sequences do not move, and the rest moves as without them") {
    compare_training<sequence_net<at::frozen>, sequence_net<as_it_is>>(
        targets_of<sequence_net<at::frozen>>(4), 4);
}
TEST_CASE("frozen tables do not move, and the rest moves as without them") {
    compare_training<class_net<at::frozen>, class_net<as_it_is>>(targets_of<class_net<at::frozen>>(4), 4);
}

TEST_CASE("a frozen batch normalization uses its moving averages in training and leaves them") {
    using net = normalized_net<at::frozen>;
    at::model<net, double> model;
    numbers::set_parameters(model);
    const std::vector<double> before(model.data(), model.data() + model.size());
    const auto samples = numbers::samples<net, double>(4);
    const auto targets = targets_of<net>(4);
    const auto found = model(samples);
    double loss = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        loss += (found.data()[i] - targets.data()[i]) * (found.data()[i] - targets.data()[i]) /
                double(found.size());
    at::gradients of{model, at::mean_squared_error{}};
    CHECK(of(samples, targets) == Approx(loss).epsilon(1e-12));
    CHECK(checks::same_bits(model.data(), before, before.size()));
    static_assert(at::parameter_count<net, "norm"> == 0 && at::non_trainable_count<net, "norm"> == 4 * 3);
}

TEST_CASE("what is trained by name, and the last parts") {
    using net = image_net<as_it_is>;
    using head = at::trained_only<net, "head">;
    static_assert(at::parameter_count<head> == 6 * 3 + 3 && at::total_count<head> == at::total_count<net>);
    static_assert(std::is_same_v<
                  at::frozen_but_last<at::network<at::input<2>, at::dense<3>, at::relu, at::dense<1>>, 2>,
                  at::network<at::input<2>, at::frozen<at::dense<3>>, at::relu, at::dense<1>>>);
    static_assert(at::parameter_count<at::frozen_but_last<net, 1>> == at::parameter_count<head>);
    static_assert(at::parameter_count<at::trained_only<net, "stem/conv2d", "head">> ==
                  at::parameter_count<head> + 4 * 19);
    compare_training<at::trained_only<net, "stem/prelu", "head">, net>(targets_of<net>(4), 4);
    compare_training<at::frozen_but_last<net, 1>, net>(targets_of<net>(4), 4);
    // A table that is used twice is trained where one of its users is named.
    using tied = class_net<as_it_is>;
    static_assert(at::parameter_count<at::trained_only<tied, "table_1">> == 7 * 4);
    static_assert(at::parameter_count<at::trained_only<tied, "lstm">> == at::parameter_count<tied, "lstm">);
}

TEST_CASE("the summary counts frozen parameters as non-trainable") {
    using net =
        at::frozen_but_last<at::network<at::input<6>, at::dense<8>, at::batch_norm<>, at::relu, at::dense<2>>,
                            1>;
    const std::string text(at::summary<net>());
    for (const char* part : {"Total params: 106\n", "Trainable params: 18\n", "Non-trainable params: 88\n"})
        CHECK_THAT(text, Catch::Contains(part));
}

TEST_CASE("penalties and clipping see trained parameters only") {
    using net = at::network<at::input<3>, at::frozen<at::dense<4, at::l2<1.0>>>, at::dense<1>>;
    at::model<net, double> model{at::seed{1}};
    at::trainer trainer{model, at::mean_squared_error{}, at::adam{.rate = 0.01}};
    CHECK(trainer.optimizer_state().size() == 2 * model.trainable_size());
    CHECK(model.trainable_size() < model.size());
    const auto made = trainer.fit(numbers::samples<net, double>(4), targets_of<net>(4),
                                  {.epochs = 1, .progress = at::progress_style::silent});
    CHECK(made.back().penalty == 0);
}
