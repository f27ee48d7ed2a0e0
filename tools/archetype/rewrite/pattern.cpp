// SPDX-License-Identifier: BSL-1.0
#include "pattern.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>

namespace archetype::rewrite {

namespace {

struct term {
    enum class kinds : std::uint8_t { operation, variable, number, any_number, any_constant };
    kinds kind = kinds::variable;
    std::string name;   ///< of the operator or variable
    std::string label;  ///< `d:` before an operator
    double number = 0;
    bool last_axis = false;
    std::map<std::string, std::string> attributes;
    std::vector<term> operands;
};

class term_reader {
public:
    explicit term_reader(std::string_view text) : text_(text) {}

    term read() {
        term made = one();
        blank();
        if (at_ != text_.size()) fail();
        return made;
    }

private:
    [[noreturn]] void fail() const {
        throw std::invalid_argument("pattern: a term expected at \"" + std::string(text_.substr(at_)) +
                                    "\" of \"" + std::string(text_) + "\"");
    }
    void blank() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(char c) {
        blank();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string word(std::string_view more) {
        blank();
        const std::size_t begin = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                      more.find(text_[at_]) != more.npos))
            ++at_;
        if (begin == at_) fail();
        return std::string(text_.substr(begin, at_ - begin));
    }
    term one() {
        term made;
        if (take('$')) {
            made.kind = term::kinds::any_constant;
            made.name = word("_");
            return made;
        }
        if (take('@')) {
            made.kind = term::kinds::any_number;
            made.name = word("_");
            return made;
        }
        blank();
        const bool digit = at_ < text_.size() &&
                           (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-');
        std::string begin = word("_-.");
        if (digit) {
            made.kind = term::kinds::number;
            made.number = std::stod(begin);
            return made;
        }
        if (take(':')) {
            made.label = begin;
            begin = word("_");
        }
        made.name = begin;
        if (take('[')) {
            do {
                const std::string name = word("_");
                if (name == "last") {
                    made.last_axis = true;
                    continue;
                }
                if (!take('=')) fail();
                made.attributes[name] = word("_-.@");
            } while (take(','));
            if (!take(']')) fail();
        }
        if (!take('(')) return made;
        made.kind = term::kinds::operation;
        do made.operands.push_back(one());
        while (take(','));
        if (!take(')')) fail();
        return made;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

bool near(double found, double wanted) { return std::abs(found - wanted) <= 2e-5 * std::abs(wanted); }

struct match {
    std::map<std::string, value_id> values;
    std::map<std::string, double> numbers;
    std::set<value_id> inside;  ///< results of the nodes that were matched
};

class matcher {
public:
    explicit matcher(network& of) : of_(of) {
        for (const step& one : of.steps)
            for (const value_id id : one.node.outputs) makers_[id] = &one;
    }

    bool matches(const term& wanted, value_id id, match& found) const {
        switch (wanted.kind) {
            case term::kinds::number: {
                const double* content = of_.scalar(id);
                return content != nullptr && near(*content, wanted.number);
            }
            case term::kinds::any_number: {
                const double* content = of_.scalar(id);
                if (content == nullptr) return false;
                const auto [place, fresh] = found.numbers.emplace(wanted.name, *content);
                return fresh || near(*content, place->second);
            }
            case term::kinds::any_constant:
                if (of_.constant(id) == nullptr) return false;
                return bind(wanted.name, id, found);
            case term::kinds::variable:
                if (of_.constant(id) != nullptr) return false;
                return bind(wanted.name, id, found);
            default:
                return matches_node(wanted, id, found);
        }
    }

private:
    static bool bind(const std::string& name, value_id id, match& found) {
        const auto [place, fresh] = found.values.emplace(name, id);
        return fresh || place->second == id;
    }
    bool matches_attributes(const term& wanted, const graph::node& node, match& found) const {
        for (const auto& [name, text] : wanted.attributes) {
            const auto content = node.attributes.find(name);
            if (content == node.attributes.end()) return false;
            if (text[0] == '@') {
                if (!found.numbers.emplace(text.substr(1), number_of(node, name, 0)).second) return false;
            } else if (const auto* word = std::get_if<std::string>(&content->second)) {
                if (*word != text) return false;
            } else if (!near(number_of(node, name, NAN), std::stod(text)) &&
                       number_of(node, name, NAN) != std::stod(text)) {
                return false;
            }
        }
        if (!wanted.last_axis) return true;
        const auto rank = static_cast<std::int64_t>(of_.shape(node.inputs[0]).size());
        std::vector<std::int64_t> axes = integers_of(node, "axes");
        if (node.inputs.size() > 1) {
            const array* given = of_.constant(node.inputs[1]);
            if (given == nullptr) return false;
            axes = given->as_wholes();
        }
        return axes.size() == 1 && (axes[0] == -1 || axes[0] == rank - 1) &&
               integer_of(node, "keepdims", 1) == 1;
    }
    bool matches_node(const term& wanted, value_id id, match& found) const {
        if (!wanted.label.empty()) {
            // Once found, the name stands for the value.
            if (const auto known = found.values.find(wanted.label); known != found.values.end())
                return known->second == id;
        }
        const auto maker = makers_.find(id);
        if (maker == makers_.end()) return false;
        const graph::node& node = maker->second->node;
        if (!node.domain.empty() || node.operation != wanted.name || node.outputs.size() != 1) return false;
        if (!matches_attributes(wanted, node, found)) return false;
        const std::size_t count = wanted.last_axis ? 1 : node.inputs.size();
        if (count != wanted.operands.size()) return false;
        static const std::set<std::string, std::less<>> either{"Add", "Mul", "Max", "Min"};
        const auto in_order = [&](bool turned) {
            match tried = found;
            for (std::size_t k = 0; k < count; ++k)
                if (!matches(wanted.operands[k], node.inputs[turned ? count - 1 - k : k], tried))
                    return false;
            tried.inside.insert(id);
            if (!wanted.label.empty()) tried.values.emplace(wanted.label, id);
            found = std::move(tried);
            return true;
        };
        if (in_order(false)) return true;
        return count == 2 && either.contains(wanted.name) && in_order(true);
    }

    network& of_;
    std::map<value_id, const step*> makers_;
};

/// Nodes inside a match are read there only.
bool is_closed(network& of, const match& found, value_id root) {
    for (const value_id id : found.inside) {
        if (id == root) continue;
        if (of.is_output(id)) return false;
        for (const step* reader : of.readers(id))
            if (!found.inside.contains(reader->node.outputs[0])) return false;
    }
    return true;
}

class builder {
public:
    builder(network& of, const match& found, const shape_type& shape, element_type type, node_set sources,
            std::string name)
        : of_(of),
          found_(found),
          shape_(shape),
          type_(type),
          sources_(std::move(sources)),
          name_(std::move(name)) {}

    std::vector<step> made;

    value_id build(const term& wanted, value_id output = no_value) {
        switch (wanted.kind) {
            case term::kinds::number:
                return constant(wanted.number);
            case term::kinds::any_number:
                return constant(found_.numbers.at(wanted.name));
            case term::kinds::variable:
            case term::kinds::any_constant:
                return found_.values.at(wanted.name);
            default:
                break;
        }
        std::vector<value_id> inputs;
        for (const term& one : wanted.operands) inputs.push_back(build(one));
        if (output == no_value) output = of_.add_value("", type_, shape_);
        attributes_map attributes;
        for (const auto& [name, text] : wanted.attributes) {
            if (text[0] == '@')
                attributes[name] = found_.numbers.at(text.substr(1));
            else if (std::isalpha(static_cast<unsigned char>(text[0])) != 0)
                attributes[name] = text;
            else if (text.find('.') == text.npos)
                attributes[name] = static_cast<std::int64_t>(std::stoll(text));
            else
                attributes[name] = std::stod(text);
        }
        made.push_back(
            make_step(wanted.name, std::move(inputs), output, std::move(attributes), sources_, name_));
        return output;
    }

private:
    value_id constant(double number) {
        return of_.add_constant("", array(element_type::float32, {}, evaluate::reals{number}));
    }

    network& of_;
    const match& found_;
    shape_type shape_;
    element_type type_;
    node_set sources_;
    std::string name_;
};

bool apply_once(network& to, const pattern& rule, const term& from, const term& into) {
    const matcher look(to);
    for (std::size_t k = to.steps.size(); k-- > 0;) {
        if (to.steps[k].node.outputs.size() != 1) continue;
        const value_id root = to.steps[k].node.outputs[0];
        match found;
        if (!look.matches(from, root, found) || !is_closed(to, found, root)) continue;
        node_set sources;
        for (const step& one : to.steps)
            if (found.inside.contains(one.node.outputs[0]))
                sources.insert(one.sources.begin(), one.sources.end());
        builder build(to, found, to.shape(root), to.types[root], sources, to.steps[k].node.name);
        build.build(into, root);
        std::vector<step> kept;
        for (std::size_t at = 0; at < to.steps.size(); ++at) {
            if (at == k) {
                for (step& one : build.made) kept.push_back(std::move(one));
            } else if (!found.inside.contains(to.steps[at].node.outputs[0])) {
                kept.push_back(std::move(to.steps[at]));
            }
        }
        to.steps = std::move(kept);
        to.note(sources, "together " + std::string(rule.name));
        return true;
    }
    return false;
}

constexpr pattern patterns[] = {
    {"SiLU", "Mul(x, Sigmoid(x))", "Swish[alpha=1.0](x)"},
    {"hard sigmoid", "Div(Clip(Add(x, 3), 0, 6), 6)", "HardSigmoid[alpha=0.16666666666666667, beta=0.5](x)"},
    {"hard sigmoid", "Mul(Clip(Add(x, 3), 0, 6), 0.16666667)",
     "HardSigmoid[alpha=0.16666666666666667, beta=0.5](x)"},
    {"hard swish", "Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)", "HardSwish(x)"},
    {"hard swish", "Mul(Mul(x, Clip(Add(x, 3), 0, 6)), 0.16666667)", "HardSwish(x)"},
    {"hard swish", "Mul(Mul(x, 0.16666667), Clip(Add(x, 3), 0, 6))", "HardSwish(x)"},
    {"hard swish", "Mul(Div(x, 6), Clip(Add(x, 3), 0, 6))", "HardSwish(x)"},
    {"hard swish", "Mul(x, HardSigmoid[alpha=0.16666667, beta=0.5](x))", "HardSwish(x)"},
    {"GELU", "Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)", "Gelu[approximate=none](x)"},
    {"GELU", "Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356)), 1))", "Gelu[approximate=none](x)"},
    {"GELU", "Mul(x, Mul(Add(Erf(Div(x, 1.41421356)), 1), 0.5))", "Gelu[approximate=none](x)"},
    {"GELU", "Mul(Mul(x, Add(Erf(Mul(x, 0.70710678)), 1)), 0.5)", "Gelu[approximate=none](x)"},
    {"GELU", "Mul(Mul(x, 0.5), Add(Erf(Mul(x, 0.70710678)), 1))", "Gelu[approximate=none](x)"},
    {"GELU", "Mul(x, Mul(Add(Erf(Mul(x, 0.70710678)), 1), 0.5))", "Gelu[approximate=none](x)"},
    {"a cube", "Mul(Mul(Mul(x, 0.044715), x), x)", "Mul(Pow(x, 3), 0.044715)"},
    {"a cube", "Mul(x, Mul(x, x))", "Pow(x, 3)"},
    {"a cube", "Mul(x, Pow(x, 2))", "Pow(x, 3)"},
    {"GELU with tanh", "Mul(Mul(x, 0.5), Add(Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.79788456)), 1))",
     "Gelu[approximate=tanh](x)"},
    {"GELU with tanh", "Mul(Mul(x, Add(Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.79788456)), 1)), 0.5)",
     "Gelu[approximate=tanh](x)"},
    {"GELU with tanh", "Mul(x, Mul(Add(Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.79788456)), 1), 0.5))",
     "Gelu[approximate=tanh](x)"},
    {"Mish", "Mul(x, Tanh(Softplus(x)))", "Mish(x)"},
    {"softplus", "Log(Add(Exp(x), 1))", "Softplus(x)"},
    {"ReLU", "Max(x, 0)", "Relu(x)"},
    {"a clip", "Min(Relu(x), @high)", "Clip(x, 0, @high)"},
    {"a clip", "Clip(Relu(x), 0, @high)", "Clip(x, 0, @high)"},
    {"a clip", "Min(Max(x, @low), @high)", "Clip(x, @low, @high)"},
    {"a square", "Mul(x, x)", "Pow(x, 2)"},
    {"layer normalization",
     "Add(Mul(Div(d:Sub(x, ReduceMean[last](x)), Sqrt(Add(ReduceMean[last](Pow(d:Sub(x, "
     "ReduceMean[last](x)), 2)), @e))), $g), $b)",
     "LayerNormalization[axis=-1, epsilon=@e](x, $g, $b)"},
    {"layer normalization",
     "Add(Mul(Mul(d:Sub(x, ReduceMean[last](x)), Reciprocal(Sqrt(Add(ReduceMean[last](Pow(d:Sub(x, "
     "ReduceMean[last](x)), 2)), @e)))), $g), $b)",
     "LayerNormalization[axis=-1, epsilon=@e](x, $g, $b)"},
};

}  // namespace

std::span<const pattern> known_patterns() { return patterns; }

void apply_patterns(network& to, std::span<const pattern> rules) {
    for (bool again = true; again;) {
        again = false;
        for (const pattern& rule : rules) {
            const term from = term_reader(rule.from).read();
            const term into = term_reader(rule.to).read();
            while (apply_once(to, rule, from, into)) again = true;
        }
    }
}

}  // namespace archetype::rewrite
