// SPDX-License-Identifier: BSL-1.0
#include "grouping.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

namespace archetype::lower {

namespace {

using words = std::vector<std::string>;

words split(const std::string& name) {
    words made{""};
    for (const char c : name) {
        if (c == '/' || c == '.') {
            if (!made.back().empty()) made.emplace_back();
        } else {
            made.back() += c;
        }
    }
    if (made.back().empty() && made.size() > 1) made.pop_back();
    return made;
}

std::string joined(const words& from, std::size_t first) {
    std::string made;
    for (std::size_t k = first; k < from.size(); ++k) made += (made.empty() ? "" : ".") + from[k];
    return made;
}

void for_each_layer(part& of, const std::function<void(part&)>& visit) {
    if (of.kind == part::kinds::layer) visit(of);
    for (part& one : of.parts) for_each_layer(one, visit);
}

/// Parts while they are grouped: the words that all names in one begin with, if there are names.
class grouping {
public:
    explicit grouping(std::vector<part>& parts) {
        for (part& one : parts)
            for_each_layer(one, [&](part& layer) {
                if (!layer.name.empty()) names_[layer.layer] = split(layer.name);
            });
        // A beginning that all share says nothing.
        while (!names_.empty()) {
            const std::string& first = names_.begin()->second[0];
            const bool all = std::all_of(names_.begin(), names_.end(), [&](const auto& one) {
                return one.second.size() > 1 && one.second[0] == first;
            });
            if (!all) break;
            for (auto& [layer, own] : names_) own.erase(own.begin());
        }
    }

