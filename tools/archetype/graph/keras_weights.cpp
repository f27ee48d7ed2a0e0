// SPDX-License-Identifier: BSL-1.0
#include "keras_weights.hpp"

#include <archetype/data/path_parts.hpp>

#include <algorithm>
#include <cctype>

namespace archetype::graph::keras {

namespace {

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }

// Names of weights in Keras 1, which follow the layer's name and a line.
constexpr std::string_view old_leaves[] = {
    "W",   "b",   "U",   "gamma", "beta", "running_mean", "running_std", "alphas", "W_i", "U_i",
    "b_i", "W_c", "U_c", "b_c",   "W_f",  "U_f",          "b_f",         "W_o",    "U_o", "b_o",
    "W_z", "U_z", "b_z", "W_r",   "U_r",  "b_r",          "W_h",         "U_h",    "b_h"};

bool names_layer(std::string_view part, const std::string& layer) {
    if (part == layer) return true;
    if (!part.starts_with(layer + "_")) return false;
    const std::string_view rest = part.substr(layer.size() + 1);
    return std::find(std::begin(old_leaves), std::end(old_leaves), rest) != std::end(old_leaves);
}

/// Numbers within names by their value: vars/2 before vars/10.
bool natural_less(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
        if (digit(a[i]) && digit(b[j])) {
            std::size_t k = i;
            std::size_t l = j;
            while (k < a.size() && digit(a[k])) ++k;
            while (l < b.size() && digit(b[l])) ++l;
            const std::string x = a.substr(i, k - i);
            const std::string y = b.substr(j, l - j);
            if (x.size() != y.size()) return x.size() < y.size();
            if (x != y) return x < y;
            i = k;
            j = l;
            continue;
        }
        if (a[i] != b[j]) return a[i] < b[j];
        ++i;
        ++j;
    }
    return a.size() - i < b.size() - j;
}

}  // namespace

std::string layer_place::text() const {
    std::string made;
    for (const std::string& one : names) made += (made.empty() ? "" : "/") + one;
    return made;
}
layer_place layer_place::inside(const std::string& name, const std::string& step) const {
    layer_place made = *this;
    made.names.push_back(name);
    made.path += (made.path.empty() ? "" : "/") + step;
    return made;
}

std::string leaf_of(const std::string& name) {
    std::string leaf = name.substr(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
    if (const std::size_t colon = leaf.rfind(':'); colon != leaf.npos) leaf.resize(colon);
    for (const std::string_view one : old_leaves)
        if (one.size() + 1 < leaf.size() && leaf.ends_with(one) && leaf[leaf.size() - one.size() - 1] == '_')
            return std::string(one);
    return leaf;
}

std::string snake_case(const std::string& name) {
    // A line before each capital that begins a word, and between small and capital letters.
    std::string made;
    for (std::size_t k = 0; k < name.size(); ++k) {
        const bool word = k + 1 < name.size() && is_upper(name[k]) && is_lower(name[k + 1]);
        const bool edge = k > 0 && is_upper(name[k]) && is_lower(name[k - 1]);
        if (k > 0 && (word || edge) && made.back() != '_') made += '_';
        made += static_cast<char>(std::tolower(static_cast<unsigned char>(name[k])));
    }
    return made;
}

std::vector<std::size_t> weight_store::of(const layer_place& place, std::string_view part) const {
    std::vector<std::size_t> found;
    for (std::size_t k = 0; k < entries.size(); ++k) {
        const entry& one = entries[k];
        bool own = false;
        if (form == weight_form::paths) {
            // An attribute of a layer stands with or without the line before its name.
            own = one.name.starts_with(place.path + (part.empty() ? "" : "/") + std::string(part) + "/") ||
                  (part.ends_with("_dense") &&
                   one.name.starts_with(place.path + "/_" + std::string(part) + "/"));
        } else if (form == weight_form::groups && place.names.size() == 1) {
            own = one.group == place.names[0];
        } else {
            // Within models the names of weights say whose they are.
            const std::vector<std::string_view> parts = archetype::detail::parts_of_path(one.name);
            own = (form == weight_form::names || one.group == place.names[0]) &&
                  std::any_of(parts.begin(), parts.end(),
                              [&](std::string_view name) { return names_layer(name, place.names.back()); });
        }
        if (own) found.push_back(k);
    }
    if (form == weight_form::paths) {
        std::sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
            return natural_less(entries[a].name, entries[b].name);
        });
        return found;
    }
    if (part.ends_with("_dense")) {  // of attention
        const std::string own =
            part == "output_dense" ? "attention_output" : std::string(part.substr(0, part.size() - 6));
        std::erase_if(found, [&](std::size_t k) {
            const std::vector<std::string_view> parts = archetype::detail::parts_of_path(entries[k].name);
            return std::find(parts.begin(), parts.end(), std::string_view(own)) == parts.end();
        });
        return found;
    }
    if (!part.starts_with("forward") && !part.starts_with("backward")) return found;
    const std::string word = part.starts_with("forward") ? "forward_" : "backward_";
    std::vector<std::size_t> named;
    for (const std::size_t k : found) {
        const std::vector<std::string_view> parts = archetype::detail::parts_of_path(entries[k].name);
        if (std::any_of(parts.begin(), parts.end(),
                        [&](std::string_view one) { return one.starts_with(word); }))
            named.push_back(k);
    }
    if (!named.empty()) return named;
    const auto half = static_cast<std::ptrdiff_t>(found.size() / 2);
    return word == "forward_" ? std::vector<std::size_t>(found.begin(), found.begin() + half)
                              : std::vector<std::size_t>(found.begin() + half, found.end());
}

void weight_store::mark_all(const layer_place& place) {
    for (const std::size_t k : of(place, "")) entries[k].used = true;
}

std::vector<std::string> weight_store::unused() const {
    std::vector<std::string> made;
    for (const entry& one : entries)
        if (!one.used) made.push_back((one.group.empty() ? "" : one.group + ": ") + one.name);
    return made;
}

}  // namespace archetype::graph::keras
