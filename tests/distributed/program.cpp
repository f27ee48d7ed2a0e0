// SPDX-License-Identifier: BSL-1.0
// One program for each MPI: check.py runs it with several numbers of ranks and compares what it prints.
#include "common.hpp"

#include <archetype/data/mapped_array.hpp>
#include <archetype/training/fit/reading.hpp>
#include <fstream>

namespace {

using lenet5 = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::tanh, at::avg_pool2d<2>,
                           at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<120>,
                           at::tanh, at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
using small = at::network<at::input<4, 4, 1>, at::flatten, at::dense<19>, at::tanh, at::dropout<0.25>,
                          at::dense<3>, at::softmax>;

// Each part of an update is in exactly one sum of one rank, whatever their number, and sums are nodes of the tree.
constexpr bool sums_cover_all() {
    using at::detail::part_range;
    for (std::size_t parts = 1; parts <= 17; ++parts)
        for (std::size_t ranks = 1; ranks <= parts; ++ranks) {
            std::size_t next = 0;
            for (std::size_t r = 0; r < ranks; ++r)
                at::detail::for_each_sum({0, parts}, at::detail::piece_of(parts, r, ranks),
                                         [&](part_range sum) { next = sum.first == next ? sum.last : 1000; });
            if (next != parts) return false;
        }
    return true;
}
static_assert(sums_cover_all());
static_assert(at::detail::middle_of({0, 8}) == 4 && at::detail::middle_of({0, 7}) == 4 &&
              at::detail::middle_of({4, 7}) == 6 && at::detail::middle_of({2, 4}) == 3);

/// LeNet-5 with most options.
void digits(at::process_group& group, std::size_t threads) {
    const at::dataset data = images(70, 28, 10, 3), held_out = images(150, 28, 10, 4);
    at::model<lenet5> model{at::seed{1}};
    model.threads(threads);
    at::distributed_trainer trainer(group, at::shards<8>{}, model, at::cross_entropy{}, at::adam{},
                                    at::seed{5});
    const std::uint64_t before = group.bytes_sent();
    const at::history history = trainer.fit(data, {.epochs = 2,
                                                   .batch = 32,
                                                   .validation = &held_out,
                                                   .keep_best = true,
                                                   .schedule = at::step_decay{1e-3, 2, 0.5},
                                                   .progress = silent});
    say(group, "LeNet-5", bits_of(model, history));
    say(group, "validation", std::to_string(*history.back().validation_accuracy));
    const std::size_t ranks = group.world_size(), updates = trainer.counters().updates;
    const double sent = static_cast<double>(group.bytes_sent() - before) / static_cast<double>(updates);
    if (group.is_first())
        std::printf("bytes of rank 0 in a step: %.0f, bound %.0f\n", sent,
                    2.0 * static_cast<double>(ranks - 1) / static_cast<double>(ranks) * 4.0 *
                        static_cast<double>(model.size()));
    std::string of_ranks;
    for (const std::string& bytes : group.gather(std::to_string(trainer.optimizer_state().size_bytes())))
        of_ranks += " " + bytes;
    if (group.is_first()) std::printf("bytes of the optimizer's numbers:%s\n", of_ranks.c_str());
}

at::fit_options three_epochs() { return {.epochs = 3, .batch = 20, .progress = silent}; }

/// How many machines have a rank, by their names.
void say_hosts(at::process_group& group) {
    char name[MPI_MAX_PROCESSOR_NAME];
    int size = 0;
    MPI_Get_processor_name(name, &size);
    std::vector<std::string> names = group.gather(std::string(name, static_cast<std::size_t>(size)));
    std::sort(names.begin(), names.end());
    const auto last = std::unique(names.begin(), names.end());
    say(group, "hosts", std::to_string(last - names.begin()));
}

/// Of rank 0 in a step: as few as possible, where each rank has one sum of the tree.
void bytes_of_three(at::process_group& group) {
    if (group.world_size() != 3) return;
    const at::dataset data = images(24, 28, 10, 3);
    at::model<lenet5> model{at::seed{1}};
    at::distributed_trainer trainer(group, at::shards<12>{}, model, at::cross_entropy{}, at::adam{});
    trainer.step(data.samples.data(), data.labels.data(), 24);
    if (group.is_first())
        std::printf("bytes of rank 0 in a step, 12 shards: %llu, bound %zu\n",
                    static_cast<unsigned long long>(group.bytes_sent()), model.size() * 16 / 3);
}

/// Two shards are two batches that the other trainer accumulates.
void two_shards(at::process_group& group) {
    const at::dataset data = images(120, 4, 3, 3), held_out = images(150, 4, 3, 4);
    at::model<small> model{at::seed{1}}, other{at::seed{1}};
    if (group.world_size() <= 2) {
        at::distributed_trainer trainer(group, at::shards<2>{}, model, at::cross_entropy{}, at::adam{});
        at::fit_options options = three_epochs();
        options.validation = &held_out;
        const std::string bits = bits_of(model, trainer.fit(data, options));
        options.batch /= 2;
        options.accumulate = 2;
        at::trainer alone{other, at::cross_entropy{}, at::adam{}};
        say(group, "as the trainer for one process",
            bits == bits_of(other, alone.fit(data, options)) ? "yes" : bits);
    }
}

/// Samples that stay in a file give the same bits.
void mapped(at::process_group& group, const std::string& path) {
    const at::dataset data = images(60, 4, 3, 3);
    if (group.is_first()) {
        std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 4, 4, 1), }";
        header.resize(117, ' ');
        std::ofstream file(path, std::ios::binary);
        file << "\x93NUMPY\x01" << '\0' << 'v' << '\0' << header << '\n';
        file.write(reinterpret_cast<const char*>(data.samples.data()), 60 * 16 * 4);
    }
    group.barrier();
    at::model<small> model{at::seed{1}}, other{at::seed{1}};
    at::distributed_trainer trainer(group, at::shards<4>{}, model, at::cross_entropy{}, at::adam{});
    at::distributed_trainer in_memory(group, at::shards<4>{}, other, at::cross_entropy{}, at::adam{});
    const std::string found =
        bits_of(model, trainer.fit(at::mapped_array<float>(path), data.labels, three_epochs()));
    const std::string wanted = bits_of(other, in_memory.fit(data, three_epochs()));
    say(group, "mapped", found == wanted ? "as in memory" : found);
    // What is read, validation data too, is read by one rank each time; before, each rank looks at 64 samples.
    const at::dataset many = images(200, 4, 3, 3), held_out = images(300, 4, 3, 4);
    at::fit_options judged = three_epochs(), judged_as_read = three_epochs();
    judged.validation = &held_out;
    at::model<small> third{at::seed{1}};
    at::distributed_trainer reads(group, at::shards<4>{}, third, at::cross_entropy{}, at::adam{});
    std::size_t count = 0;
    const auto counted = [&count](at::sample_reader reader) {
        reader.read = [&count, read = reader.read](std::size_t i, std::size_t epoch, at::sample& to) {
            ++count;
            read(i, epoch, to);
        };
        return reader;
    };
    judged_as_read.validation = {counted(at::reader_of(held_out)), {.workers = 0}};
    const std::string of_read =
        bits_of(third, reads.fit(counted(at::reader_of(many)), judged_as_read, {.workers = 0}));
    at::model<small> fourth{at::seed{1}};
    at::distributed_trainer with_held_out(group, at::shards<4>{}, fourth, at::cross_entropy{}, at::adam{});
    const std::string of_memory = bits_of(fourth, with_held_out.fit(many, judged));
    say(group, "read", of_read == of_memory ? "as in memory" : of_read);
    std::size_t all = 0;
    for (const std::string& of_rank : group.gather(std::to_string(count))) all += std::stoul(of_rank);
    say(group, "samples read", std::to_string(all));

    // Batches of fewer samples than shards: some ranks have none. Reading ahead changes nothing.
    const at::dataset few = images(8, 4, 3, 3);
    const at::fit_options pairs{.epochs = 2, .batch = 2, .keep_best = true, .progress = silent};
    const auto learn = [&](const auto& fit) {
        at::model<small> own{at::seed{1}};
        at::distributed_trainer learns(group, at::shards<4>{}, own, at::cross_entropy{}, at::adam{});
        const at::history history = fit(learns);
        return bits_of(own, history);
    };
    const std::string of_few = learn([&](auto& learns) { return learns.fit(few, pairs); });
    bool are_alike = true;
    for (const at::loading_options& loading : {at::loading_options{0}, {1, 1}, {2, 3}})
        are_alike &=
            learn([&](auto& learns) { return learns.fit(at::reader_of(few), pairs, loading); }) == of_few;
    say(group, "batches of 2 for 4 shards", are_alike ? "as in memory" : "other bits");
}

