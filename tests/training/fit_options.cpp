// SPDX-License-Identifier: BSL-1.0
// What the options of fit do to updates and epochs.
#include <archetype/training/gradients.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>
#include <fstream>
#include <vector>
#include <xtensor/xview.hpp>

#include "execution/numbers.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

using deep = at::network<at::input<3>, at::dense<8>, at::tanh, at::dense<2>>;
using normalized = at::network<at::input<3>, at::dense<8>, at::batch_norm<>, at::tanh, at::dense<2>>;
using one_weight = at::network<at::input<1>, at::dense<1, at::no_bias>>;
constexpr auto silent = at::progress_style::silent;
constexpr at::pointwise_loss<[](auto prediction, auto target) { return prediction * target; }> slope{};

/// An optimizer without a rate or a state.
struct fixed {
    static constexpr std::size_t states = 0;
    constexpr auto update(std::uint64_t) const {
        return at::expression::results(at::expression::variable<0>{} - at::expression::variable<1>{});
    }
};

xt::xtensor<double, 2> numbers_of(std::size_t rows, std::size_t columns, std::uint64_t start) {
    xt::xtensor<double, 2> made = xt::xtensor<double, 2>::from_shape({rows, columns});
    at::random_source random(start);
    for (double& value : made) value = random.normal();
    return made;
}
const auto x = numbers_of(24, 3, 1), y = numbers_of(24, 2, 2);

template <class Net>
std::vector<double> weights(const at::model<Net, double>& net) {
    return {net.data(), net.data() + net.size()};
}

/// Parameters after one epoch of plain descent.
template <class Net>
std::vector<double> after(const at::fit_options& options) {
    at::model<Net, double> net{at::seed{3}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.1}};
    trainer.fit(x, y, options);
    return weights(net);
}

double apart(const std::vector<double>& one, const std::vector<double>& other) {
    double most = 0;
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i) most = std::max(most, std::abs(one[i] - other[i]));
    return most;
}

/// The update of plain descent with rate 1 on the gradient of a batch, whole tensors.
template <class Net>
std::vector<double> update_with(const at::fit_options& options) {
    at::model<Net, double> net{at::seed{3}};
    const auto before = weights(net);
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 1}};
    at::fit_options all = options;
    all.batch = 24;
    all.progress = silent;
    trainer.fit(x, y, all);
    auto moved = weights(net);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = before[i] - moved[i];
    return moved;
}
double norm(const std::vector<double>& values, std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += values[i] * values[i];
    return std::sqrt(sum);
}

}  // namespace

TEST_CASE("batches that are accumulated are one batch") {
    const auto whole = after<deep>({.batch = 12, .shuffle = false, .progress = silent});
    const auto parts = after<deep>({.batch = 4, .accumulate = 3, .shuffle = false, .progress = silent});
    CHECK(apart(whole, parts) < 1e-15);
    // The last one has 4 + 4 + 1 of 9 samples of a group of 5 batches: parts of unequal size.
    const auto uneven_whole = after<deep>({.batch = 15, .shuffle = false, .progress = silent});
    const auto uneven = after<deep>({.batch = 5, .accumulate = 3, .shuffle = false, .progress = silent});
    CHECK(apart(uneven_whole, uneven) < 1e-15);
    const auto ragged = after<deep>({.batch = 7, .accumulate = 100, .shuffle = false, .progress = silent});
    CHECK(apart(after<deep>({.batch = 24, .shuffle = false, .progress = silent}), ragged) < 1e-15);
}

TEST_CASE("gradients of normalizations are accumulated too") {
    // Twice the same batch has the gradient of one.
    xt::xtensor<double, 2> doubled = xt::xtensor<double, 2>(xt::zeros<double>({24, 3})),
                           targets = xt::xtensor<double, 2>::from_shape({24, 2});
    for (std::size_t i = 0; i < 24; ++i) {
        xt::view(doubled, i) = xt::view(x, i % 12);
        xt::view(targets, i) = xt::view(y, i % 12);
    }
    const auto run = [&](std::size_t samples, std::size_t accumulate) {
        at::model<normalized, double> net{at::seed{3}};
        at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.1}};
        trainer.fit(xt::view(doubled, xt::range(0, samples)), xt::view(targets, xt::range(0, samples)),
                    {.batch = 12, .accumulate = accumulate, .shuffle = false, .progress = silent});
        auto made = weights(net);
        made.resize(net.trainable_size());
        return made;
    };
    CHECK(apart(run(12, 1), run(24, 2)) < 1e-15);
    CHECK(apart(run(12, 1), run(24, 1)) > 1e-3);
}

