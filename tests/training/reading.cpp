// SPDX-License-Identifier: BSL-1.0
// Training on samples that are read meanwhile is training on those in memory, bit for bit.
#include <archetype/data/augmentation/mixing.hpp>
#include <archetype/training/ctc.hpp>
#include <archetype/training/fit/reading.hpp>
#include <archetype/training/several_losses.hpp>
#include <archetype/training/trainer.hpp>
#include <archetype/training/twin_losses.hpp>
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

TEST_CASE("targets of a loss' own are read, too") {
    using lines = at::network<at::input<6, 4>, at::conv1d<3, 3, at::same>>;
    using loss = at::ctc<2, 0, at::input_lengths>;
    xt::xtensor<float, 4> x = xt::ones<float>({9, 1, 6, 4});
    xt::xtensor<float, 2> read = xt::ones<float>({9, 3});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * 7 % 13) / 13;
    for (std::size_t n = 0; n < 9; ++n) {
        read(n, 0) = static_cast<float>(3 + n % 4);
        read(n, 1) = static_cast<float>(1 + n % 2);
        read(n, 2) = n % 3 == 0 ? -1.0f : 1.0f;
    }
    const xt::xtensor<float, 3> series = xt::reshape_view(x, {9, 6, 4});
    const xt::xtensor<int, 2> labels = read;
    const at::fit_options options{.epochs = 3, .batch = 4, .progress = silent};
    at::model<lines> direct{at::seed{1}}, fed{at::seed{1}};
    at::trainer here{direct, loss{}, at::adam{}, at::seed{2}}, there{fed, loss{}, at::adam{}, at::seed{2}};
    here.fit(series, labels, options);
    there.fit(at::reader_of(x, read), options);
    CHECK(std::equal(direct.data(), direct.data() + direct.size(), fed.data()));
    CHECK(there.evaluate(at::reader_of(x, read)) == here.evaluate(series, labels));
    CHECK_THROWS_WITH(there.fit(at::reader_of(x, xt::ones<float>({9, 2})), options),
                      Contains("targets of 3 numbers, as the loss has, found a reader of 2 numbers"));
    read(5, 1) = 1.5f;
    CHECK_THROWS_WITH(there.fit(at::reader_of(x, read), options),
                      Contains("class numbers") && Contains("found 1.5"));
    read(5, 1) = 3;
    CHECK_THROWS_WITH(there.fit(at::reader_of(x, read), options),
                      Contains("classes below 3, or -1 at the end") && Contains("found 3"));
    at::model<net> pairs{at::seed{1}};
    at::trainer none{pairs, at::triplet_loss{}, at::sgd{}};
    CHECK_THROWS_WITH(none.fit(at::reader_of(stripes()), options),
                      Contains("targets of no numbers, as the loss has, found a reader of class numbers"));
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

TEST_CASE("what is judged may be read too") {
    const at::dataset data = stripes();
    for (const at::loading_options loading : {at::loading_options{0}, {2, 3}}) {
        at::history direct, read;
        const auto options = [](at::validation_data validation) {
            return at::fit_options{.epochs = 3,
                                   .batch = 8,
                                   .validation = std::move(validation),
                                   .keep_best = true,
                                   .progress = silent};
        };
        const auto wanted = weights_after([&](auto& trainer) { direct = trainer.fit(data, options(&data)); });
        const auto found = weights_after([&](auto& trainer) {
            read = trainer.fit(data, options({at::reader_of(data), loading}));
            const at::evaluation judged = trainer.evaluate(at::reader_of(data), loading),
                                 in_memory = trainer.evaluate(data);
            CHECK(judged.loss == in_memory.loss);
            CHECK(judged.confusion.accuracy() == in_memory.confusion.accuracy());
        });
        CHECK(found == wanted);
        for (std::size_t epoch = 0; epoch < 3; ++epoch) {
            CHECK(read[epoch].validation_loss == direct[epoch].validation_loss);
            CHECK(read[epoch].validation_accuracy == direct[epoch].validation_accuracy);
        }
    }
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    at::sample_reader other = at::reader_of(data);
    other.shape = {4, 5, 1};
    CHECK_THROWS_WITH(trainer.evaluate(other),
                      "archetype::trainer: expected samples of shape (4, 4, 1), found a "
                      "reader of 4 x 5 x 1");
    CHECK_THROWS_WITH(
        trainer.fit(data, {.validation = other, .progress = silent}),
        "archetype::trainer: expected validation samples of shape (4, 4, 1), found a reader of 4 x 5 "
        "x 1");
    other = at::reader_of(data);
    other.read = [read = other.read](std::size_t number, std::size_t epoch, at::sample& made) {
        read(number, epoch, made);
        if (number == 44) made.label = 3;
    };
    CHECK_THROWS_WITH(trainer.evaluate(other), Contains("found 3"));
}