/// The whole run, or half of it up to a checkpoint, or the half after it.
void halves(at::process_group& group, std::string_view which, const char* path) {
    const at::dataset data = images(120, 4, 3, 3);
    at::model<small> model{at::seed{which == "second" ? 9u : 1u}};
    at::distributed_trainer trainer(group, at::shards<4>{}, model, at::cross_entropy{}, at::adam{});
    at::fit_options options = three_epochs();
    if (which == "second") load_checkpoint(trainer, path);
    if (which == "first" || which == "killed") options.epochs = 2;
    if (which == "killed") {
        options.epochs = 1000000;
        options.on_epoch = [&](const at::epoch_report& report) {
            if (report.epoch <= 2) save_checkpoint(trainer, path);
            if (report.epoch == 2) say(group, "two epochs", "saved");
            if (report.epoch == 7 && group.rank() == group.world_size() - 1) std::raise(SIGKILL);
        };
    }
    if (which == "second") options.epochs = 1;
    trainer.fit(data, options);
    if (which == "first") save_checkpoint(trainer, path);
    say(group, "half", bits_of(model, {}));
}

/// What refuses to start, and what ends a run, says the same everywhere.
void refused(at::process_group& group, const std::string& folder) {
    const bool last = group.rank() == group.world_size() - 1;
    const auto fit = [&](auto shards, std::uint64_t seed, const at::dataset& data,
                         const at::fit_options& options, auto optimizer) {
        at::model<small> model{at::seed{seed}};
        at::distributed_trainer trainer(group, shards, model, at::cross_entropy{}, optimizer);
        trainer.fit(data, options);
    };
    const auto refuse = [&](const char* name, const auto& call) {
        say_error<std::invalid_argument>(group, name, call);
    };
    constexpr at::shards<4> four;
    at::dataset data = images(120, 4, 3, 3);
    refuse("ranks", [&] { fit(at::shards<1>{}, 1, data, three_epochs(), at::adam{}); });
    refuse("batch", [&] {
        at::fit_options options = three_epochs();
        options.batch = last ? 24 : 20;
        fit(four, 1, data, options, at::adam{});
    });
    refuse("seed", [&] { fit(four, last ? 2 : 1, data, three_epochs(), at::adam{}); });
    refuse("optimizer", [&] { fit(four, 1, data, three_epochs(), at::adam{.rate = last ? 0.5 : 0.25}); });
    refuse("labels", [&] {
        at::dataset other = data;
        if (last) other.labels(7) = (other.labels(7) + 1) % 3;
        fit(four, 1, other, three_epochs(), at::adam{});
    });
    refuse("a class that is none, on one rank", [&] {
        at::dataset other = data;
        if (last) other.labels(7) = 3;
        fit(four, 1, other, three_epochs(), at::adam{});
    });
    at::sample_reader broken = at::reader_of(data);
    if (last)
        broken.read = [read = broken.read](std::size_t i, std::size_t epoch, at::sample& to) {
            if (i == 3) throw std::runtime_error("sample 3 is not there");
            read(i, epoch, to);
        };
    const auto fit_reader = [&](const at::sample_reader& reader, const at::fit_options& options) {
        at::model<small> model{at::seed{1}};
        at::distributed_trainer(group, four, model, at::cross_entropy{}, at::adam{}).fit(reader, options);
    };
    refuse("a reader that fails, on one rank", [&] { fit_reader(broken, three_epochs()); });
    refuse("a validation reader that fails, on one rank", [&] {
        at::fit_options options = three_epochs();
        options.validation = broken;
        fit_reader(at::reader_of(data), options);
    });
    refuse("no batch, on all", [&] { fit(four, 1, data, {.epochs = 1, .batch = 0}, at::adam{}); });
    refuse("architecture", [&] {
        if (!last) return fit(four, 1, data, three_epochs(), at::adam{});
        at::model<lenet5> model{at::seed{1}};
        at::distributed_trainer(group, at::shards<8>{}, model, at::cross_entropy{}, at::adam{})
            .fit(images(20, 28, 10, 3), three_epochs());
    });
    say_error<at::training_diverged>(group, "diverged",
                                     [&] { fit(four, 1, data, three_epochs(), at::adam{.rate = 1e39}); });
    say_error<std::runtime_error>(group, "callback", [&] {
        at::fit_options options = three_epochs();
        options.callbacks.push_back({.after_step = [&](const at::step_report& report, at::training_control&) {
            if (last && report.update == 3) throw std::runtime_error("update 3 is one too many");
        }});
        fit(four, 1, data, options, at::adam{});
    });
    at::model<small> model{at::seed{1}};
    at::distributed_trainer trainer(group, four, model, at::cross_entropy{}, at::adam{});
    say_error<at::load_error>(group, "checkpoint", [&] { load_checkpoint(trainer, folder + "/none"); });
    say_error<at::file_error>(group, "folder", [&] { save_checkpoint(trainer, folder + "/none/here"); });
    save_checkpoint(trainer, folder + "/four");
    at::distributed_trainer eight(group, at::shards<8>{}, model, at::cross_entropy{}, at::adam{});
    say_error<at::load_error>(group, "shards", [&] { load_checkpoint(eight, folder + "/four"); });
    load_checkpoint(eight, folder + "/four", {.other_shards = true});
}