TEST_CASE("a schedule sets the rate of each update") {
    at::model<one_weight, double> net;
    net.data()[0] = 0;
    at::trainer trainer{net, slope, at::sgd{.rate = 100}};
    const xt::xtensor<double, 2> one = xt::ones<double>({3, 1});
    const at::step_decay halves{.rate = 8, .every = 2};
    const auto first = trainer.fit(one, one, {.batch = 1, .schedule = halves, .progress = silent});
    CHECK(net.data()[0] == -(8 + 8 + 4));
    CHECK(first.back().rate == 4);
    CHECK(trainer.optimizer().rate == 4);
    // The count goes on in the next call.
    trainer.fit(one, one, {.batch = 1, .schedule = halves, .progress = silent});
    CHECK(net.data()[0] == -(8 + 8 + 4) - (4 + 2 + 2));
    CHECK(trainer.counters().updates == 6);
    CHECK_THROWS_WITH(
        trainer.fit(one, one, {.schedule = [](std::uint64_t) { return -1.0; }, .progress = silent}),
        Contains("step 6") && Contains("-1"));
    at::trainer without{net, slope, fixed{}};
    CHECK_THROWS_WITH(without.fit(one, one, {.schedule = halves, .progress = silent}), Contains("no rate"));
}

TEST_CASE("clipping limits elements, tensors or all") {
    const auto plain = update_with<deep>({});
    const std::size_t count = at::model<deep, double>::trainable_size();
    CHECK(norm(plain, 0, count) > 0.5);
    auto wanted = plain;
    for (double& value : wanted) value = std::min(0.1, std::max(-0.1, value));
    CHECK(apart(update_with<deep>({.clip = at::clip_by_value{0.1}}), wanted) < 1e-15);
    wanted = plain;
    for (double& value : wanted) value *= 0.25 / norm(plain, 0, count);
    CHECK(apart(update_with<deep>({.clip = at::clip_by_global_norm{0.25}}), wanted) < 1e-15);
    CHECK(apart(update_with<deep>({.clip = at::clip_by_global_norm{1e3}}), plain) == 0);
    wanted = plain;
    // Tensors begin at 0 (kernel, 24), 32 (bias, 8), 48 (kernel, 16) and 64 (bias, 2).
    for (const auto& [first, last] :
         {std::pair<std::size_t, std::size_t>{0, 24}, {32, 40}, {48, 64}, {64, 66}}) {
        const double size = norm(plain, first, last);
        if (size > 0.25)
            for (std::size_t i = first; i < last; ++i) wanted[i] *= 0.25 / size;
    }
    CHECK(apart(update_with<deep>({.clip = at::clip_by_norm{0.25}}), wanted) < 1e-15);
    for (const at::gradient_clip& clip :
         {at::gradient_clip(at::clip_by_value{0}), at::gradient_clip(at::clip_by_norm{-1}),
          at::gradient_clip(at::clip_by_global_norm{std::nan("")})})
        CHECK_THROWS_WITH(update_with<deep>({.clip = clip}), Contains("clip_by_") && Contains("limit"));
}

