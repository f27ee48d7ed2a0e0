// SPDX-License-Identifier: BSL-1.0
// A network by the definition of each of its layers, one after the other as they read each other: without its plan.
#pragma once
#include <archetype/inference.hpp>

#include <algorithm>
#include <vector>

namespace generated {
using namespace archetype;

/// Layer `N` of `Net` with the facts that it has there, which not every layer knows by itself.
template <class Net, std::size_t N>
struct layer_in_place {};

}  // namespace generated

namespace archetype::detail {
template <class Net, std::size_t N>
struct part<generated::layer_in_place<Net, N>> {
    struct content {
        using layers = boost::mp11::mp_list<boost::mp11::mp_at_c<layers_of<Net>, N>>;
    };
    static constexpr tally size{.layers = 1, .scopes = 1, .edges = 1};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const node& at = unchecked_facts<Net>.nodes[N];
        visitor.add_layer(at, at.kind, at.role, text_view{});
    }
};
}  // namespace archetype::detail

namespace generated {

template <class Layer, shape In, class Axes = std::make_index_sequence<In.rank>>
struct network_of_one;
template <class Layer, shape In, std::size_t... Axis>
struct network_of_one<Layer, In, std::index_sequence<Axis...>> {
    using type = network<input<In[Axis]...>, Layer>;
};

/// One layer on its own.
/// @param tensors  its parameters
template <class Layer, shape In>
void run_alone(const double* const* tensors, const double* in, double* out) {
    using net = typename network_of_one<Layer, In>::type;
    const auto& layout = detail::parameters_of<net>;
    std::vector<double> parameters(layout.elements), folded(inference_weight_count<net>);
    for (std::size_t s = 0; s < layout.size(); ++s)
        std::copy_n(tensors[layout.slots[s].index],
                    detail::unchecked_facts<net>.nodes[0].parameters[layout.slots[s].index].extents.size(),
                    parameters.begin() + static_cast<std::ptrdiff_t>(layout.slots[s].offset));
    detail::fold_parameters<net>(parameters.data(), folded.data());
    detail::run_reference<net, double>(folded.data(), std::array<const double*, 1>{in},
                                       std::array<double*, 1>{out});
}

/// Calls `visit(index)` for each element of a shape, in order.
template <class Visit>
void for_elements(const shape& extents, const Visit& visit) {
    std::vector<std::size_t> index(extents.rank);
    for (std::size_t i = 0; i < extents.size(); ++i) {
        std::size_t rest = i;
        for (std::size_t axis = extents.rank; axis-- > 0; rest /= extents[axis])
            index[axis] = rest % extents[axis];
        visit(index);
    }
}
/// Where an index lies in an array that lacks the leading axes, and repeats along those of extent 1.
inline std::size_t element_of(const shape& extents, const std::vector<std::size_t>& index) {
    std::size_t at = 0;
    for (std::size_t axis = 0; axis < extents.rank; ++axis)
        at = at * extents[axis] + (extents[axis] == 1 ? 0 : index[index.size() - extents.rank + axis]);
    return at;
}

inline double joined(join_kind kind, double a, double b) {
    switch (kind) {
        case join_kind::product:
            return a * b;
        case join_kind::quotient:
            return a / b;
        case join_kind::difference:
            return a - b;
        case join_kind::maximum:
            return std::max(a, b);
        case join_kind::minimum:
            return std::min(a, b);
        default:
            return a + b;
    }
}
inline void join(const node& at, const std::vector<const std::vector<double>*>& parts,
                 const std::vector<shape>& shapes, std::vector<double>& out) {
    if (at.joins == join_kind::concatenation) {
        const std::size_t axis = at.axis + at.output.rank - 3;
        std::size_t first = 0;
        for (std::size_t p = 0; p < parts.size(); ++p) {
            std::size_t i = 0;
            for_elements(shapes[p], [&](std::vector<std::size_t> index) {
                index[axis] += first;
                out[element_of(at.output, index)] = (*parts[p])[i++];
            });
            first += shapes[p][axis];
        }
        return;
    }
    std::size_t i = 0;
    for_elements(at.output, [&](const std::vector<std::size_t>& index) {
        double result = (*parts[0])[element_of(shapes[0], index)];
        for (std::size_t p = 1; p < parts.size(); ++p)
            result = joined(at.joins, result, (*parts[p])[element_of(shapes[p], index)]);
        out[i++] = at.joins == join_kind::mean ? result / static_cast<double>(parts.size()) : result;
    });
}

/// All outputs for one sample of each input.
template <class Net>
std::vector<std::vector<double>> run_by_definition(const double* parameters,
                                                   const std::vector<const double*>& inputs) {
    constexpr const auto& facts = detail::unchecked_facts<Net>;
    std::vector<double> first(inputs[0], inputs[0] + facts.input.size());
    std::vector<std::vector<double>> made(facts.size());
    std::size_t next_input = 1;
    const auto made_by = [&](std::size_t source) -> const std::vector<double>& {
        return source == none ? first : made[source];
    };
    const auto run = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
        static constexpr const node& at = facts.nodes[N];
        std::vector<double>& out = made[N];
        out.resize(at.output.size());
        if constexpr (at.role == layer_role::source) {
            std::copy_n(inputs[next_input++], out.size(), out.begin());
        } else if constexpr (at.role == layer_role::join) {
            std::vector<const std::vector<double>*> parts;
            std::vector<shape> shapes;
            for (std::size_t e = 0; e < at.edge_count; ++e) {
                parts.push_back(&made_by(facts.source(at, e)));
                shapes.push_back(facts.shape_of(facts.source(at, e)));
            }
            join(at, parts, shapes, out);
        } else if constexpr (at.role == layer_role::alias) {
            out = made_by(facts.source(at, 0));
        } else {
            const double* tensors[max_parameter_tensors]{};
            for (std::size_t i = 0; i < at.parameter_tensors; ++i)
                tensors[i] = parameters + detail::parameters_of<Net>.offsets[N][i];
            run_alone<layer_in_place<Net, N>, at.input>(tensors, made_by(facts.source(at, 0)).data(),
                                                        out.data());
        }
    };
    [&]<std::size_t... N>(std::index_sequence<N...>) { (run(std::integral_constant<std::size_t, N>{}), ...); }
    (std::make_index_sequence<facts.size()>{});
    std::vector<std::vector<double>> outputs;
    for (const network_output& end : facts.outputs) outputs.push_back(made_by(end.node));
    return outputs;
}

}  // namespace generated