    std::vector<part> run(std::vector<part> parts, std::size_t depth) {
        while (join_torn_words(parts, depth)) {
        }
        std::vector<part> made;
        for (std::size_t k = 0; k < parts.size();) {
            const auto word = common_word(parts[k], depth);
            if (!word) {
                made.push_back(inside(std::move(parts[k]), depth));
                ++k;
                continue;
            }
            // As far as everything with a name has this word; what has no name belongs to it only between.
            std::size_t last = k + 1;
            std::size_t members = count_names(parts[k]);
            for (std::size_t next = k + 1; next < parts.size(); ++next) {
                if (is_edge(parts[next])) break;
                if (count_names(parts[next]) == 0) continue;
                const auto other = common_word(parts[next], depth);
                if (!other || *other != *word) break;
                last = next + 1;
                members += count_names(parts[next]);
            }
            while (last < parts.size() && is_activation(parts[last])) ++last;
            if (members < 2) {
                made.push_back(inside(std::move(parts[k]), depth));
                ++k;
                continue;
            }
            std::vector<part> block;
            for (std::size_t at = k; at < last; ++at) block.push_back(std::move(parts[at]));
            part group;
            group.kind = part::kinds::sequence;
            group.parts = run(std::move(block), depth + 1);
            group.name = *word;
            if (group.parts.size() == 1 && group.parts[0].name.empty() &&
                group.parts[0].kind != part::kinds::repeat && group.parts[0].kind != part::kinds::numbered) {
                const std::string name = group.name;
                part only = std::move(group.parts[0]);
                group = std::move(only);
                group.name = name;
            }
            made.push_back(std::move(group));
            k = last;
        }
        return repeated(std::move(made));
    }

private:
    /// A word that other parts come between is no block: "base_net", "8" become "base_net.8".
    bool join_torn_words(std::vector<part>& parts, std::size_t depth) {
        std::map<std::string, std::size_t> groups;
        std::string before;
        for (part& one : parts) {
            if (is_edge(one)) before.clear();
            if (count_names(one) == 0) continue;
            const auto word = common_word(one, depth);
            if (word && *word != before) ++groups[*word];
            before = word.value_or("");
        }
        bool any = false;
        for (part& one : parts) {
            const auto word = common_word(one, depth);
            if (!word || groups[*word] < 2) continue;
            for_each_layer(one, [&](part& layer) {
                const auto found = names_.find(layer.layer);
                if (found == names_.end() || found->second.size() <= depth + 1) return;
                found->second[depth] += "." + found->second[depth + 1];
                found->second.erase(found->second.begin() + static_cast<std::ptrdiff_t>(depth + 1));
                any = true;
            });
        }
        return any;
    }
    static bool is_block(const part& one) {
        return one.kind == part::kinds::sequence || one.kind == part::kinds::residual ||
               one.kind == part::kinds::branches;
    }
    static bool is_edge(const part& one) {
        return one.kind == part::kinds::from || one.kind == part::kinds::input ||
               one.kind == part::kinds::side_output || one.kind == part::kinds::merge ||
               one.kind == part::kinds::point;
    }
    static bool is_activation(const part& one) {
        static constexpr std::string_view all[] = {
            "relu",       "relu6",    "leaky_relu", "elu",       "sigmoid",      "tanh",
            "hard_swish", "silu",     "gelu",       "gelu_tanh", "hard_sigmoid", "hard_tanh",
            "softplus",   "softsign", "mish",       "selu",      "celu"};
        return one.kind == part::kinds::layer &&
               std::find(std::begin(all), std::end(all), one.type) != std::end(all);
    }
    std::size_t count_names(part& one) const {
        std::size_t count = 0;
        for_each_layer(one, [&](part& layer) { count += names_.contains(layer.layer) ? 1 : 0; });
        return count;
    }
    /// The word at this depth, if all names in the part have it and more behind it.
    std::optional<std::string> common_word(part& one, std::size_t depth) const {
        std::optional<std::string> word;
        bool all = true;
        for_each_layer(one, [&](part& layer) {
            const auto found = names_.find(layer.layer);
            if (found == names_.end()) return;
            if (found->second.size() <= depth + 1) {
                all = false;
                return;
            }
            if (!word) word = found->second[depth];
            all = all && *word == found->second[depth];
        });
        return all ? word : std::nullopt;
    }
    part inside(part one, std::size_t depth) {
        if (one.kind == part::kinds::layer) {
            const auto found = names_.find(one.layer);
            if (found != names_.end())
                one.name = joined(found->second, std::min(depth, found->second.size() - 1));
            return one;
        }
        if (one.kind == part::kinds::sequence) {
            one.parts = run(std::move(one.parts), depth);
        } else {
            for (part& branch : one.parts) {
                std::vector<part> alone;
                alone.push_back(std::move(branch));
                alone = run(std::move(alone), depth);
                if (alone.size() == 1) {
                    branch = std::move(alone[0]);
                    continue;
                }
                branch = part();
                branch.kind = part::kinds::sequence;
                branch.parts = std::move(alone);
            }
        }
        return one;
    }

    static std::optional<std::pair<std::string, std::size_t>> number_at_end(const std::string& name) {
        std::size_t begin = name.size();
        while (begin > 0 && std::isdigit(static_cast<unsigned char>(name[begin - 1])) != 0) --begin;
        if (begin == name.size() || (name[begin] == '0' && begin + 1 != name.size()) ||
            name.size() - begin > 6)
            return std::nullopt;
        return std::pair(name.substr(0, begin), static_cast<std::size_t>(std::stoul(name.substr(begin))));
    }

    /// Blocks with a number in their names that are alike.
    static std::vector<part> repeated(std::vector<part> parts) {
        std::vector<part> made;
        for (std::size_t k = 0; k < parts.size();) {
            const auto number = number_at_end(parts[k].name);
            std::size_t last = k + 1;
            if (number && is_block(parts[k])) {
                const std::string text = type_text(parts[k], true);
                while (last < parts.size()) {
                    if (!is_block(parts[last])) break;
                    const auto next = number_at_end(parts[last].name);
                    if (!next || next->first != number->first ||
                        next->second != number->second + (last - k) || type_text(parts[last], true) != text)
                        break;
                    ++last;
                }
            }
            if (last - k < 2) {
                made.push_back(std::move(parts[k++]));
                continue;
            }
            part group;
            group.kind = part::kinds::numbered;
            group.name = number->first;
            group.first = number->second;
            for (; k < last; ++k) group.parts.push_back(std::move(parts[k]));
            made.push_back(std::move(group));
        }
        return without_repeats(std::move(made));
    }

