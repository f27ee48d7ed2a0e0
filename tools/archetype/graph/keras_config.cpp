// SPDX-License-Identifier: BSL-1.0
#include "keras_config.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>

namespace archetype::graph::keras {

namespace {

// What says nothing of the result at inference: how weights began, what training adds, names, what the layer was built for.
constexpr std::string_view harmless[] = {"name",
                                         "trainable",
                                         "batch_input_shape",
                                         "batch_shape",
                                         "input_dtype",
                                         "init",
                                         "inner_init",
                                         "forget_bias_init",
                                         "input_dim",
                                         "input_length",
                                         "input_spec",
                                         "consume_less",
                                         "implementation",
                                         "unroll",
                                         "dropout",
                                         "recurrent_dropout",
                                         "dropout_W",
                                         "dropout_U",
                                         "unit_forget_bias",
                                         "momentum",
                                         "fused",
                                         "synchronized",
                                         "seed",
                                         "zero_output_for_mask",
                                         "autocast",
                                         "use_legacy_config",
                                         "lora_alpha",
                                         "renorm_momentum",
                                         "renorm_clipping",
                                         "adjustment",
                                         "build_config",
                                         "dynamic",
                                         "shared_object_id",
                                         "sparse_grad",
                                         "use_cudnn"};

bool is_harmless(std::string_view key) {
    for (const std::string_view ending : {"_initializer", "_regularizer", "_constraint"})
        if (key.ends_with(ending)) return true;
    return std::find(std::begin(harmless), std::end(harmless), key) != std::end(harmless);
}

/// A type of real numbers: all are computed as float32.
bool is_usual_type(const json& given) {
    const json* name = &given;
    if (given.object() != nullptr) {
        const json* kind = given.find("class_name");
        const json* config = given.find("config");
        if (kind == nullptr || kind->text() == nullptr || config == nullptr ||
            (*kind->text() != "DTypePolicy" && *kind->text() != "Policy"))
            return false;
        name = config->find("name");
    }
    if (name == nullptr || name->text() == nullptr) return false;
    for (const std::string_view one : {"float32", "float64", "float16", "bfloat16", "mixed_float16",
                                       "mixed_bfloat16", "int32", "int64", "uint8", "int8", "bool"})
        if (*name->text() == one) return true;
    return false;
}

}  // namespace

void faults::add(std::string place, std::string expected, std::string found) {
    if (all_.size() < 100) all_.push_back({std::move(place), std::move(expected), std::move(found)});
}

void faults::check(const std::string& path) const {
    if (all_.empty()) return;
    std::string found = all_[0].found;
    for (std::size_t k = 1; k < all_.size(); ++k)
        found += "; " + all_[k].place + ": expected " + all_[k].expected + ", found " + all_[k].found;
    throw file_error({path + ", " + all_[0].place, all_[0].expected, found});
}

void layer_config::fail(std::string expected, std::string found) {
    faults_->add(place_, std::move(expected), std::move(found));
    throw unreadable{};
}

const json* layer_config::take(keys names) {
    const json* made = nullptr;
    for (const std::string_view name : names) {
        const json* found = config_->find(name);
        if (found == nullptr) continue;
        used_.emplace(name);
        if (made == nullptr && !found->is_null()) made = found;
    }
    return made;
}
void layer_config::skip(keys names) {
    for (const std::string_view name : names) used_.emplace(name);
}

std::string layer_config::text(keys names, const std::string& otherwise) {
    const json* found = take(names);
    if (found == nullptr) return otherwise;
    if (found->text() == nullptr) fail(std::string(*names.begin()) + " as a text", found->summary());
    return *found->text();
}
bool layer_config::truth(keys names, bool otherwise) {
    const json* found = take(names);
    if (found == nullptr) return otherwise;
    if (found->truth() == nullptr) fail(std::string(*names.begin()) + " true or false", found->summary());
    return *found->truth();
}
double layer_config::number(keys names, double otherwise) {
    const json* found = take(names);
    if (found == nullptr) return otherwise;
    const json* value = found;
    if (found->object() != nullptr)  // {"class_name": "__numpy__", "config": {"value": ...}} and the like
        if (const json* inner = found->find("config"); inner != nullptr && inner->find("value") != nullptr)
            value = inner->find("value");
    if (found->object() != nullptr && found->find("value") != nullptr) value = found->find("value");
    if (value->number() == nullptr) fail(std::string(*names.begin()) + " as a number", found->summary());
    return *value->number();
}
std::int64_t layer_config::whole(keys names, std::optional<std::int64_t> otherwise) {
    const json* found = take(names);
    if (found == nullptr && otherwise) return *otherwise;
    if (found == nullptr) fail("\"" + std::string(*names.begin()) + "\"", "none");
    if (!found->whole()) fail(std::string(*names.begin()) + " as a whole number", found->summary());
    return *found->whole();
}

std::vector<std::int64_t> layer_config::sizes(keys names, std::size_t count, std::int64_t otherwise) {
    const json* found = take(names);
    std::vector<std::int64_t> made;
    if (found == nullptr) {
        made.assign(count, otherwise);
    } else if (found->list() != nullptr) {
        for (const json& one : *found->list()) made.push_back(one.whole().value_or(0));
    } else {
        made.assign(count, found->whole().value_or(0));
    }
    const bool good = made.size() == count && std::all_of(made.begin(), made.end(), [](std::int64_t one) {
                          return one > 0 && one <= (std::int64_t{1} << 31);
                      });
    if (!good)
        fail(std::string(*names.begin()) + " of " + std::to_string(count) + " numbers above 0",
             found == nullptr ? "none" : found->summary());
    return made;
}

std::optional<std::vector<std::int64_t>> layer_config::wholes(keys names) {
    const json* found = take(names);
    if (found == nullptr) return std::nullopt;
    std::vector<std::int64_t> made;
    const json_list one{*found};
    for (const json& part : found->list() != nullptr ? *found->list() : one) {
        if (!part.whole()) fail(std::string(*names.begin()) + " as whole numbers", found->summary());
        made.push_back(*part.whole());
    }
    return made;
}

namespace {

bool collect(const json& from, std::size_t axis, shape_type& shape, std::vector<double>& to) {
    if (from.number() != nullptr) {
        to.push_back(*from.number());
        return axis == shape.size();
    }
    if (from.object() != nullptr) {  // how Keras writes arrays
        const json* inner = from.find("config");
        const json* value = from.find("value") != nullptr ? from.find("value")
                            : inner != nullptr            ? inner->find("value")
                                                          : nullptr;
        return value != nullptr && value->object() == nullptr && collect(*value, axis, shape, to);
    }
    if (from.list() == nullptr) return false;
    const auto size = static_cast<std::int64_t>(from.list()->size());
    if (to.empty() && axis == shape.size()) shape.push_back(size);
    if (axis >= shape.size() || shape[axis] != size) return false;
    return std::all_of(from.list()->begin(), from.list()->end(),
                       [&](const json& one) { return collect(one, axis + 1, shape, to); });
}

}  // namespace

std::optional<std::vector<double>> layer_config::numbers(keys names, shape_type& shape) {
    const json* found = take(names);
    if (found == nullptr) return std::nullopt;
    std::vector<double> made;
    shape.clear();
    if (!collect(*found, 0, shape, made)) fail(std::string(*names.begin()) + " as numbers", found->summary());
    return made;
}

void layer_config::expect(std::string_view name, bool wanted) {
    const json* found = take({name});
    if (found == nullptr) return;
    if (found->truth() == nullptr || *found->truth() != wanted)
        fail(std::string(name) + (wanted ? " true" : " false"), found->summary());
}
void layer_config::expect_text(std::string_view name, std::string_view wanted) {
    const json* found = take({name});
    if (found == nullptr) return;
    if (found->text() == nullptr || *found->text() != wanted)
        fail(std::string(name) + " \"" + std::string(wanted) + "\"", found->summary());
}

void layer_config::finish() {
    const json_object* members = config_->object();
    if (members == nullptr) return;
    for (const auto& [key, value] : *members) {
        if (used_.contains(key) || value.is_null() || is_harmless(key)) continue;
        if ((key == "dtype" || key == "dtype_policy") && is_usual_type(value)) continue;
        faults_->add(place_, "keys that this reader knows", "\"" + key + "\": " + value.summary());
    }
}

}  // namespace archetype::graph::keras
