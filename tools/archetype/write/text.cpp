// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include "../lower/grouping.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace archetype::write {

namespace {

using lower::part;
using kinds = part::kinds;

constexpr std::size_t widest = 118;

/// Layers that are templates although nothing has to be said.
bool has_defaults(const std::string& type) {
    static const std::set<std::string, std::less<>> all{
        "batch_norm", "layer_norm",       "elu",         "celu",        "hard_sigmoid", "hard_tanh",
        "leaky_relu", "thresholded_relu", "hard_shrink", "soft_shrink", "rms_norm",     "instance_norm",
        "prelu",      "class_token"};
    return all.contains(type);
}

bool is_minor(const part& one) {
    if (one.kind == kinds::point || one.kind == kinds::from || one.kind == kinds::merge) return true;
    if (one.kind != kinds::layer) return false;
    static const std::set<std::string, std::less<>> major{
        "conv2d",   "conv1d", "depthwise_conv2d", "depthwise_conv1d", "conv2d_transpose",
        "dense",    "lstm",   "recurrent",        "simple_rnn",       "gru",
        "embedding"};
    return !major.contains(one.type);
}

class renderer {
public:
    type_lines run(const std::vector<part>& parts) {
        find_formulas(parts);
        find_aliases(parts);
        type_lines made;
        std::map<std::size_t, std::string> in_turn;
        for (const auto& [formula, name] : formulas_)
            in_turn[std::stoul(name.substr(name.find('_') + 1))] = formula;
        for (const auto& [number, formula] : in_turn)
            made.before += "struct formula_" + std::to_string(number) +
                           " {\n    constexpr auto operator()(auto x) const { return " + formula +
                           "; }\n};\n";
        for (const std::string& one : definitions_) made.before += one;
        if (!formulas_.empty() || !definitions_.empty()) made.before += "\n";
        for (const auto& [text, alias] : in_order_) {
            const std::string begin = "using " + alias + " = ";
            const part& what = *firsts_.at(text);
            made.before += begin + rendered(what, 0, begin.size() + 1, true) + ";\n";
            aliases_[text] = alias;
        }
        if (!in_order_.empty()) made.before += "\n";
        made.network = "using net = at::network<\n" + children(parts, 4) + ">;\n";
        return made;
    }

private:
    void find_formulas(const std::vector<part>& parts) {
        for (const part& one : parts) {
            if (one.kind == kinds::layer && one.type == "activation" && !formulas_.contains(one.formula))
                formulas_[one.formula] = "formula_" + std::to_string(formulas_.size() + 1);
            if (!one.definition.empty()) definitions_.insert(one.definition);
            find_formulas(one.parts);
        }
    }
    static std::size_t layers_in(const part& of) {
        std::size_t count = of.kind == kinds::layer ? 1 : 0;
        const bool first_only = of.kind == kinds::repeat || of.kind == kinds::numbered;
        for (const part& one : of.parts) {
            count += layers_in(one);
            if (first_only) break;
        }
        return count;
    }
    /// Blocks that stand in several places get a name of their own, the innermost first.
    void find_aliases(const std::vector<part>& parts) {
        std::map<std::string, std::size_t> counts;
        std::vector<std::string> order;
        const std::function<void(const part&)> count = [&](const part& one) {
            for (const part& inside : one.parts) {
                count(inside);
                if (one.kind == kinds::repeat || one.kind == kinds::numbered) break;
            }
            const bool block =
                one.kind == kinds::sequence || one.kind == kinds::residual || one.kind == kinds::branches;
            if (!block || layers_in(one) < 3) return;
            const std::string text = lower::type_text(one, true);
            if (counts[text]++ == 0) {
                order.push_back(text);
                firsts_[text] = &one;
            }
        };
        for (const part& one : parts) count(one);
        std::size_t number = 0;
        for (const std::string& text : order) {
            if (counts[text] < 2) continue;
            in_order_.emplace_back(text, number == 0 ? "block" : "block_" + std::to_string(number + 1));
            ++number;
        }
    }

    std::string layer_text(const part& one) const {
        if (!one.points.empty() || !one.states.empty()) {
            part alone = one;
            alone.points.clear();
            alone.states.clear();
            std::string text = "at::with_states<" + layer_text(alone);
            for (const auto& [title, points] :
                 {std::pair("initial_states", &one.points), std::pair("final_states", &one.states)}) {
                if (points->empty()) continue;
                text += std::string(", at::") + title + "<";
                for (std::size_t k = 0; k < points->size(); ++k)
                    text += (k == 0 ? "" : ", ") + quoted((*points)[k]);
                text += ">";
            }
            return text + ">";
        }
        std::string text = "at::" + one.type;
        if (one.type == "activation") return text + "<" + formulas_.at(one.formula) + "{}>";
        if (one.arguments.empty()) return text + (has_defaults(one.type) ? "<>" : "");
        text += "<";
        for (std::size_t k = 0; k < one.arguments.size(); ++k)
            text += (k == 0 ? "" : ", ") + one.arguments[k];
        return text + ">";
    }