    /// Parts without names that come again and again.
    static std::vector<part> without_repeats(std::vector<part> parts) {
        std::vector<std::string> texts;
        for (const part& one : parts) texts.push_back(type_text(one));
        std::vector<part> made;
        for (std::size_t k = 0; k < parts.size();) {
            std::size_t best_length = 0;
            std::size_t best_times = 1;
            for (std::size_t length = 1; k + 2 * length <= parts.size(); ++length) {
                if (std::any_of(parts.begin() + static_cast<std::ptrdiff_t>(k),
                                parts.begin() + static_cast<std::ptrdiff_t>(k + length),
                                [](const part& one) { return is_edge(one); }))
                    break;
                std::size_t times = 1;
                while (k + (times + 1) * length <= parts.size() &&
                       std::equal(texts.begin() + static_cast<std::ptrdiff_t>(k),
                                  texts.begin() + static_cast<std::ptrdiff_t>(k + length),
                                  texts.begin() + static_cast<std::ptrdiff_t>(k + times * length)))
                    ++times;
                if (times > 1 && times * length > best_times * best_length) {
                    best_length = length;
                    best_times = times;
                }
            }
            // A repeat pays where it saves more than it says.
            std::size_t size = 0;
            for (std::size_t at = k; at < k + best_length; ++at) size += texts[at].size();
            if (best_times < 2 || (best_times - 1) * size < 40) {
                made.push_back(std::move(parts[k++]));
                continue;
            }
            part group;
            group.kind = part::kinds::repeat;
            for (std::size_t time = 0; time < best_times; ++time) {
                part block;
                block.kind = part::kinds::sequence;
                for (std::size_t at = 0; at < best_length; ++at) block.parts.push_back(std::move(parts[k++]));
                if (best_length == 1) {
                    part only = std::move(block.parts[0]);
                    block = std::move(only);
                }
                group.parts.push_back(std::move(block));
            }
            made.push_back(std::move(group));
        }
        return made;
    }

    std::map<std::size_t, words> names_;
};

/// Names that the library would give anyway.
void drop_automatic_names(std::vector<part>& parts, std::map<std::string, std::size_t>& counts) {
    for (part& one : parts) {
        if (one.kind == part::kinds::layer) {
            const std::size_t before = counts[one.type];
            const std::string automatic = before == 0 ? one.type : one.type + "_" + std::to_string(before);
            if (one.name == automatic) one.name.clear();
            if (one.name.empty()) ++counts[one.type];
        } else if (one.kind == part::kinds::sequence && one.name.empty()) {
            drop_automatic_names(one.parts, counts);
        } else if (one.kind == part::kinds::residual && one.name.empty()) {
            std::vector<part> body;
            body.push_back(std::move(one.parts[0]));
            drop_automatic_names(body, counts);
            one.parts[0] = std::move(body[0]);
        }
    }
}

}  // namespace

std::string type_text(const part& of, bool inside) {
    std::string text = std::to_string(static_cast<int>(of.kind)) + of.type + "<";
    for (const std::string& one : of.arguments) text += one + ",";
    text += of.formula + ">";
    if (!inside) text += "'" + of.name + "'";
    for (const std::string& one : of.points) text += "@" + one;
    for (const std::string& one : of.states) text += "&" + one;
    const bool first_only = of.kind == part::kinds::repeat || of.kind == part::kinds::numbered;
    text += "(" + (first_only ? std::to_string(of.parts.size()) : std::string());
    for (const part& one : of.parts) {
        text += type_text(one, of.kind == part::kinds::numbered);
        if (first_only) break;
    }
    return text + ")";
}

std::vector<part> grouped_by_names(std::vector<part> parts) {
    grouping now(parts);
    std::vector<part> made = now.run(std::move(parts), 0);
    std::map<std::string, std::size_t> counts;
    drop_automatic_names(made, counts);
    return made;
}

}  // namespace archetype::lower
