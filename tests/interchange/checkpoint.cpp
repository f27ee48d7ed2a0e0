// SPDX-License-Identifier: BSL-1.0
// Training that was interrupted goes on bit for bit as training that was not.
#include <archetype/interchange/checkpoint.hpp>
#include <catch2/catch.hpp>
#include <cstring>

#include "execution/numbers.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Matchers::Contains;

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
    at::write_safetensors(plain, std::span<const at::tensor_entry>(), {{"seed", "5"}, {"epochs", "-1"}});
    CHECK_THROWS_WITH(at::load_checkpoint(one_state, plain), Contains("epochs") && Contains("\"-1\""));
    CHECK(all_of(one_state) == before);
    CHECK(one_state.counters().updates == 0);
    at::model<net_type, double> precise;
    at::trainer in_double{precise, loss_type{}, at::adam{}};
    CHECK_THROWS_WITH(at::load_checkpoint(in_double, path), Contains("F64") && Contains("F32"));
}
