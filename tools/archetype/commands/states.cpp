// SPDX-License-Identifier: BSL-1.0
#include "states.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace archetype::commands {

namespace {

using graph::value_id;

double number_from(const std::string& text, const std::string& option) {
    // Not from_chars, which libc++ has for whole numbers only.
    char* end = nullptr;
    const double made = std::strtod(text.c_str(), &end);
    if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0 ||
        end != text.c_str() + text.size())
        throw file_error({option, "NAME=NUMBER", text});
    return made;
}

/// The input becomes a constant of this number in all places.
void fix(graph::model& model, value_id id, double number, const std::string& option,
         std::vector<std::string>& notes) {
    graph::value& input = model.values[id];
    graph::shape_type shape;
    if (!input.shape)
        throw file_error({option, "an input whose shape the file says", "\"" + input.name + "\""});
    for (const graph::dimension& one : *input.shape) {
        if (one.extent < 0)
            throw file_error({option, "an input without open extents", "\"" + input.name + "\""});
        shape.push_back(one.extent);
    }
    const auto size = static_cast<std::size_t>(*graph::element_count(shape));
    if (graph::is_whole(input.type)) {
        if (std::trunc(number) != number || std::abs(number) > 9e15)
            throw file_error({option, fmt::format("an integer, as input \"{}\" is one", input.name),
                              fmt::format("{}", number)});
        input.constant = evaluate::tensor_of(
            {input.type, shape, evaluate::wholes(size, static_cast<std::int64_t>(number))});
    } else if (graph::is_real(input.type)) {
        input.constant = evaluate::tensor_of({input.type, shape, evaluate::reals(size, number)});
    } else {
        throw file_error({option, "an input of numbers", "\"" + input.name + "\""});
    }
    notes.push_back(fmt::format("input \"{}\" is {} always", input.name, number));
}

std::string described(const rewrite::network& of, value_id id) {
    return fmt::format("{} {}", graph::name_of(of.types.at(id)), graph::shape_text(of.shape(id)));
}

}  // namespace

std::map<std::string, std::size_t> given_states(const std::vector<std::string>& options,
                                                const std::vector<std::string>& inputs,
                                                const std::vector<std::string>& outputs,
                                                const std::string& file) {
    std::map<std::string, std::size_t> made;
    for (const std::string& one : options) {
        bool found = false;
        for (std::size_t place = one.find('='); place != std::string::npos && !found;
             place = one.find('=', place + 1)) {
            const auto in = std::find(inputs.begin(), inputs.end(), one.substr(0, place));
            const auto out = std::find(outputs.begin(), outputs.end(), one.substr(place + 1));
            found = in != inputs.end() && out != outputs.end();
            if (!found) continue;
            if (made.contains(*in)) throw file_error({file, "one state for an input", one});
            made[*in] = static_cast<std::size_t>(out - outputs.begin());
        }
        if (!found) throw file_error({file, "a state INPUT=OUTPUT", one});
    }
    return made;
}

std::set<value_id> fix_inputs(graph::model& model, std::vector<std::string>& options,
                              const std::vector<std::string>& constants, std::vector<std::string>& notes) {
    std::set<value_id> made;
    const auto find = [&](const std::string& name) {
        for (const value_id id : model.main.inputs)
            if (model.values[id].name == name && !model.values[id].constant) return id;
        return graph::no_value;
    };
    std::erase_if(options, [&](const std::string& one) {
        const std::size_t place = one.rfind('=');
        if (place == std::string::npos) return false;
        const value_id id = find(one.substr(0, place));
        if (id == graph::no_value || !model.values[id].shape || !model.values[id].shape->empty())
            return false;
        fix(model, id, number_from(one.substr(place + 1), "--input"), "--input", notes);
        made.insert(id);
        return true;
    });
    for (const std::string& one : constants) {
        const std::size_t place = one.rfind('=');
        if (place == std::string::npos) throw file_error({"--constant", "NAME=NUMBER", one});
        const value_id id = find(one.substr(0, place));
        if (id == graph::no_value)
            throw file_error({"--constant", "an input of the file", "\"" + one.substr(0, place) + "\""});
        fix(model, id, number_from(one.substr(place + 1), "--constant"), "--constant", notes);
        made.insert(id);
    }
    return made;
}

std::vector<lower::feedback> states_for(const rewrite::network& of, const std::vector<std::string>& options,
                                        std::vector<std::string>& notes) {
    const std::vector<value_id>& inputs = of.model.main.inputs;
    const std::vector<value_id>& outputs = of.model.main.outputs;
    const auto name = [&](value_id id) -> const std::string& { return of.model.values[id].name; };
    const auto fit = [&](value_id in, value_id out) {
        return of.types.at(in) == of.types.at(out) && of.shape(in) == of.shape(out) &&
               graph::is_real(of.types.at(in));
    };
    std::vector<lower::feedback> made;
    if (options.size() == 1 && options[0] == "none") return made;
    if (!options.empty()) {
        std::vector<std::string> input_names;
        std::vector<std::string> output_names;
        for (const value_id id : inputs) input_names.push_back(name(id));
        for (const value_id id : outputs) output_names.push_back(name(id));
        const auto given = given_states(options, input_names, output_names, of.model.path);
        for (std::size_t in = 0; in < inputs.size(); ++in) {
            const auto found = given.find(input_names[in]);
            if (found == given.end()) continue;
            if (!fit(inputs[in], outputs[found->second]))
                throw file_error({"--state " + input_names[in] + "=" + output_names[found->second],
                                  "real numbers of one shape, as the input is " + described(of, inputs[in]),
                                  described(of, outputs[found->second])});
            made.push_back({in, found->second});
        }
        return made;
    }
    std::set<std::size_t> used;
    for (std::size_t in = 0; in < inputs.size() && inputs.size() > 1; ++in) {
        std::vector<std::size_t> named;
        std::vector<std::size_t> others;
        for (std::size_t out = 0; out < outputs.size(); ++out)
            if (!used.contains(out) && fit(inputs[in], outputs[out]))
                (name(outputs[out]).starts_with(name(inputs[in])) ? named : others).push_back(out);
        if (named.size() == 1) {
            made.push_back({in, named[0]});
            used.insert(named[0]);
            notes.push_back(fmt::format(
                "state \"{}\" is \"{}\" of the step before, as their names say (--state none: no states)",
                name(inputs[in]), name(outputs[named[0]])));
            continue;
        }
        for (const auto* some : {&named, &others})
            for (const std::size_t out : *some)
                notes.push_back(
                    fmt::format("\"{}\" could be \"{}\" of the step before: it has its shape, and the names "
                                "do not say: --state {}={}",
                                name(inputs[in]), name(outputs[out]), name(inputs[in]), name(outputs[out])));
    }
    return made;
}

}  // namespace archetype::commands
