// SPDX-License-Identifier: BSL-1.0
// A file of a graph and a network of the library: both as layers, compared, and the numbers of one for the other.
#include "../graph/onnx.hpp"
#include "../rewrite/integers.hpp"
#include "../rewrite/quantized_onnx.hpp"
#include "matching.hpp"
#include "reading.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::files {

namespace {

using graph::value_id;
using rewrite::shape_type;

/// The numbers of parameters where they stand in the layers of the network.
class parameter_numbers {
public:
    parameter_numbers(const numbered_network& network, std::vector<layers> all)
        : network_(network), all_(std::move(all)) {}
    const lower::network& net() const { return all_[0].made.net; }

    /// The parameter at an element, or `network.parameters` where there is another number.
    std::size_t parameter(std::size_t layer, std::size_t tensor, std::size_t element) const {
        std::size_t number = 0;
        std::size_t unit = 1;
        const auto code = [&](std::size_t digit) {
            return all_[digit].made.net.layers[layer].tensors[tensor].numbers[element];
        };
        for (std::size_t digit = 0; digit + 1 < all_.size(); ++digit) {
            const float one = code(digit);
            if (!(one >= 1 && one <= static_cast<float>(numbered_network::base)) || one != std::floor(one))
                return network_.parameters;
            number += (static_cast<std::size_t>(one) - 1) * unit;
            unit *= numbered_network::base;
        }
        const bool is_one = number < network_.parameters &&
                            code(all_.size() - 1) == static_cast<float>(numbered_network::check_of(number));
        return is_one ? number : network_.parameters;
    }
    /// A number that is the same whatever the parameters are.
    bool is_constant(std::size_t layer, std::size_t tensor, std::size_t element) const {
        return std::all_of(all_.begin(), all_.end(), [&](const layers& one) {
            return one.made.net.layers[layer].tensors[tensor].numbers[element] ==
                   all_[0].made.net.layers[layer].tensors[tensor].numbers[element];
        });
    }
    std::string name_of(std::size_t parameter) const {
        std::string made;
        for (const numbered_network::tensor& one : network_.tensors)
            if (one.begin <= parameter && parameter < one.begin + one.size) made = one.name;
        return made;
    }

private:
    const numbered_network& network_;
    std::vector<layers> all_;
};

std::vector<problem> fill(const numbered_network& network, const std::string& path, format kind,
                          std::span<float> values) {
    std::vector<problem> found;
    std::vector<rewrite::refusal> refused;
    std::vector<layers> numbered;
    std::vector<shape_type> own_inputs;
    for (const std::string& digit : network.digits) {
        const std::span<const char> text(digit);
        const graph::model model = graph::parse_onnx(std::as_bytes(text), nullptr, "the network", {});
        if (own_inputs.empty())
            for (const value_id id : inputs_of(model)) {
                own_inputs.emplace_back();
                for (const graph::dimension& one : *model.values[id].shape)
                    own_inputs.back().push_back(std::max<std::int64_t>(one.extent, 1));
            }
        numbered.push_back(as_layers(model, own_inputs, refused));
    }
    report_refused(refused, "the network, ", found);
    if (!found.empty()) return found;
    const std::vector<std::string> own_nodes = numbered[0].nodes;
    const parameter_numbers numbers(network, std::move(numbered));

    const graph::model file = read(path, kind);
    if (rewrite::computes_in_8_bits(file) || rewrite::has_quantized_activations(file))
        return {{problem_kind::different, "the file", "a network in real numbers",
                 "one in 8 bits, which a quantized_model reads"}};
    report_unread(file, found);
    const layers theirs = as_layers(file, own_inputs, refused);
    report_refused(refused, "node ", found);
    if (!found.empty()) return found;

    const side own{&numbers.net(), &own_nodes}, other{&theirs.made.net, &theirs.nodes};
    const matching matched = match(own, other);
    if (!matched.problems.empty()) return matched.problems;
    std::vector<bool> is_set(network.parameters);
    for (std::size_t layer = 0; layer < own.net->layers.size(); ++layer) {
        const lower::layer& mine = own.net->layers[layer];
        if (matched.partner[layer] == no_layer) continue;
        const lower::layer& file_layer = other.net->layers[matched.partner[layer]];
        for (std::size_t t = 0; t < mine.tensors.size(); ++t)
            for (std::size_t i = 0; i < mine.tensors[t].numbers.size(); ++i) {
                const float number = file_layer.tensors[t].numbers[i];
                const std::size_t parameter = numbers.parameter(layer, t, i);
                const std::string place = path_of(own, layer) + "/" + mine.tensors[t].name;
                if (parameter == network.parameters) {
                    const float wanted = mine.tensors[t].numbers[i];
                    if (!numbers.is_constant(layer, t, i))
                        found.push_back({problem_kind::different, place,
                                         "numbers that are parameters of the network",
                                         "numbers computed of them"});
                    else if (!(std::abs(wanted - number) <= 1e-6F * std::max(1.F, std::abs(wanted))))
                        found.push_back({problem_kind::different, place + ", element " + std::to_string(i),
                                         lower::literal(wanted), lower::literal(number)});
                    else
                        continue;
                    break;
                }
                if (!std::isfinite(number)) {
                    found.push_back(
                        {problem_kind::not_finite, numbers.name_of(parameter), "finite numbers",
                         lower::literal(number) + " in " + place_of(other, matched.partner[layer])});
                    break;
                }
                if (is_set[parameter] && values[parameter] != number) {
                    found.push_back({problem_kind::different, numbers.name_of(parameter),
                                     "one value, as layers share it", "two in the file"});
                    break;
                }
                is_set[parameter] = true;
                values[parameter] = number;
            }
    }
    for (const numbered_network::tensor& one : network.tensors) {
        const auto begin = is_set.begin() + static_cast<std::ptrdiff_t>(one.begin);
        if (!std::all_of(begin, begin + static_cast<std::ptrdiff_t>(one.size), [](bool set) { return set; }))
            found.push_back({problem_kind::missing, one.name, "a tensor of the file",
                             "none that this parameter is read from"});
    }
    return found;
}

}  // namespace

std::vector<problem> fill_from_file(const numbered_network& network, const std::string& path, format kind,
                                    std::span<float> values) {
    return without_throwing(path, [&] { return fill(network, path, kind, values); });
}

}  // namespace archetype::files
