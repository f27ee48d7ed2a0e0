// SPDX-License-Identifier: BSL-1.0
// Training that was interrupted goes on bit for bit as training that was not.
#include <archetype/interchange/checkpoint.hpp>
#include <catch.hpp>
#include <cstring>
#include <limits>

#include "execution/numbers.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

// Moving statistics and dropout: all that training changes or draws.
using net_type = at::network<at::input<6>, at::named<"first", at::dense<8>>, at::batch_norm<>, at::relu,
                             at::dropout<0.3>, at::dense<3>, at::softmax>;
using loss_type = at::cross_entropy;
constexpr auto silent = at::progress_style::silent;

const auto samples = numbers::samples<net_type, float>(50);
const xt::xtensor<int, 1> labels = xt::arange<int>(50) % 3;

at::fit_options options(std::size_t epochs) {
    return {.epochs = epochs,
            .batch = 8,
            .schedule = at::warm_up{10, at::cosine_restarts{.rate = 0.05, .period = 13}},
            .l2 = 1e-3,
            .progress = silent};
}

template <class T, class Optimizer>
std::vector<T> all_of(const at::trainer<net_type, T, loss_type, Optimizer>& trainer) {
    std::vector<T> numbers(trainer.net().data(), trainer.net().data() + trainer.net().size());
    numbers.insert(numbers.end(), trainer.optimizer_state().begin(), trainer.optimizer_state().end());
    return numbers;
}

template <class T, class Optimizer>
void check(Optimizer optimizer) {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors";
    at::model<net_type, T> whole{at::seed{1}}, first{at::seed{1}}, second{at::seed{77}};
    at::trainer uninterrupted{whole, loss_type{}, optimizer, at::seed{5}};
    const auto all = uninterrupted.fit(samples, labels, options(5));
    {
        at::trainer interrupted{first, loss_type{}, optimizer, at::seed{5}};
        interrupted.fit(samples, labels, options(2));
        at::save_checkpoint(interrupted, path);
    }
    at::trainer resumed{second, loss_type{}, optimizer, at::seed{123}};
    at::load_checkpoint(resumed, path);
    CHECK(resumed.counters().seed == 5);
    CHECK(resumed.counters().epochs == 2);
    CHECK(resumed.counters().updates == 14);
    const auto rest = resumed.fit(samples, labels, options(3));
    const auto wanted = all_of(uninterrupted), found = all_of(resumed);
    REQUIRE(wanted.size() == found.size());
    CHECK(std::memcmp(wanted.data(), found.data(), wanted.size() * sizeof(T)) == 0);
    CHECK(rest.back().loss == all.back().loss);
    CHECK(rest.back().all_epochs == 5);
}

}  // namespace

TEST_CASE("a checkpoint continues training bit for bit") {
    check<float>(at::adam{});
    check<double>(at::sgd{.momentum = 0.9});
    check<float>(at::nesterov{});
}

TEST_CASE("files that do not fit change nothing") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors", plain = folder.path() / "model.safetensors";
    at::model<net_type> net{at::seed{1}}, other{at::seed{2}};
    at::trainer saved{net, loss_type{}, at::adam{}};
    saved.fit(samples, labels, options(1));
    at::save_checkpoint(saved, path);
    at::save(net, plain);
    at::trainer one_state{other, loss_type{}, at::sgd{}};
    const auto before = all_of(one_state);
    CHECK_THROWS_WITH(at::load_checkpoint(one_state, path), Contains("optimizer/1/first/kernel"));
    CHECK_THROWS_AS(at::load_checkpoint(one_state, path), at::load_error);
    CHECK_THROWS_WITH(at::load_checkpoint(one_state, plain), Contains("checkpoint") && Contains("seed"));
    CHECK_THROWS_AS(at::load_checkpoint(one_state, folder.path() / "none"), at::file_error);
    at::write_safetensors(std::span<const at::tensor_entry>(), plain, {{"seed", "5"}, {"epochs", "-1"}});
    CHECK_THROWS_WITH(at::load_checkpoint(one_state, plain), Contains("epochs") && Contains("\"-1\""));
    CHECK(all_of(one_state) == before);
    CHECK(one_state.counters().updates == 0);
    at::model<net_type, double> precise;
    at::trainer in_double{precise, loss_type{}, at::adam{}};
    CHECK_THROWS_WITH(at::load_checkpoint(in_double, path), Contains("F64") && Contains("F32"));
}

