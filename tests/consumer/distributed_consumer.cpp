// SPDX-License-Identifier: BSL-1.0
// Another project's program for several processes; prints whose MPI it has.
#include <archetype/distributed.hpp>
#include <cstdio>

namespace at = archetype;

int main() {
    at::process_group group;
    return group.run([&] {
        using net_type = at::network<at::input<2>, at::dense<3>, at::tanh, at::dense<1>>;
        const xt::xtensor<float, 2> samples = xt::ones<float>({8, 2}), targets = xt::ones<float>({8, 1});
        at::model<net_type> net{at::seed{1}};
        at::distributed_trainer trainer(group, at::shards<2>{}, net, at::mean_squared_error{},
                                        at::sgd{.rate = 0.1});
        const at::history history =
            trainer.fit(samples, targets, {.epochs = 30, .progress = at::progress_style::silent});
        char name[MPI_MAX_LIBRARY_VERSION_STRING];
        int size = 0;
        MPI_Get_library_version(name, &size);
        if (group.is_first())
            std::printf("%zu ranks of %.9s: %s\n", group.world_size(), name,
                        history.back().loss < 0.1 * history.front().loss ? "learned" : "not learned");
    });
}