    /// What stands before and behind the parts inside, and which these are.
    struct frame {
        std::string before, behind;
        std::vector<const part*> inside;
        bool joined = true;  ///< "before, inside" with a comma
    };
    frame frame_of(const part& one, bool without_name) const {
        frame made;
        if (!one.name.empty() && !without_name && one.kind != kinds::numbered &&
            one.kind != kinds::side_output) {
            made.before = "at::named<" + quoted(one.name) + ", ";
            made.behind = ">";
        }
        switch (one.kind) {
            case kinds::sequence:
                made.before += "at::sequence<";
                break;
            case kinds::residual:
                made.before += "at::residual<";
                break;
            case kinds::branches:
                made.before += "at::branches<at::" + one.type + ", ";
                break;
            case kinds::side_output:
                made.before += "at::side_output<" + quoted(one.name) + (one.parts.empty() ? "" : ", ");
                break;
            case kinds::repeat:
                made.before += "at::repeat<" + std::to_string(one.parts.size()) + ", ";
                break;
            default:  // numbered
                made.before +=
                    "at::numbered<" + quoted(one.name) + ", " + std::to_string(one.parts.size()) + ", ";
                made.behind = one.first == 1 ? "" : ", " + std::to_string(one.first);
                break;
        }
        made.behind = one.kind == kinds::numbered ? made.behind + ">" : ">" + made.behind;
        for (const part& inside : one.parts) {
            made.inside.push_back(&inside);
            if (one.kind == kinds::repeat || one.kind == kinds::numbered) break;
        }
        return made;
    }

    std::string one_line(const part& one, bool without_name) const {
        const auto named = [&](const std::string& text) {
            return one.name.empty() || without_name ? text
                                                    : "at::named<" + quoted(one.name) + ", " + text + ">";
        };
        switch (one.kind) {
            case kinds::layer:
                return named(layer_text(one));
            case kinds::input: {
                std::string text = "at::input<";
                for (std::size_t k = 0; k < one.shape.size(); ++k)
                    text += (k == 0 ? "" : ", ") + std::to_string(one.shape[k]);
                return named(text + ">");
            }
            case kinds::point:
                return "at::point<" + quoted(one.name) + ">";
            case kinds::from:
                return "at::from<" + quoted(one.name) + ">";
            case kinds::merge: {
                std::string text = "at::merge<at::" + one.type;
                for (const std::string& point : one.points) text += ", " + quoted(point);
                return text + ">";
            }
            default:
                break;
        }
        if (one.kind == kinds::sequence && one.parts.empty()) return named("at::identity");
        if (const auto alias = aliases_.find(lower::type_text(one, true)); alias != aliases_.end())
            return named(alias->second);
        const frame around = frame_of(one, without_name);
        std::string text = around.before;
        for (std::size_t k = 0; k < around.inside.size(); ++k)
            text += (k == 0 ? "" : ", ") + one_line(*around.inside[k], one.kind == kinds::numbered);
        return text + around.behind;
    }

    /// A layer with its states on lines of their own, if it has any.
    static std::string broken_states(const part& one, std::string line, std::size_t indent) {
        if (one.points.empty() && one.states.empty()) return line;
        const std::string margin = "\n" + std::string(indent + 4, ' ');
        for (const std::string_view mark : {"at::initial_states<", "at::final_states<"})
            if (const std::size_t at = line.find(", " + std::string(mark));
                at != line.npos && one.kind == kinds::layer)
                line.replace(at + 1, 1, margin);
        return line;
    }

    std::string rendered(const part& one, std::size_t indent, std::size_t used, bool without_name) const {
        const std::string line = one_line(one, without_name);
        const bool leaf = one.kind == kinds::layer || one.kind == kinds::input || one.kind == kinds::point ||
                          one.kind == kinds::from || one.kind == kinds::merge;
        if (used + line.size() <= widest) return line;
        if (leaf) return broken_states(one, line, indent);
        const frame around = frame_of(one, without_name);
        std::string before = around.before;
        while (!before.empty() && before.back() == ' ') before.pop_back();
        // A block of one block needs one frame only.
        if (around.inside.size() == 1 && (one.kind == kinds::numbered || one.kind == kinds::repeat))
            return around.before +
                   rendered(*around.inside[0], indent, used + around.before.size(),
                            one.kind == kinds::numbered) +
                   around.behind;
        std::vector<part> copies;
        for (const part* inside : around.inside) copies.push_back(*inside);
        return before + "\n" + children(copies, indent + 4) + around.behind;
    }

    /// Lines of parts, small ones after the large one that they follow.
    std::string children(const std::vector<part>& parts, std::size_t indent) const {
        std::string text;
        std::string line;
        const std::string margin(indent, ' ');
        const auto flush = [&] {
            if (!line.empty()) text += (text.empty() ? "" : "\n") + margin + line;
            line.clear();
        };
        for (std::size_t k = 0; k < parts.size(); ++k) {
            const std::string comma = k + 1 == parts.size() ? "" : ",";
            const std::string alone = one_line(parts[k], false);
            const bool follows = !line.empty() && is_minor(parts[k]) && line.find('\n') == line.npos &&
                                 indent + line.size() + alone.size() + 2 <= widest;
            if (follows) {
                line += " " + alone + comma;
                continue;
            }
            flush();
            line = rendered(parts[k], indent, indent + 1, false) + comma;
        }
        flush();
        return text;
    }

    std::map<std::string, std::string> formulas_, aliases_;
    std::set<std::string> definitions_;
    std::map<std::string, const part*> firsts_;
    std::vector<std::pair<std::string, std::string>> in_order_;
};

}  // namespace

std::string quoted(const std::string& text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') made += '\\';
        made += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return made + "\"";
}

std::string shape_literal(const graph::shape_type& shape) {
    std::string text = "at::shape{";
    for (std::size_t k = 0; k < shape.size(); ++k) text += (k == 0 ? "" : ", ") + std::to_string(shape[k]);
    return text + "}";
}

type_lines type_lines_of(const lower::structure& of) { return renderer().run(of.parts); }

}  // namespace archetype::write
