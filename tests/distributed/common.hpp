// SPDX-License-Identifier: BSL-1.0
// What the programs of this folder share.
#pragma once
#include <archetype/architecture.hpp>
#include <archetype/distributed.hpp>
#include <archetype/training/weight_average.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>

namespace at = archetype;
constexpr auto silent = at::progress_style::silent;

/// Random images with classes that follow from them, so that there is something to learn.
inline at::dataset images(std::size_t count, std::size_t size, std::size_t classes, std::uint64_t start) {
    at::random_source random(start);
    at::dataset data{xt::xtensor<float, 4>::from_shape({count, size, size, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t i = 0; i < count; ++i) {
        data.labels(i) = static_cast<std::int32_t>(random.below(classes));
        for (std::size_t p = 0; p < size * size; ++p)
            data.samples.data()[i * size * size + p] = static_cast<float>(
                random.uniform() + (p % classes == static_cast<std::size_t>(data.labels(i)) ? 0.5 : 0.0));
    }
    return data;
}

/// All bits of training: parameters, moving statistics, and the losses.
template <class Net, class T>
std::string bits_of(const at::model<Net, T>& model, const at::history& history) {
    at::detail::content_hash hash;
    hash.add(model.data(), model.size());
    std::string text;
    for (const at::epoch_report& epoch : history) {
        hash.add(&epoch.loss, 1);
        const double further[] = {epoch.accuracy.value_or(0), epoch.validation_loss.value_or(0),
                                  epoch.validation_accuracy.value_or(0), epoch.penalty, epoch.rate};
        hash.add(further, 5);
    }
    return hash.text().substr(20) + " loss " + std::to_string(history.empty() ? 0.0 : history.back().loss);
}

/// One line from rank 0, if all ranks have the same.
inline void say(const at::process_group& group, const std::string& name, const std::string& text) {
    const auto texts = group.gather(text);
    for (std::size_t r = 1; r < texts.size(); ++r)
        if (texts[r] != texts[0])
            group.abort("has \"" + texts[0] + "\" for " + name + ", and rank " + std::to_string(r) + " \"" +
                        texts[r] + "\"");
    if (group.is_first()) std::printf("%s: %s\n", name.c_str(), text.c_str());
    std::fflush(stdout);
}

/// What is thrown, everywhere the same.
template <class Error, class Call>
void say_error(const at::process_group& group, const std::string& name, const Call& call) {
    std::string text = "nothing thrown";
    try {
        call();
    } catch (const Error& error) {
        text = error.what();
    }
    say(group, name, text);
}