/// Results of a search are those of one process; its errors are everywhere the same.
void searched(at::process_group& group) {
    const auto candidates =
        at::random_candidates({{"a", 0, 1}, {"b", 1e-3, 1, at::search_scale::logarithmic}}, 23, at::seed{4});
    std::vector<std::size_t> judged;
    const auto objective = [&](const at::candidate& one, at::seed start) {
        judged.push_back(judged.size());
        if (one["a"] > 0.9) throw at::training_diverged("diverged");
        return one["a"] * static_cast<double>(start.value + 1) + one["b"];
    };
    const std::string alone = at::search(candidates, objective, {.repeats = 2}).text();
    judged.clear();
    const std::string together =
        at::search(candidates, objective, {.repeats = 2, .spread = at::over_ranks(group)}).text();
    say(group, "search", together == alone ? "as one process" : together);
    std::size_t all = 0;
    for (const std::string& count : group.gather(std::to_string(judged.size()))) all += std::stoul(count);
    say(group, "runs", std::to_string(all));
    say_error<std::runtime_error>(group, "search that fails", [&] {
        at::search(candidates,
                   [](const at::candidate& one, at::seed) {
                       return one["a"] < 0.5 ? throw std::runtime_error("a is " + std::to_string(one["a"]))
                                             : one["a"];
                   },
                   {.spread = at::over_ranks(group)});
    });
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    at::process_group group;
    return group.run([&] {
        if (what == "digits") {
            say_hosts(group);
            bytes_of_three(group);
            digits(group, static_cast<std::size_t>(std::atoi(arguments[2])));
            two_shards(group);
        }
        if (what == "search") searched(group);
        if (what == "mapped") mapped(group, arguments[2]);
        if (what == "half") halves(group, arguments[2], arguments[3]);
        if (what == "refused") refused(group, arguments[2]);
        if (what == "everywhere") throw std::runtime_error("all have enough");
        if (what == "exception") {  // one rank leaves, the others wait
            if (group.rank() == 1) throw std::runtime_error("rank 1 has enough");
            group.barrier();
        }
    });
}
