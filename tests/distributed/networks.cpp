// SPDX-License-Identifier: BSL-1.0
// Networks whose training is more than sums of gradients; check.py compares what several numbers of ranks print.
#include "common.hpp"

namespace {

using conv_norm = at::sequence<at::conv2d<6, 3, at::same, at::no_bias>, at::batch_norm<>>;
using residual_network = at::network<at::input<8, 8, 1>, conv_norm, at::relu,
                                     at::residual<at::sequence<conv_norm, at::relu, conv_norm>>, at::relu,
                                     at::global_avg_pool2d, at::dense<4, at::l2<1e-3>>, at::softmax>;

/// Batch norm, clipping by all gradients, a penalty, and an optimizer that looks ahead.
void residuals(at::process_group& group) {
    at::model<residual_network> model{at::seed{2}};
    at::distributed_trainer trainer(group, at::shards<4>{}, model, at::cross_entropy{},
                                    at::nesterov{.rate = 0.05}, at::seed{7});
    const at::history history = trainer.fit(
        images(90, 8, 4, 5),
        {.epochs = 2, .batch = 32, .clip = at::clip_by_global_norm{0.5}, .l1 = 1e-4, .progress = silent});
    say(group, "residual network", bits_of(model, history));
}

using language_model = at::network<at::input<12>, at::embedding<17, 8>, at::lstm<11, at::return_sequences>,
                                   at::dropout<0.2>, at::time_distributed<at::dense<17>>, at::softmax>;

/// Letters of a repeated sequence; two batches make an update.
void letters(at::process_group& group) {
    xt::xtensor<float, 2> samples = xt::zeros<float>({60, 12});
    xt::xtensor<std::int32_t, 2> next = xt::zeros<std::int32_t>({60, 12});
    for (std::size_t i = 0; i < 60; ++i)
        for (std::size_t t = 0; t < 12; ++t) {
            samples(i, t) = static_cast<float>((i * 5 + t * t) % 17);
            next(i, t) = static_cast<std::int32_t>((i * 5 + (t + 1) * (t + 1)) % 17);
        }
    at::model<language_model> model{at::seed{3}};
    at::distributed_trainer trainer(group, at::shards<4>{}, model, at::cross_entropy{},
                                    at::adam{.rate = 0.05});
    std::vector<double> weights(60, 1.0);
    weights[3] = 2;
    at::weight_average average(model, 0.9);
    const at::history history = trainer.fit(samples, next,
                                            {.epochs = 3,
                                             .batch = 8,
                                             .accumulate = 2,
                                             .clip = at::clip_by_value{0.1},
                                             .sample_weights = weights,
                                             .progress = silent,
                                             .callbacks = {average.callback()}});
    at::detail::content_hash hash;
    hash.add(average.values().data(), average.values().size());
    say(group, "language model", bits_of(model, history) + " average " + hash.text().substr(20));
    if (!(history.back().loss < history.front().loss)) group.abort("has learned nothing");
}

}  // namespace

int main() {
    at::process_group group;
    residuals(group);
    letters(group);
}