namespace {

template <class Trainer>
std::string refused(Trainer& trainer, const std::filesystem::path& path,
                    const at::checkpoint_options& options = {}) {
    const auto before = trainer.counters().updates;
    const auto failure = at::try_load_checkpoint(trainer, path, options);
    CHECK(trainer.counters().updates == (failure ? before : 7));
    return failure ? failure->message(20) : "loaded";
}

}  // namespace

TEST_CASE("a checkpoint belongs to its optimizer, loss, architecture and schedule") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors";
    at::model<net_type> net{at::seed{1}}, other{at::seed{2}};
    {
        at::trainer saved{net, loss_type{}, at::adam{.beta_1 = 0.8}};
        saved.fit(samples, labels, options(1));
        at::save_checkpoint(saved, path);
    }
    at::trainer same{other, loss_type{}, at::adam{.rate = 5, .beta_1 = 0.8}};  // the rate is the schedule's
    CHECK(refused(same, path) == "loaded");
    at::trainer maximum{other, loss_type{}, at::adamax{}};  // as many numbers for each parameter
    CHECK_THAT(refused(maximum, path),
               Contains("optimizer: expected adamax{beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-07} "
                        "(checkpoint_options::other_optimizer), found adam{beta_1 = 0.8, beta_2 = 0.999, "
                        "epsilon = 1e-08}"));
    CHECK(refused(maximum, path, {.other_optimizer = true}) == "loaded");
    at::trainer numbers{other, loss_type{}, at::adam{}};
    CHECK_THAT(refused(numbers, path),
               Contains("expected adam{beta_1 = 0.9,") && Contains("found adam{beta_1 = 0.8,"));

    // Another activation has the same tensors
    using other_net = at::network<at::input<6>, at::named<"first", at::dense<8>>, at::batch_norm<>, at::tanh,
                                  at::dropout<0.3>, at::dense<3>, at::softmax>;
    at::model<other_net> with_tanh{at::seed{1}};
    at::trainer activation{with_tanh, loss_type{}, at::adam{.beta_1 = 0.8}};
    CHECK_THAT(refused(activation, path), Contains("architecture: expected layer 3: tanh") &&
                                              Contains("checkpoint_options::other_architecture") &&
                                              Contains("found layer 3: relu"));
    CHECK(refused(activation, path, {.other_architecture = true}) == "loaded");
    // Another epsilon has the same layers and shapes
    using other_rate =
        at::network<at::input<6>, at::named<"first", at::dense<8>>, at::batch_norm<at::epsilon<0.1>>,
                    at::relu, at::dropout<0.3>, at::dense<3>, at::softmax>;
    at::model<other_rate> with_rate{at::seed{1}};
    at::trainer rate{with_rate, loss_type{}, at::adam{.beta_1 = 0.8}};
    CHECK_THAT(refused(rate, path), Contains("expected layer 2: batch_norm (8), epsilon 0.1") &&
                                        Contains("found layer 2: batch_norm (8), epsilon 0.001"));

    // All that is wrong at once
    at::trainer wrong{with_tanh, at::mean_squared_error{}, at::sgd{}};
    CHECK_THAT(refused(wrong, path),
               Contains("architecture:") && Contains("loss: expected pointwise_loss{fingerprint = ") &&
                   Contains("optimizer: expected sgd{") && Contains("optimizer/1/first/kernel"));
    // What was written before there were settings
    const auto file = at::read_safetensors(path);
    at::safetensors_metadata metadata = file.metadata();
    metadata.erase("optimizer");
    at::write_safetensors(file.tensors(), path, metadata);
    CHECK_THAT(refused(same, path), Contains("optimizer: expected a setting") && Contains("found none"));
    CHECK(refused(same, path, {.other_optimizer = true}) == "loaded");
}