TEST_CASE("penalties by central differences, in the type and in the trainer") {
    using lasso = at::network<at::input<3>, at::dense<8, at::l1<0.03>>, at::tanh, at::dense<2>>;
    using ridge = at::network<at::input<3>, at::dense<8>, at::tanh, at::dense<2, at::l2<0.05>>>;
    using elastic = at::network<at::input<3>, at::dense<8, at::l1<0.03>, at::l2<0.05>>, at::tanh,
                                at::dense<2, at::no_bias>>;
    const auto check = [&]<class Net>(at::model<Net, double> net, double l1, double l2) {
        auto* const parameters = net.data();
        const std::size_t count = net.trainable_size();
        std::vector<double> found(count, 0.0), unused(count + 64, 0.0);
        const double penalty = at::detail::add_penalties<Net>(parameters, found.data(), {l1, l2});
        for (std::size_t i = 0; i < count; ++i) {
            const double before = parameters[i], step = 1e-6;
            parameters[i] = before + step;
            const double above = at::detail::add_penalties<Net>(parameters, unused.data(), {l1, l2});
            parameters[i] = before - step;
            const double below = at::detail::add_penalties<Net>(parameters, unused.data(), {l1, l2});
            parameters[i] = before;
            if (before != 0) CHECK((above - below) / (2 * step) == Approx(found[i]).margin(1e-8));
        }
        return penalty;
    };
    at::model<ridge, double> net{at::seed{3}};
    double squares = 0, sizes = 0;
    for (std::size_t i = 48; i < 64; ++i) squares += net.data()[i] * net.data()[i];
    CHECK(check(net, 0, 0) == Approx(0.05 * squares).epsilon(1e-14));
    at::model<lasso, double> other{at::seed{3}};
    for (std::size_t i = 0; i < 24; ++i) sizes += std::abs(other.data()[i]);
    CHECK(check(other, 0, 0) == Approx(0.03 * sizes).epsilon(1e-14));
    check(at::model<elastic, double>{at::seed{3}}, 0.01, 0.02);
    check(at::model<normalized, double>{at::seed{3}}, 0.01, 0.02);
}

TEST_CASE("every layer with a kernel has its own penalty and initializer") {
    using two = at::kernel_initializer<at::constant<2.0>>;
    using half = at::l2<0.5>;
    const auto penalty = []<class Net>(at::model<Net, double> net) {
        std::vector<double> gradients(net.trainable_size() + 64);
        return at::detail::add_penalties<Net>(net.data(), gradients.data());
    };
    // Half of the square of 2, for each weight of the kernel.
    CHECK(penalty(at::model<at::network<at::input<5>, at::dense<3, half, two>>, double>{}) == 2 * 15);
    CHECK(penalty(at::model<at::network<at::input<5>, at::maxout<3, 2, two, half>>, double>{}) == 2 * 30);
    CHECK(penalty(at::model<at::network<at::input<5, 5, 2>, at::conv2d<3, 3, half, two>>, double>{}) ==
          2 * 54);
    CHECK(penalty(at::model<at::network<at::input<5, 5, 2>, at::depthwise_conv2d<3, half, two>>, double>{}) ==
          2 * 18);
    CHECK(penalty(
              at::model<at::network<at::input<5, 5, 2>, at::conv2d_transpose<3, 3, half, two>>, double>{}) ==
          2 * 54);
    CHECK(penalty(at::model<at::network<at::input<5, 2>, at::conv1d<3, 3, half, two>>, double>{}) == 2 * 18);
    CHECK(penalty(at::model<at::network<at::input<5, 2>, at::depthwise_conv1d<3, two, half>>, double>{}) ==
          2 * 6);
    CHECK(penalty(at::model<at::network<at::input<5, 2>, at::gru<3, two, half>>, double>{}) == 2 * 18);
}

TEST_CASE("the gradient of l2 is twice its factor times the weight, biases have none") {
    const auto plain = update_with<deep>({}), decayed = update_with<deep>({.l2 = 0.25});
    at::model<deep, double> net{at::seed{3}};
    for (std::size_t i = 0; i < net.size(); ++i) {
        const bool kernel = i < 24 || (i >= 48 && i < 64);
        CHECK(decayed[i] - plain[i] == Approx(kernel ? 0.5 * net.data()[i] : 0).margin(1e-15));
    }
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{}};
    const auto stay = [](std::uint64_t) { return 0.0; };
    double squares = 0;
    for (std::size_t i = 0; i < 64; ++i)
        if (i < 24 || i >= 48) squares += net.data()[i] * net.data()[i];
    const auto report = trainer.fit(x, y, {.schedule = stay, .l2 = 0.25, .progress = silent}).back();
    CHECK(report.penalty == Approx(0.25 * squares).epsilon(1e-14));
    CHECK(report.loss == Approx(trainer.evaluate(x, y)).epsilon(1e-14));  // the penalty is apart
    CHECK_THROWS_WITH(trainer.fit(x, y, {.l2 = -1}), Contains("l2") && Contains("-1"));
}

