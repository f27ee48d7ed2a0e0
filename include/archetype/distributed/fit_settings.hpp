// SPDX-License-Identifier: BSL-1.0
/// @file fit_settings.hpp
/// What ranks must have alike when they begin to train together.
#pragma once
#include <archetype/data/sample_reader.hpp>
#include <archetype/distributed/agreement.hpp>
#include <archetype/training/trainer.hpp>

#include <string>
#include <type_traits>
#include <variant>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Of xtensor expressions, several of them, or kept targets.
template <class Content>
void hash_content(content_hash& hash, const Content& content) {
    if constexpr (requires { content.are_classes; }) {
        hash.add(content.classes.data(), content.classes.size());
        hash.add(content.values.data(), content.values.size());
    } else if constexpr (requires { content.shape(); }) {
        hash.add(content.data(), content.size());
    } else {
        for (const auto& each : content) hash_content(hash, each);
    }
}

template <class Data, class Targets>
void hash_targets(content_hash& hash, const Targets& targets, std::size_t count) {
    if constexpr (std::is_pointer_v<Targets>) {
        hash.add(targets, count * Data::template target_size<std::remove_cvref_t<decltype(*targets)>>);
    } else {
        typename Data::target_store store;
        for (std::size_t i = 0; i < count; ++i) {
            Data::gather_targets(targets, &i, 1, store);
            for (const auto& one : store) {
                hash.add(one.classes.data(), one.classes.size());
                hash.add(one.values.data(), one.values.size());
            }
        }
    }
}

/// Of a call of `fit`: by name, what must be alike everywhere.
template <class Net, class T, class Data, class Trainer, class Inputs, class Targets>
rank_settings settings_of_fit(std::size_t shards, const Trainer& of, const Inputs& samples,
                              const Targets& targets, std::size_t count, const fit_options& options,
                              bool is_mapped) {
    rank_settings all;
    all.add("architecture", architecture_text<Net>());
    all.add("type of numbers", std::string(sizeof(T) == 4 ? "float" : "double") + " in vectors of " +
                                   std::to_string(kernels::lane_count<T>));
    all.add("shards", shards);
    all.add("loss", settings_text(of.loss()));
    all.add("optimizer", settings_text(of.optimizer()));
    all.add("seed", std::to_string(of.counters().seed));
    all.add("epochs before", std::to_string(of.counters().epochs));
    all.add("updates before", std::to_string(of.counters().updates));
    all.add("epochs", options.epochs);
    all.add("batch", options.batch);
    all.add("accumulate", options.accumulate);
    all.add("shuffle", options.shuffle ? "true" : "false");
    all.add("keep_best", options.keep_best ? "true" : "false");
    const auto& stop = options.stop_early;
    all.add("stop_early", stop ? "patience " + std::to_string(stop->patience) + ", min_delta " +
                                     number_text(stop->min_delta) +
                                     (stop->restore_best ? ", restore_best" : "")
                               : std::string("none"));
    all.add("schedule", options.schedule ? options.schedule.settings() : std::string("none"));
    std::string clip = "none";
    with_clip(options.clip,
              [&](const char* name, double limit) { clip = std::string(name) + " " + number_text(limit); });
    all.add("clip", clip);
    all.add("l1", number_text(options.l1));
    all.add("l2", number_text(options.l2));
    all.add("callbacks", options.callbacks.size());
    content_hash weights, parameters, data, validation;
    weights.add(options.sample_weights.data(), options.sample_weights.size());
    weights.add(options.class_weights.data(), options.class_weights.size());
    all.add("weights of samples and classes", weights.text());
    parameters.add(of.net().data(), of.net().size());
    all.add("parameters", parameters.text());
    all.add("samples", count);
    // Of a file that stays where it is and of what is read, 64 samples: others are read when they are used.
    const std::size_t some = std::min<std::size_t>(count, 64);
    if constexpr (is_fed<Inputs>) {
        for (std::size_t i = 0; i < some; ++i) {
            sample one;
            samples.reader().read(count * i / some, 1, one);
            data.add(one.values.data(), one.values.size());
            data.add(one.target.data(), one.target.size());
            data.add(&one.label, 1);
        }
    } else {
        const std::size_t looked_at = is_mapped ? some : 1;
        for (std::size_t k = 0; k < samples.size(); ++k)
            for (std::size_t i = 0; i < looked_at; ++i)
                data.add(samples[k] + count * i / looked_at * Data::input_sizes[k],
                         (is_mapped ? 1 : count) * Data::input_sizes[k]);
        hash_targets<Data>(data, targets, count);
    }
    all.add("data", data.text());
    options.validation.visit<Data::has_several>(
        [&](const dataset& of_it) {
            hash_content(validation, of_it.samples);
            hash_content(validation, of_it.labels);
        },
        [&](const auto& of_samples, const auto& of_targets) {
            hash_content(validation, of_samples);
            hash_content(validation, of_targets);
        },
        [&](const read_data& of_it) {
            const std::size_t looked_at = std::min<std::size_t>(of_it.count, 64);
            const auto is_looked_at = [looked_at](std::size_t i, std::size_t all_of_it) {
                const std::size_t place = (i * looked_at + all_of_it - 1) / all_of_it;
                return all_of_it * place / looked_at == i;
            };
            validation.add(of_it.count);
            of_it.for_batches(
                1, is_looked_at,
                [&](const auto& samples_read, const auto& labels, const auto& targets_read, std::size_t) {
                    validation.add(samples_read.data(), samples_read.size());
                    validation.add(labels.data(), labels.size());
                    validation.add(targets_read.data(), targets_read.size());
                });
        });
    all.add("validation data", validation.text());
    return all;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
