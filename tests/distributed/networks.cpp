// SPDX-License-Identifier: BSL-1.0
// Networks whose training is more than sums of gradients; check.py compares what several numbers of ranks print. With -DCASE=0 to 3
// one of them.
#include "common.hpp"

#include <archetype/training/several_losses.hpp>

namespace {

using conv_norm = at::sequence<at::conv2d<6, 3, at::same, at::no_bias>, at::batch_norm<>>;
using residual_network = at::network<at::input<8, 8, 1>, conv_norm, at::relu,
                                     at::residual<at::sequence<conv_norm, at::relu, conv_norm>>, at::relu,
                                     at::global_avg_pool2d, at::dense<4, at::l2<1e-3>>, at::softmax>;

/// Batch norm, clipping by all gradients, a penalty, and an optimizer that looks ahead.
[[maybe_unused]] void residuals(at::process_group& group, std::size_t threads) {
    at::model<residual_network> model{at::seed{2}};
    model.threads(threads);
    at::distributed_trainer trainer(group, at::shards<8>{}, model, at::cross_entropy{},
                                    at::nesterov{.rate = 0.05}, at::seed{7});
    const at::history history = trainer.fit(
        images(90, 8, 4, 5),
        {.epochs = 2, .batch = 32, .clip = at::clip_by_global_norm{0.5}, .l1 = 1e-4, .progress = silent});
    say(group, "residual network", bits_of(model, history));
}

using language_model = at::network<at::input<12>, at::embedding<17, 8>, at::lstm<11, at::return_sequences>,
                                   at::dropout<0.2>, at::time_distributed<at::dense<17>>, at::softmax>;

/// Letters of a repeated sequence; two batches make an update.
[[maybe_unused]] void letters(at::process_group& group, std::size_t threads) {
    xt::xtensor<float, 2> samples = xt::zeros<float>({60, 12});
    xt::xtensor<std::int32_t, 2> next = xt::zeros<std::int32_t>({60, 12});
    for (std::size_t i = 0; i < 60; ++i)
        for (std::size_t t = 0; t < 12; ++t) {
            samples(i, t) = static_cast<float>((i * 5 + t * t) % 17);
            next(i, t) = static_cast<std::int32_t>((i * 5 + (t + 1) * (t + 1)) % 17);
        }
    at::model<language_model> model{at::seed{3}};
    model.threads(threads);
    at::distributed_trainer trainer(group, at::shards<8>{}, model, at::cross_entropy{},
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

using carried_model = at::network<at::input<6>, at::frozen<at::embedding<11, 6>>,
                                  at::lstm<7, at::return_sequences, at::stateful>,
                                  at::time_distributed<at::dense<11>>, at::softmax>;

/// States go from batch to batch, shard by shard; the last batch of an epoch is a smaller one. With one shard it is the trainer.
/// What is frozen stays.
[[maybe_unused]] void carried(at::process_group& group, std::size_t threads) {
    xt::xtensor<float, 2> samples = xt::zeros<float>({58, 6});
    xt::xtensor<std::int32_t, 2> next = xt::zeros<std::int32_t>({58, 6});
    for (std::size_t i = 0; i < 58; ++i)
        for (std::size_t t = 0; t < 6; ++t) {
            samples(i, t) = static_cast<float>((i * 7 + t * t) % 11);
            next(i, t) = static_cast<std::int32_t>((i * 3 + t) % 11);
        }
    at::fit_options options{.epochs = 2, .batch = 10, .shuffle = false, .progress = silent};
    const auto fit = [&](auto shards, const at::fit_options& with) {
        at::model<carried_model> model{at::seed{3}};
        model.threads(threads);
        const at::model<carried_model> before = model;
        at::distributed_trainer trainer(group, shards, model, at::cross_entropy{}, at::adam{.rate = 0.05});
        const std::string bits = bits_of(model, trainer.fit(samples, next, with));
        const bool stays = std::equal(model.data() + model.size() - 66, model.data() + model.size(),
                                      before.data() + model.size() - 66);
        return stays ? bits : "a frozen parameter has moved";
    };
    say(group, "carried states", fit(at::shards<8>{}, options));
    if (group.world_size() == 1) {
        at::model<carried_model> model{at::seed{3}};
        model.threads(threads);
        at::trainer alone{model, at::cross_entropy{}, at::adam{.rate = 0.05}};
        const std::string bits = bits_of(model, alone.fit(samples, next, options));
        say(group, "carried states of one shard",
            bits == fit(at::shards<1>{}, options) ? "as the trainer" : bits);
    }
    options.accumulate = 2;
    say_error<std::invalid_argument>(group, "states of accumulated batches",
                                     [&] { fit(at::shards<8>{}, options); });
}

using two_outputs = at::network<at::input<4, 4, 1>, at::flatten, at::dense<9>, at::tanh,
                                at::side_output<"values", at::dense<2>>, at::dense<3>>;

/// Validation data of several losses are judged by all ranks together, with the numbers of `evaluate`.
[[maybe_unused]] void outputs(at::process_group& group, std::size_t threads) {
    const at::dataset data = images(60, 4, 3, 3), held_out = images(150, 4, 3, 4);
    const auto targets = [](const at::dataset& of) {
        xt::xtensor<float, 2> values = xt::zeros<float>({of.size(), std::size_t{2}});
        for (std::size_t i = 0; i < of.size(); ++i) values(i, 1) = static_cast<float>(of.labels(i));
        return std::tuple{of.labels, values};
    };
    at::model<two_outputs> model{at::seed{2}};
    model.threads(threads);
    const at::losses both{std::tuple{at::cross_entropy{}, at::mean_squared_error{}}, {1, 0.3}};
    at::distributed_trainer trainer(group, at::shards<8>{}, model, both, at::adam{});
    const auto held = targets(held_out);
    at::fit_options options{
        .epochs = 2, .batch = 20, .validation = {held_out.samples, held}, .progress = silent};
    const at::history history = trainer.fit(data.samples, targets(data), options);
    const at::epoch_report& last = history.back();
    const at::evaluations judged = trainer.evaluate(held_out.samples, held);
    const bool are_alike = judged.loss == *last.validation_loss &&
                           judged.outputs[0].accuracy == *last.outputs[0].validation_accuracy &&
                           judged.outputs[1].loss == *last.outputs[1].validation_loss;
    say(group, "two outputs", are_alike ? bits_of(model, history) : "not as evaluate");
}

}  // namespace

int main(int count, char** arguments) {
    const std::size_t threads = count > 1 ? static_cast<std::size_t>(std::atoi(arguments[1])) : 1;
    at::process_group group;
#if !defined(CASE) || CASE == 0
    residuals(group, threads);
#endif
#if !defined(CASE) || CASE == 1
    letters(group, threads);
#endif
#if !defined(CASE) || CASE == 2
    carried(group, threads);
#endif
#if !defined(CASE) || CASE == 3
    outputs(group, threads);
#endif
}