namespace {
/// Three classes at the end, a class for each of four pixels, and two numbers.
using several = at::network<at::input<4, 4, 1>, at::conv2d<2, 3, at::stride<2>, at::padding<1>>,
                            at::side_output<"pixels", at::conv2d<2, 1>, at::softmax>, at::flatten, at::tanh,
                            at::side_output<"values", at::dense<2>>, at::dense<3>>;
using losses_of_three = at::losses<at::cross_entropy, at::cross_entropy, at::mean_squared_error>;
const losses_of_three weighted{std::tuple{at::cross_entropy{}, at::cross_entropy{}, at::mean_squared_error{}},
                               {1, 0.5, 0.3}};

struct targets_of_three {
    xt::xtensor<int, 1> classes = xt::xtensor<int, 1>::from_shape({45});
    xt::xtensor<int, 3> pixels = xt::xtensor<int, 3>::from_shape({45, 2, 2});
    xt::xtensor<float, 2> values = xt::xtensor<float, 2>::from_shape({45, 2});
    targets_of_three() {
        for (std::size_t n = 0; n < 45; ++n) {
            classes(n) = static_cast<int>(n % 3);
            for (std::size_t i = 0; i < 4; ++i) pixels.data()[4 * n + i] = static_cast<int>((n + i) % 2);
            for (std::size_t i = 0; i < 2; ++i)
                values(n, i) = static_cast<float>(std::cos(static_cast<double>(2 * n + i)));
        }
    }
    auto all() const { return std::tuple{classes, pixels, values}; }
};

template <class T, class Fit>
std::vector<T> several_after(const Fit& fit) {
    at::model<several, T> model{at::seed{1}};
    at::trainer trainer{model, weighted, at::adam{}, at::seed{2}};
    fit(trainer);
    return {model.data(), model.data() + model.size()};
}
template <class T>
void check_several() {
    const at::dataset data = stripes();
    const targets_of_three targets;
    const at::sample_reader reader = at::reader_of(data.samples, targets.all());
    CHECK(reader.target_parts == std::vector<std::size_t>{1, 4, 2});
    CHECK(reader.target_size == 7);
    const xt::xtensor<T, 4> samples = data.samples;
    std::vector<double> of_samples(45, 1.0);
    for (std::size_t i = 0; i < 45; ++i) of_samples[i] = 0.5 + static_cast<double>(i % 4);
    for (const at::loading_options loading : {at::loading_options{0}, {3, 4}}) {
        const auto options = [&](at::validation_data validation) {
            return at::fit_options{.epochs = 3,
                                   .batch = 4,
                                   .accumulate = 3,
                                   .validation = std::move(validation),
                                   .keep_best = true,
                                   .sample_weights = of_samples,
                                   .progress = silent};
        };
        at::history direct, read;
        const auto wanted = several_after<T>([&](auto& trainer) {
            direct = trainer.fit(samples, targets.all(), options({samples, targets.all()}));
        });
        CHECK(several_after<T>([&](auto& trainer) {
                  read = trainer.fit(reader, options({reader, loading}), loading);
                  const at::evaluations found = trainer.evaluate(reader, loading),
                                        in_memory = trainer.evaluate(samples, targets.all());
                  CHECK(found.loss == in_memory.loss);
                  REQUIRE(found.outputs.size() == 3);
                  for (std::size_t k = 0; k < 3; ++k) {
                      CHECK(found.outputs[k].loss == in_memory.outputs[k].loss);
                      CHECK((k == 2) == std::isnan(found.outputs[k].accuracy));
                      if (k != 2) CHECK(found.outputs[k].accuracy == in_memory.outputs[k].accuracy);
                  }
              }) == wanted);
        REQUIRE(read.size() == direct.size());
        CHECK(read.back().loss == direct.back().loss);
        CHECK(read.back().validation_loss == direct.back().validation_loss);
        CHECK(read.back().metrics == direct.back().metrics);
    }
}
}  // namespace

