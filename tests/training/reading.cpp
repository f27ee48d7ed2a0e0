// SPDX-License-Identifier: BSL-1.0
// Training on samples that are read meanwhile is training on those in memory, bit for bit.
#include <archetype/data/augmentation/mixing.hpp>
#include <archetype/training/fit/reading.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <sstream>

namespace at = archetype;
using Catch::Contains;

namespace {
using net = at::network<at::input<4, 4, 1>, at::flatten, at::dense<6>, at::tanh, at::dense<3>, at::softmax>;
constexpr auto silent = at::progress_style::silent;

at::dataset stripes() {
    at::dataset data{xt::xtensor<float, 4>::from_shape({45, 4, 4, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({45})};
    for (std::size_t n = 0; n < 45; ++n) {
        data.labels(n) = static_cast<std::int32_t>(n % 3);
        for (std::size_t i = 0; i < 16; ++i)
            data.samples.data()[16 * n + i] = static_cast<float>(
                std::sin(static_cast<double>(16 * n + i)) * 0.2 + (i % 3 == n % 3 ? 1 : 0));
    }
    return data;
}
template <class Fit>
std::vector<float> weights_after(const Fit& fit) {
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}, at::seed{2}};
    fit(trainer);
    return {model.data(), model.data() + model.size()};
}
}  // namespace

TEST_CASE("a reader trains as its dataset does") {
    const at::dataset data = stripes();
    std::vector<double> of_samples(45, 1.0);
    for (std::size_t i = 0; i < 45; ++i) of_samples[i] = 0.5 + static_cast<double>(i % 4);
    for (const at::fit_options& options : {at::fit_options{.epochs = 3, .batch = 8, .progress = silent},
                                           at::fit_options{.epochs = 2,
                                           .batch = 4,
                                           .accumulate = 3,
                                           .sample_weights = of_samples,
                                           .class_weights = {1, 2, 0.5},
                                           .progress = silent},
                                           at::fit_options{.epochs = 2,
                                           .batch = 100,
                                           .validation = &data,
                                           .shuffle = false,
                                           .keep_best = true,
                                           .progress = silent}}) {
        at::history direct, read;
        const auto wanted = weights_after([&](auto& trainer) { direct = trainer.fit(data, options); });
        for (const at::loading_options loading : {at::loading_options{0}, {1, 1}, {3, 4}}) {
            CHECK(weights_after([&](auto& trainer) {
                      read = trainer.fit(at::reader_of(data), options, loading);
                  }) == wanted);
            REQUIRE(read.size() == direct.size());
            CHECK(read.back().loss == direct.back().loss);
            CHECK(read.back().accuracy == direct.back().accuracy);
            CHECK(read.back().validation_loss == direct.back().validation_loss);
            CHECK(read.back().waiting > 0);
        }
        CHECK(direct.back().waiting == 0);
    }
}

TEST_CASE("each epoch has changes of its own, and targets may be mixed") {
    const at::dataset data = stripes();
    const at::sample_reader noisy = at::augmented(at::reader_of(data), {at::random_noise{0.1}}, 4);
    // Two epochs are two datasets.
    at::fit_options options{.epochs = 2, .batch = 8, .shuffle = false, .progress = silent};
    const auto read = weights_after([&](auto& trainer) { trainer.fit(noisy, options); });
    options.epochs = 1;
    CHECK(weights_after([&](auto& trainer) {
              trainer.fit(at::read_all(noisy, 1), options);
              trainer.fit(at::read_all(noisy, 2), options);
          }) == read);
    const at::sample_reader soft = at::mixed(noisy, at::mix_up{}, 3, 4);
    at::history epochs;
    options.epochs = 40;
    weights_after([&](auto& trainer) { epochs = trainer.fit(soft, options); });
    CHECK(epochs.back().loss < epochs.front().loss);
    CHECK(!epochs.back().accuracy);  // targets are no class numbers

    using line = at::network<at::input<2>, at::dense<1>>;
    const xt::xtensor<float, 4> x = xt::ones<float>({8, 1, 1, 2});
    const xt::xtensor<float, 2> y = 3 * xt::ones<float>({8, 1});
    at::model<line, double> model{at::seed{1}};
    at::trainer trainer{model, at::mean_squared_error{}, at::sgd{.rate = 0.1}};
    CHECK(trainer.fit(at::reader_of(x, y), {.epochs = 60, .progress = silent}).back().loss < 1e-6);
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(stripes()), {}),
                      Contains("samples of shape (1, 1, 2)") && Contains("found a reader of 4 x 4 x 1"));
}

TEST_CASE("readers that do not fit, and what they throw") {
    at::dataset data = stripes();
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}, at::seed{2}};
    const std::vector<float> before(model.data(), model.data() + model.size());
    const at::fit_options options{.epochs = 2, .batch = 8, .shuffle = false, .progress = silent};
    CHECK_THROWS_WITH(trainer.fit(at::mixed(at::reader_of(data), at::mix_up{}, 4), options),
                      Contains("targets of 3 numbers or class numbers, found a reader of 4"));
    CHECK_THROWS_WITH(trainer.fit(at::sample_reader{0, {4, 4, 1}, 0, at::reader_of(data).read}, options),
                      Contains("at least one sample"));
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data), {.sample_weights = {1}, .progress = silent}),
                      Contains("45 numbers"));
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data), {.class_weights = {1}, .progress = silent}),
                      Contains("3 numbers"));
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data), options, {.workers = 1, .prefetch = 0}),
                      Contains("a prefetch of at least 1"));
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    data.labels(20) = 3;
    for (const std::size_t workers : {0, 1, 3}) {
        std::size_t updates = trainer.counters().updates;
        CHECK_THROWS_WITH(trainer.fit(at::reader_of(data), options, {.workers = workers}),
                          Contains("labels from 0 to 2, found 3 at position 4"));
        CHECK(trainer.counters().updates == updates + 3);  // the third one found none to learn from
    }
    data.labels(20) = 2;
    data.samples(9, 1, 1, 0) = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data), options),
                      Contains("finite numbers") && Contains("position 21"));
}
