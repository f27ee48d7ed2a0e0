// SPDX-License-Identifier: BSL-1.0
#include "matching.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace archetype::files {

namespace {

using lower::layer;

std::string without_namespace(std::string text) {
    for (std::size_t at = text.find("at::"); at != text.npos; at = text.find("at::", at)) text.erase(at, 4);
    return text;
}

/// What a layer computes: "conv2d<8, 3, stride<2>>", with the shapes of its parameters.
std::string label_of(const layer& of) {
    if (of.kind == layer::kinds::input) return "input " + graph::shape_text(of.shape);
    std::string arguments;
    for (const std::string& one : of.arguments)
        arguments += (arguments.empty() ? "" : ", ") + without_namespace(one);
    if (!of.formula.empty()) arguments += (arguments.empty() ? "" : ", ") + of.formula;
    std::string made = of.type + (arguments.empty() ? "" : "<" + arguments + ">");
    for (const lower::tensor& one : of.tensors) made += ", " + one.name + " " + graph::shape_text(one.shape);
    return made;
}

/// The order of what they join changes nothing but roundings.
bool is_commutative(const std::string& type) {
    static const std::set<std::string, std::less<>> all{"add", "multiply", "maximum", "minimum", "average"};
    return all.contains(type);
}

/// For each layer a number that it shares with all layers, of both networks, that compute the same of the same.
class signatures {
public:
    std::vector<std::size_t> of(const lower::network& net) {
        std::vector<std::size_t> made;
        for (const layer& one : net.layers) {
            std::vector<std::size_t> inputs;
            for (const std::size_t input : one.inputs) inputs.push_back(made.at(input));
            if (is_commutative(one.type)) std::sort(inputs.begin(), inputs.end());
            std::string key = label_of(one) + one.definition;
            for (const std::size_t input : inputs) key += '#' + std::to_string(input);
            made.push_back(known_.emplace(key, known_.size()).first->second);
        }
        return made;
    }

private:
    std::map<std::string, std::size_t> known_;
};

class matcher {
public:
    matcher(const side& own, const side& file) : own_(own), file_(file) {
        signatures all;
        own_signatures_ = all.of(*own.net);
        file_signatures_ = all.of(*file.net);
        made_.partner.assign(own.net->layers.size(), no_layer);
        taken_.assign(file.net->layers.size(), no_layer);
    }

    matching run() {
        const auto& mine = own_.net->outputs;
        const auto& theirs = file_.net->outputs;
        if (mine.size() != theirs.size()) {
            report(0, "results of the network", std::to_string(mine.size()), std::to_string(theirs.size()));
        } else {
            // By their names, if the file has these, else by their order.
            bool named = true;
            for (const lower::end& one : mine) named = named && find(theirs, one.name) < theirs.size();
            for (std::size_t k = 0; k < mine.size(); ++k)
                match(mine[k].layer, theirs[named ? find(theirs, mine[k].name) : k].layer);
        }
        for (auto& [order, one] : found_) made_.problems.push_back(std::move(one));
        if (made_.problems.empty()) check_all();
        return std::move(made_);
    }

private:
    static std::size_t find(const std::vector<lower::end>& all, const std::string& name) {
        std::size_t at = 0;
        while (at < all.size() && all[at].name != name) ++at;
        return at;
    }
    void report(std::size_t order, std::string what, std::string expected, std::string found) {
        found_.emplace(
            order, problem{problem_kind::different, std::move(what), std::move(expected), std::move(found)});
    }
    void match(std::size_t mine, std::size_t theirs) {
        if (made_.partner[mine] == theirs) return;
        if (made_.partner[mine] != no_layer || taken_[theirs] != no_layer) {
            report(mine, path_of(own_, mine), "a layer of the file of its own",
                   place_of(file_, theirs) + ", which another one reads too or in another way");
            return;
        }
        made_.partner[mine] = theirs;
        taken_[theirs] = mine;
        const layer& one = own_.net->layers[mine];
        const layer& other = file_.net->layers[theirs];
        const std::string expected = label_of(one);
        const std::string found = label_of(other);
        if (expected != found || one.definition != other.definition) {
            report(mine, path_of(own_, mine), expected, found + " (" + place_of(file_, theirs) + ")");
            // Another function or another option: what is before it can be compared still.
            const bool is_alike =
                one.inputs.size() == other.inputs.size() &&
                (one.type == other.type || (one.tensors.empty() && other.tensors.empty())) &&
                one.kind == other.kind;
            if (!is_alike) return;
        }
        if (one.inputs.size() != other.inputs.size()) {
            report(mine, path_of(own_, mine), std::to_string(one.inputs.size()) + " inputs",
                   std::to_string(other.inputs.size()) + " (" + place_of(file_, theirs) + ")");
            return;
        }
        std::vector<std::size_t> first = one.inputs, second = other.inputs;
        if (is_commutative(one.type)) {
            // Those that compute the same of the same belong together; the rest is in the order that it is in.
            for (std::size_t k = 0; k < first.size(); ++k)
                for (std::size_t i = k; i < second.size(); ++i)
                    if (file_signatures_[second[i]] == own_signatures_[first[k]]) {
                        std::rotate(second.begin() + static_cast<std::ptrdiff_t>(k),
                                    second.begin() + static_cast<std::ptrdiff_t>(i),
                                    second.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                        break;
                    }
        }
        for (std::size_t k = 0; k < first.size(); ++k) match(first[k], second[k]);
    }
    /// Layers that no result depends on.
    void check_all() {
        for (std::size_t k = 0; k < taken_.size(); ++k)
            if (taken_[k] == no_layer && !file_.net->layers[k].tensors.empty())
                report_extra(place_of(file_, k), "no layer beyond those of the network",
                             label_of(file_.net->layers[k]));
        for (std::size_t k = 0; k < made_.partner.size(); ++k)
            if (made_.partner[k] == no_layer && !own_.net->layers[k].tensors.empty())
                report_extra(path_of(own_, k), label_of(own_.net->layers[k]), "no layer of the file");
    }
    void report_extra(std::string what, std::string expected, std::string found) {
        made_.problems.push_back(
            {problem_kind::unexpected, std::move(what), std::move(expected), std::move(found)});
    }

    const side &own_, &file_;
    matching made_;
    std::vector<std::size_t> taken_, own_signatures_, file_signatures_;
    std::multimap<std::size_t, problem> found_;  // by layers of the network
};

}  // namespace

std::string path_of(const side& own, std::size_t layer) {
    const lower::layer& one = own.net->layers[layer];
    if (one.kind == lower::layer::kinds::input) {
        for (const lower::end& input : own.net->inputs)
            if (input.layer == layer) return input.name;
    }
    if (one.sources.empty()) return one.type;
    // "\"path/Operator\" (Operator)"
    std::string text = own.nodes->at(*one.sources.begin());
    text = text.substr(1, text.rfind("\" (") - 1);
    const std::size_t slash = text.rfind('/');
    return slash == text.npos ? text : text.substr(0, slash);
}

std::string place_of(const side& file, std::size_t layer) {
    const lower::layer& one = file.net->layers[layer];
    if (one.kind == lower::layer::kinds::input) {
        for (const lower::end& input : file.net->inputs)
            if (input.layer == layer) return "input \"" + input.name + "\"";
    }
    return one.sources.empty() ? "no node" : "node " + file.nodes->at(*one.sources.rbegin());
}

matching match(const side& own, const side& file) { return matcher(own, file).run(); }

}  // namespace archetype::files