TEST_CASE("values are validated too") {
    at::model<deep, double> net{at::seed{3}};
    at::trainer trainer{net, at::mean_squared_error{}, at::adam{}};
    const auto vx = numbers_of(10, 3, 5), vy = numbers_of(10, 2, 6);
    const auto made = trainer.fit(x, y, {.epochs = 3, .validation = {vx, vy}, .progress = silent});
    CHECK(*made.back().validation_loss == trainer.evaluate(vx, vy));
    CHECK(!made.back().validation_accuracy);
    CHECK_THROWS_WITH(trainer.fit(x, y, {.validation = {vx, y}}), Contains("validation targets"));
    CHECK_THROWS_WITH(trainer.fit(x, y, {.validation = {vx * std::nan(""), vy}}),
                      Contains("validation samples"));
}

TEST_CASE("training stops when the loss no longer falls") {
    // The weight moves by 1 in each update; the validation loss |w - 3| falls three times.
    const auto run = [](at::early_stopping stop, std::size_t epochs) {
        at::model<one_weight, double> net;
        net.data()[0] = 0;
        at::trainer trainer{net, at::mean_absolute_error{}, at::sgd{.rate = 1}};
        const xt::xtensor<double, 2> one{{1}}, far{{100}}, three{{3}};
        const auto made = trainer.fit(
            one, far, {.epochs = epochs, .validation = {one, three}, .stop_early = stop, .progress = silent});
        return std::pair<std::size_t, double>{made.size(), net.data()[0]};
    };
    CHECK(run({.patience = 2}, 50) == std::pair<std::size_t, double>{5, 3});
    CHECK(run({.patience = 4, .restore_best = false}, 50) == std::pair<std::size_t, double>{7, 7});
    CHECK(run({.patience = 2}, 4) == std::pair<std::size_t, double>{4, 3});
    // Losses 2, 1, 0, 1, 2: 0 is the first that lies more than 1 below the 2.
    CHECK(run({.patience = 2, .min_delta = 1, .restore_best = false}, 50) ==
          std::pair<std::size_t, double>{5, 5});
    CHECK_THROWS_WITH(run({.patience = 0}, 1), Contains("patience"));
    CHECK_THROWS_WITH(run({.min_delta = -1}, 1), Contains("min_delta"));
}

TEST_CASE("epochs are logged as comma-separated values and told to a callback") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "log.csv";
    at::model<deep, double> net{at::seed{3}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.5}};
    at::history told;
    const at::fit_options options{
        .epochs = 2, .progress = silent, .csv_log = path, .on_epoch = [&](const at::epoch_report& report) {
            told.push_back(report);
        }};
    const auto first = trainer.fit(x, y, options);
    trainer.fit(x, y, options);
    REQUIRE(told.size() == 4);
    CHECK(told[1].loss == first[1].loss);
    CHECK(told[3].epoch == 2);
    CHECK(told[3].all_epochs == 4);
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == at::csv_header());
    CHECK(lines[0] == "epoch,loss,penalty,accuracy,validation_loss,validation_accuracy,rate,seconds");
    CHECK(lines[2] == at::csv_row(first[1]));
    CHECK_THAT(lines[4], Catch::StartsWith("4,") && Contains(",0,,,,0.5,"));
    at::write_csv(told, folder.path() / "all.csv");
    std::ifstream again(folder.path() / "all.csv");
    for (const auto& line : lines) {
        std::string other;
        REQUIRE(std::getline(again, other));
        CHECK(other == line);
    }
    CHECK_THROWS_AS(at::write_csv(told, folder.path() / "none" / "all.csv"), at::file_error);
    CHECK_THROWS_AS(trainer.fit(x, y, {.progress = silent, .csv_log = folder.path() / "none" / "a.csv"}),
                    at::file_error);
}