namespace {

/// An optimizer of one's own, with a number that the library has no name for.
struct damped {
    double rate = 0.1, damping = 0.5;
    static constexpr std::size_t states = 1;
    constexpr auto update(std::uint64_t) const {
        return at::expression::updates::momentum(rate, damping, 0, false);
    }
};

}  // namespace

TEST_CASE("optimizers and losses of one's own are compared by what they compute") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors";
    at::model<net_type> net{at::seed{1}};
    {
        at::trainer saved{net, loss_type{}, damped{}};
        saved.fit(samples, labels, options(1));
        at::save_checkpoint(saved, path);
    }
    at::trainer same{net, loss_type{}, damped{.rate = 1}};  // the rate is the schedule's
    CHECK(refused(same, path) == "loaded");
    at::trainer other{net, loss_type{}, damped{.damping = 0.6}};
    CHECK_THAT(refused(other, path), Contains("optimizer: expected") && Contains("damped{fingerprint = "));
}

TEST_CASE("training goes on with the schedule of the checkpoint") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors";
    at::model<net_type> net{at::seed{1}};
    at::trainer trainer{net, loss_type{}, at::sgd{}};
    trainer.fit(samples, labels, options(1));
    CHECK(trainer.schedule() ==
          "warm_up{steps = 10, from_zero = false, after = cosine_restarts{rate = 0.05, period = 13, longer = "
          "1, least = 0}}");
    at::save_checkpoint(trainer, path);
    at::load_checkpoint(trainer, path);
    at::fit_options other = options(1);
    other.schedule = at::constant_rate{.rate = 0.1};
    const auto before = all_of(trainer);
    CHECK_THROWS_WITH(trainer.fit(samples, labels, other),
                      Contains("expected the schedule of the checkpoint, warm_up{") &&
                          Contains("found constant_rate{rate = 0.1}") && Contains("other_schedule"));
    other.schedule = {};
    CHECK_THROWS_WITH(trainer.fit(samples, labels, other), Contains("found no schedule"));
    CHECK(all_of(trainer) == before);
    CHECK(trainer.counters().epochs == 1);
    trainer.fit(samples, labels, options(1));
    trainer.fit(samples, labels, other);  // no longer of the checkpoint
    at::load_checkpoint(trainer, path, {.other_schedule = true});
    trainer.fit(samples, labels, other);
    // Without a schedule the rate is compared
    at::save_checkpoint(trainer, path);
    trainer.optimizer().rate = 0.5;
    CHECK_THROWS_WITH(at::load_checkpoint(trainer, path), Contains("expected sgd{rate = 0.5,"));
}

TEST_CASE("a checkpoint holds finite numbers unless asked otherwise") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "training.safetensors";
    at::model<net_type> net{at::seed{1}};
    at::trainer trainer{net, loss_type{}, at::sgd{}};
    trainer.optimizer_state()[1] = std::numeric_limits<float>::infinity();
    CHECK_THAT(
        at::try_save_checkpoint(trainer, path)->message(),
        Contains("finite numbers in optimizer/0/first/kernel") && Contains("inf at index 1, element (0, 1)"));
    CHECK_FALSE(std::filesystem::exists(path));
    at::save_checkpoint(trainer, path, {.allow_not_finite = true});
    CHECK_THROWS_WITH(at::load_checkpoint(trainer, path), Contains("inf at index 1"));
    at::load_checkpoint(trainer, path, {.allow_not_finite = true});
}
