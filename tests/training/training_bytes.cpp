// SPDX-License-Identifier: BSL-1.0
// Bytes of training by hand for a network of one layer; benchmarks/training_memory measures whole ones.
#include <archetype/training/fit/training_bytes.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {
using net = at::network<at::input<32>, at::dense<16>>;
constexpr at::training_memory with_adam = at::training_memory_of<net, 8>,
                              with_sgd =
                                  at::training_memory_of<net, 16, at::sgd, at::mean_squared_error, double>;
static_assert(with_adam.parameters == 4 * (32 * 16 + 16));
static_assert(with_adam.gradients == with_adam.parameters && with_adam.optimizer == 2 * with_adam.parameters);
static_assert(with_sgd.parameters == 2 * with_adam.parameters && with_sgd.optimizer == with_sgd.parameters);
static_assert(with_adam.values >= 4 * 8 * (32 + 16) && with_sgd.values == 4 * with_adam.values);
static_assert(with_adam.targets == 8 * (4 + 4) && with_sgd.targets == 16 * (8 * 16 + 8));
static_assert(at::training_bytes<net, 8> == with_adam.total());
static_assert(at::training_bytes<net, 16> > at::training_bytes<net, 8>);
}  // namespace

TEST_CASE("a trainer keeps what training_memory_of says") {
    at::model<net> model{at::seed{1}};
    CHECK(sizeof(float) * model.size() == with_adam.parameters);
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    CHECK(sizeof(float) * trainer.optimizer_state().size() == with_adam.optimizer);
}
