// SPDX-License-Identifier: BSL-1.0
/// @file graph.hpp
/// What an amplifier file computes, as a graph of values: each is the input, a step with weights, a function, a sum or a
/// product of others, and is made once. A network fits if its result is the file's result.
#pragma once
#include <archetype/interchange/import_functions.hpp>
#include <archetype/interchange/json_tensor.hpp>
#include <archetype/interchange/load_into.hpp>

#include <algorithm>
#include <deque>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline constexpr std::size_t no_value = static_cast<std::size_t>(-1);

/// Weights of a convolution in the file: [out][in / groups][taps], then the bias.
struct nam_block {
    const std::vector<float>* weights = nullptr;
    std::size_t offset = 0, bias_offset = 0;
    std::size_t in = 0, out = 0, taps = 1, dilation = 1, groups = 1;
    bool has_bias = false, newest_first = false;
    std::vector<double> gains{}, shifts{};  ///< of each filter, of a normalization behind it
};

/// Filters `first` to `first + count` of a block, or an LSTM.
struct nam_step {
    nam_block block{};
    std::size_t first = 0, count = 0, source = no_value, value = no_value;
    std::string place{};
    bool is_lstm = false, is_used = false;
    double scale = 1;

    bool has_bias() const { return block.has_bias; }
    /// Tap `k`, oldest first, from channel `i` to filter `o`.
    double weight(std::size_t o, std::size_t i, std::size_t k) const {
        const std::size_t filter = first + o, inputs = block.in / block.groups;
        if (i / inputs != filter / (block.out / block.groups)) return 0;
        const std::size_t tap = block.newest_first ? block.taps - 1 - k : k;
        return gain(filter) *
               double((*block.weights)[block.offset + (filter * inputs + i % inputs) * block.taps + tap]);
    }
    double bias(std::size_t o) const {
        const std::size_t filter = first + o;
        if (!block.shifts.empty()) return scale * block.shifts[filter];
        return scale * double((*block.weights)[block.bias_offset + filter]);
    }

private:
    double gain(std::size_t filter) const {
        return block.gains.empty() ? scale : scale * block.gains[filter];
    }
};

/// A function that the file names.
struct nam_function {
    std::string text{};
    sampled_function values{};
    template <class Compute>
    static nam_function of(std::string text, Compute compute) {
        nam_function made{std::move(text), {}};
        for (std::size_t i = 0; i < function_samples.size(); ++i)
            made.values[i] = compute(function_samples[i]);
        return made;
    }
    bool is(const import_function& own) const {
        const double allowed = own.is_approximate ? 2e-4 : 2e-6;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!(std::abs(own.values[i] - values[i]) <= allowed * std::fmax(1, std::abs(values[i]))))
                return false;
        return true;
    }
};

class nam_graph {
public:
    enum class kind { input, step, function, sum, product };
    struct value {
        kind type;
        std::size_t index, channels;  ///< of a step or function
        std::vector<std::size_t> operands;
    };

    std::vector<nam_step> steps{};
    std::vector<nam_function> functions{};
    std::vector<value> values{};
    std::vector<std::string> places{};  ///< of functions
    std::deque<std::vector<float>>
        weights{};  ///< of the file and of the files inside it; they stay where they are
    std::size_t result = no_value, step_limit = 0;

    std::size_t input(std::size_t channels) {
        values.push_back({kind::input, 0, channels, {}});
        return values.size() - 1;
    }
    std::size_t step(nam_step made) {
        made.value = values.size();
        values.push_back({kind::step, steps.size(), made.count, {made.source}});
        steps.push_back(std::move(made));
        return values.size() - 1;
    }
    std::size_t apply(nam_function function, std::size_t to, const std::string& place) {
        functions.push_back(std::move(function));
        places.push_back(place);
        return intern({kind::function, functions.size() - 1, values[to].channels, {to}});
    }
    /// Sums of sums are one sum, whatever the order; products likewise.
    std::size_t join(kind type, const std::vector<std::size_t>& parts) {
        if (parts.size() == 1) return parts[0];
        value made{type, 0, parts.empty() ? 0 : values[parts[0]].channels, {}};
        for (const std::size_t part : parts) {
            const value& one = values[part];
            if (one.type == type)
                made.operands.insert(made.operands.end(), one.operands.begin(), one.operands.end());
            else
                made.operands.push_back(part);
        }
        std::sort(made.operands.begin(), made.operands.end());
        return intern(std::move(made));
    }

private:
    std::size_t intern(value made) {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i].type == made.type && values[i].operands == made.operands &&
                (made.type != kind::function ||
                 functions[values[i].index].values == functions[made.index].values))
                return i;
        values.push_back(std::move(made));
        return values.size() - 1;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