TEST_CASE("targets of several outputs are read as those in memory are given") {
    check_several<float>();
    check_several<double>();
}

TEST_CASE("readers that do not fit several losses") {
    const at::dataset data = stripes();
    const targets_of_three targets;
    at::model<several> model{at::seed{1}};
    at::trainer trainer{model, weighted, at::adam{}, at::seed{2}};
    const std::vector<float> before(model.data(), model.data() + model.size());
    const at::sample_reader good = at::reader_of(data.samples, targets.all());
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data)),
                      "archetype::trainer: expected targets of 3 outputs, found a reader of 1 (see "
                      "target_parts)");
    CHECK_THROWS_WITH(trainer.fit(at::reader_of(data.samples, std::tuple{targets.classes, targets.values})),
                      Contains("targets of 3 outputs, found a reader of 2"));
    CHECK_THROWS_WITH(trainer.evaluate(at::reader_of(
                          data.samples, std::tuple{targets.classes, targets.values, targets.values})),
                      "archetype::trainer: expected targets of output 2 of 8 numbers or 4 for classes, found "
                      "a reader of 2");
    at::sample_reader wrong = good;
    wrong.target_size = 8;
    CHECK_THROWS_WITH(trainer.fit(wrong),
                      Contains("expected a reader of 7 target numbers") && Contains("found one of 8"));
    CHECK_THROWS_WITH(trainer.fit(good, {.class_weights = {1, 2, 3}, .progress = silent}), Contains("class"));
    const auto with = [&](std::size_t place, float number) {
        at::sample_reader changed = good;
        changed.read = [good, place, number](std::size_t n, std::size_t epoch, at::sample& made) {
            good.read(n, epoch, made);
            if (n == 2) made.target[place] = number;
        };
        return changed;
    };
    const at::fit_options options{.epochs = 1, .batch = 45, .progress = silent};
    CHECK_THROWS_WITH(trainer.fit(with(0, 0.5f), options),
                      "archetype::trainer: expected class numbers as targets of output 1, found 0.5");
    CHECK_THROWS_WITH(trainer.fit(with(0, 3), options), Contains("labels from 0 to 2, found 3"));
    CHECK_THROWS_WITH(trainer.fit(with(3, -1), options), Contains("labels from 0 to 1, found -1"));
    CHECK_THROWS_WITH(trainer.fit(with(0, 0x1p100f), options), Contains("found 1.26765060022822"));
    CHECK_THROWS_WITH(trainer.fit(with(6, std::numeric_limits<float>::infinity()), options),
                      Contains("targets of a batch") && Contains("finite"));
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    CHECK_THROWS_WITH(at::mixed(good, at::mix_up{}, 7), Contains("targets of one output, found those of 3"));
    CHECK_THROWS_WITH(at::reader_of(data.samples, std::tuple{targets.classes, xt::zeros<float>({44, 2})}),
                      Contains("expected 45 targets of output 2 of at least one number, found 44"));
    CHECK_THROWS_WITH(
        at::reader_of(data.samples, std::tuple{xt::xtensor<int, 1>(16777217 + xt::zeros<int>({45}))}),
        Contains("up to 16777216, found 16777217"));
    at::model<net> one{at::seed{1}};
    at::trainer single{one, at::cross_entropy{}, at::adam{}};
    CHECK_THROWS_WITH(single.fit(good), Contains("of one output, found a reader of targets of 3"));
}
