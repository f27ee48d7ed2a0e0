// SPDX-License-Identifier: BSL-1.0
// Options of `fit`, searches and mapped files, by several ranks; check.py compares what they print: `options FOLDER`.
#include "common.hpp"

#include <archetype/data/mapped_array.hpp>
#include <archetype/training/architecture_search.hpp>
#include <archetype/training/reduce_on_plateau.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

using small =
    at::network<at::input<4, 4, 1>, at::flatten, at::dense<19>, at::tanh, at::dense<3>, at::softmax>;

/// Bits and number of epochs of small networks that learn 120 samples.
std::string learned(at::process_group& group, const at::fit_options& options, double rate = 1e-3,
                    bool overlaps = true) {
    at::model<small> model{at::seed{1}};
    at::distributed_trainer trainer(group, at::shards<8>{}, model, at::cross_entropy{},
                                    at::adam{.rate = rate});
    trainer.overlap(overlaps);
    const at::history history = trainer.fit(images(120, 4, 3, 3), options);
    return bits_of(model, history) + ", " + std::to_string(history.size()) + " epochs, rate " +
           std::to_string(history.back().rate);
}

void ends(at::process_group& group) {
    const at::dataset held_out = images(150, 4, 3, 4);
    say(group, "stop_early",
        learned(group,
                {.epochs = 60,
                 .batch = 40,
                 .validation = &held_out,
                 .stop_early = at::early_stopping{.patience = 3, .min_delta = 0.01},
                 .progress = silent},
                0.05));
    say(group, "reduce_on_plateau",
        learned(group,
                {.epochs = 20,
                 .batch = 40,
                 .validation = &held_out,
                 .progress = silent,
                 .callbacks = {at::reduce_on_plateau{.factor = 0.5, .patience = 2, .min_delta = 0.01}}},
                0.05));
    // Others ask for what nobody does.
    const auto after_step = [&](const at::step_report& step, at::training_control& control) {
        if (!group.is_first()) {
            control.rate = 7;
            control.stop = true;
        } else if (step.update == 4) {
            control.rate = 0.25;
        }
    };
    const auto after_epoch = [&](const at::epoch_report& report, at::training_control& control) {
        control.stop = group.is_first() == (report.epoch == 5);
    };
    say(group, "callback of rank 0",
        learned(
            group,
            {.epochs = 9, .batch = 40, .progress = silent, .callbacks = {{after_step, after_epoch, true}}}));
}

/// Gradients that are sent after the backward pass, and seconds that are counted where there is somebody to wait for.
void late(at::process_group& group) {
    const at::fit_options options{.epochs = 3, .batch = 40, .progress = silent};
    const std::string wanted = learned(group, options), found = learned(group, options, 1e-3, false);
    const bool is_counted = group.world_size() == 1 || group.seconds_waited() > 0;
    say(group, "sent after the backward pass",
        found != wanted ? found
        : is_counted    ? "the same bits"
                        : "no seconds waited");
}

/// What is shown and written comes from rank 0 alone.
void shown(at::process_group& group, const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / ("log" + std::to_string(group.world_size()) + ".csv");
    std::ostringstream out;
    say(group, "shown",
        learned(
            group,
            {.epochs = 4, .batch = 40, .progress = at::progress_style::lines, .out = &out, .csv_log = path}));
    std::string counts;
    for (const std::string& text : group.gather(out.str()))
        counts += " " + std::to_string(std::count(text.begin(), text.end(), '\n'));
    std::ifstream log(path);
    const std::string rows{std::istreambuf_iterator<char>(log), {}};
    say(group, "lines of ranks", counts.substr(1));
    say(group, "rows and their head", std::to_string(std::count(rows.begin(), rows.end(), '\n')));
}

/// One shard of eight has samples that are too large: the fifth of the second update.
void diverged(at::process_group& group) {
    using net_type = at::network<at::input<4, 4, 1>, at::flatten, at::dense<9>, at::relu, at::dense<2>>;
    at::dataset data = images(80, 4, 3, 3);
    xt::xtensor<float, 2> targets = xt::zeros<float>({80, 2});
    for (std::size_t p = 0; p < 16; ++p) data.samples.data()[(40 + 4 * 5) * 16 + p] = 1e30f;
    say_error<at::training_diverged>(group, "diverged", [&] {
        at::model<net_type> model{at::seed{1}};
        at::distributed_trainer trainer(group, at::shards<8>{}, model, at::mean_squared_error{}, at::sgd{});
        trainer.fit(data.samples, targets, {.epochs = 2, .batch = 40, .shuffle = false, .progress = silent});
    });
}

/// Networks of a grid, each trained by the rank that is free.
void architectures(at::process_group& group) {
    const at::architecture_grid grid{
        []<class Width, class Between>(Width, Between) {
            return boost::hana::type_c<at::network<at::input<4, 4, 1>, at::flatten, at::dense<Width::value>,
                                                   typename Between::type, at::dense<3>, at::softmax>>;
        },
        at::grid_values<"width", 3, 5, 9>{}, at::grid_types<"activation", at::tanh, at::relu>{}};
    const at::dataset data = images(40, 4, 3, 3);
    std::size_t count = 0;
    const auto objective = [&]<class Net>(std::type_identity<Net>, at::seed start) {
        ++count;
        at::model<Net> model{start};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 0.01}};
        return trainer.fit(data, {.epochs = 2, .batch = 20, .progress = silent}).back().loss;
    };
    const std::string alone = at::search_architectures(grid, objective, {.repeats = 2}).text();
    count = 0;
    const std::string together =
        at::search_architectures(grid, objective, {.repeats = 2, .spread = at::over_ranks(group)}).text();
    say(group, "architectures", together == alone ? "as one process" : together);
    std::size_t all = 0;
    for (const std::string& text : group.gather(std::to_string(count))) all += std::stoul(text);
    say(group, "trained architectures", std::to_string(all));
}

/// Bytes of an IDX file that stays where it is give the bits of the same numbers in memory.
void mapped(at::process_group& group, const std::filesystem::path& folder) {
    at::dataset data = images(120, 4, 3, 3);
    std::string bytes{'\0', '\0', 8, 4, 0, 0, 0, 120, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1};
    for (float& x : data.samples) {
        bytes += static_cast<char>(x * 4);
        x = static_cast<float>(bytes.back());
    }
    const std::filesystem::path path = folder / ("of_" + std::to_string(group.world_size()) + ".idx");
    if (group.is_first()) std::ofstream(path, std::ios::binary) << bytes;
    group.barrier();
    const auto fit = [&](const auto& samples) {
        at::model<small> model{at::seed{1}};
        at::distributed_trainer trainer(group, at::shards<8>{}, model, at::cross_entropy{}, at::adam{});
        const at::fit_options options{.epochs = 2, .batch = 40, .progress = silent};
        return bits_of(model, trainer.fit(samples, data.labels, options));
    };
    const std::string found = fit(at::mapped_array<std::uint8_t>(path));
    say(group, "mapped IDX", found == fit(data.samples) ? found : "other bits than in memory");
}

}  // namespace

int main(int, char** arguments) {
    at::process_group group;
    return group.run([&] {
        ends(group);
        late(group);
        shown(group, arguments[1]);
        diverged(group);
        architectures(group);
        mapped(group, arguments[1]);
    });
}
