// SPDX-License-Identifier: BSL-1.0
/// @file facts.hpp
/// The one pass over a network: a flat array of facts, one for each layer, computed on values.
#pragma once
#include <archetype/architecture/graph.hpp>

namespace archetype {

/// No step, node or value. As the source of an edge: the (first) input of the network.
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

/// A layer in its place.
struct node : layer_facts {
    text_view kind{};
    layer_role role{};
    bool frozen = false;                         ///< it stands in a `frozen` part
    std::size_t recomputed = 0;                  ///< the number of the `recompute` part it stands in, from 1
    std::size_t keeps = 100;                     ///< percent of the values of that part
    std::size_t scope = 0;                       ///< its own entry among the scopes
    shape input{};                               ///< the first of its inputs
    std::size_t first_edge = 0, edge_count = 0;  ///< where its inputs come from
    std::size_t shares = none;                   ///< the layer whose parameters it uses instead of its own

    /// Parameters that are its own.
    ARCHETYPE_INLINE constexpr std::uint64_t count(bool trainable) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < parameter_tensors && shares == none; ++i)
            if (parameters[i].trainable == trainable) sum += parameters[i].extents.size();
        return sum;
    }
};

/// A name in the tree of names: of a part, or (its kind) of a layer without one.
struct scope {
    text_view text{};
    std::size_t parent = 0;
    std::size_t first = 0, last = 0;  ///< its layers
    std::size_t begin = none,
                end = none;  ///< the layers whose results come in and go on; `none`: the input's
};

/// The first thing wrong with a network: which rule, at which layer (counted from 1), given which shape.
struct fault {
    rule broken = rule::ok;
    std::size_t layer = 0;
    shape input{};
    std::size_t scope = 0;  ///< the named part it stands in, an index into the scopes; 0 for none
    constexpr bool operator==(const fault&) const = default;
};

/// A result that the network gives: of a layer (or `none`: its input), by the name of its side output.
struct network_output {
    text_view text{};
    std::size_t node = none;
};

namespace detail {

/// What facts of networks of all sizes have.
struct facts_summary {
    fault first_fault{};
    shape input{}, output{};
    std::size_t node_count = 0, scope_count = 1, edge_count = 0, output_count = 1;
};

}  // namespace detail

/// All facts of a network, in arrays of the sizes that `Size` tells. Scope 0 is the network itself.
template <detail::tally Size>
struct network_facts : detail::facts_summary {
    // Built-in arrays: for a compiler every index of a std::array is a call.
    node nodes[Size.layers == 0 ? 1 : Size.layers]{};
    std::size_t edges[Size.edges == 0 ? 1 : Size.edges]{};  ///< nodes that nodes read
    network_output outputs[Size.outputs + 1]{};             ///< the end, then the side outputs
    scope scopes[Size.scopes + 1]{};

    constexpr network_facts() = default;
    /// Filled where it stands: a function's result would be copied, a tenth of what facts cost compilers.
    constexpr explicit network_facts(void (*fill)(network_facts&)) { fill(*this); }

    static constexpr std::size_t size() { return Size.layers; }
    static constexpr std::size_t edge_room() { return Size.edges; }
    static constexpr std::size_t outputs_size() { return Size.outputs + 1; }

    /// What edge `index` of a node carries.
    ARCHETYPE_INLINE constexpr std::size_t source(const node& reader, std::size_t index) const {
        return edges[reader.first_edge + index];
    }
    ARCHETYPE_INLINE constexpr const shape& shape_of(std::size_t source) const {
        return source == none ? input : nodes[source].output;
    }
};

namespace detail {

/// Its address tells layer types apart.
template <class Layer>
inline constexpr char layer_identity{};

/// Fills the arrays of a network. One type for networks of all sizes: parts are instantiated once for all networks.
struct facts_builder {
    struct mark_of {
        text_view text{};
        std::size_t node = none;
    };

    facts_summary& facts;
    node* nodes;
    std::size_t* edges;
    network_output* outputs;
    scope* scopes;
    mark_of* points;
    mark_of* shared;
    const char** identities;     ///< of the layers' types
    std::size_t current = none;  ///< the layer whose result comes in
    std::size_t inside = 0;
    std::size_t point_count = 0, shared_count = 0;
    std::size_t sharing = none;  ///< the layer that the next one shares parameters with
    std::size_t freezing = 0;    ///< so many `frozen` parts are around what comes next
    std::size_t recompute_parts = 0, recomputing = 0, keeping = 100;  ///< of `recompute` parts
    std::size_t changed = 0;  ///< so many layers may have other facts than their types told
    std::size_t period = 0;   ///< the layers of a block that is visited again; 0: it is the first time

    constexpr const shape& shape_of(std::size_t source) const {
        return source == none ? facts.input : nodes[source].output;
    }

    constexpr bool failed() const { return facts.first_fault.broken != rule::ok; }
    constexpr std::size_t add_scope(text_view text) {
        scopes[facts.scope_count] = {text, inside, facts.node_count, facts.node_count, current, current};
        return facts.scope_count++;
    }
    constexpr void open(text_view text) { inside = add_scope(text); }
    constexpr void close() {
        scopes[inside].last = facts.node_count;
        scopes[inside].end = current;
        inside = scopes[inside].parent;
    }

    /// Of the layer that comes next, from 1.
    constexpr std::size_t next_position() const { return facts.node_count + 1; }
    constexpr void mark(text_view text) {
        if (failed()) return;
        std::size_t at = 0;
        while (at < point_count && points[at].text != text) ++at;
        if (at == point_count) ++point_count;
        points[at] = {text, current};
    }
    /// `reader` is the position of the layer that reads the point; 0 if none does.
    constexpr std::size_t find(text_view text, std::size_t reader) {
        for (std::size_t i = 0; i < point_count; ++i)
            if (points[i].text == text) return points[i].node;
        if (!failed())
            facts.first_fault = {rule::point_does_not_exist, reader, shape_of(current), add_scope(text)};
        return current;
    }
    constexpr void add_output(text_view text) { outputs[facts.output_count++] = {text, current}; }

    /// Layers up to `end_shared` use the parameters of those that came first by this name.
    constexpr std::size_t begin_shared(text_view text) {
        const std::size_t before = sharing;
        if (sharing != none) return before;  // all of the part around it is shared
        for (std::size_t i = 0; i < shared_count; ++i)
            if (shared[i].text == text) {
                sharing = shared[i].node;
                return before;
            }
        shared[shared_count++] = {text, facts.node_count};
        return before;
    }
    constexpr void end_shared(std::size_t before) { sharing = before; }

    /// Of a layer in a `frozen` part nothing is trained.
    static constexpr void freeze(node& here) {
        here.frozen = true;
        for (std::size_t i = 0; i < here.parameter_tensors; ++i) here.parameters[i].trainable = false;
    }

    /// `given` is the layer's own name, empty if it has none.
    template <class Layer>
    constexpr void visit_layer(text_view given) {
        if (failed()) return;
        if constexpr (layer<Layer>)
            add_layer_of<Layer>(given);
        else
            add_layer(broken_layer(rule::not_a_layer), text_view{}, layer_role{}, given);
    }
    /// In a block that is repeated a layer with the input it had before is described already: to copy its facts costs
    /// compilers less.
    template <class Layer>
    constexpr void add_layer_of(text_view given) {
        const char* const identity = &layer_identity<Layer>;
        const std::size_t here = facts.node_count, before = here - period;
        identities[here] = identity;
        if (period != 0 && before >= changed && identities[before] == identity &&
            nodes[before].input == shape_of(current) && !nodes[before].frozen)
            add_layer(nodes[before], Layer::kind, Layer::role, given);
        else
            add_layer(Layer::describe(shape_of(current)), Layer::kind, Layer::role, given);
    }
    constexpr void add_layer(const layer_facts& of, text_view kind, layer_role role, text_view given) {
        node& here = nodes[facts.node_count];
        static_cast<layer_facts&>(here) = of;
        here.kind = kind;
        here.role = role;
        const std::size_t source = current;
        place(here, given, &source, 1);
    }
    template <class Join, std::size_t Count>
    constexpr void visit_join(const std::size_t (&sources)[Count]) {
        if (failed()) return;
        shape in[Count];
        for (std::size_t i = 0; i < Count; ++i) in[i] = shape_of(sources[i]);
        node& here = nodes[facts.node_count];
        static_cast<layer_facts&>(here) = Join::join(in, Count);
        here.kind = Join::kind;
        here.role = layer_role::join;
        place(here, text_view{}, sources, Count);
    }
    constexpr void visit_network() {
        if (failed()) return;
        facts.first_fault = {rule::network_in_a_network, facts.node_count + 1, shape_of(current), inside};
        ++facts.node_count;
    }
    constexpr void visit_input(const shape& extents, text_view given) {
        if (failed()) return;
        node& here = nodes[facts.node_count];
        here.kind = "input";
        here.role = layer_role::source;
        here.output = extents;
        here.broken = extents.has_zero() ? rule::extent_is_zero : rule::ok;
        place(here, given, nullptr, 0);
        if (!given.empty()) mark(given);
    }

    /// `here` is the next of the nodes.
    constexpr void place(node& here, text_view given, const std::size_t* sources, std::size_t count) {
        here.first_edge = facts.edge_count;
        here.edge_count = count;
        for (std::size_t i = 0; i < count; ++i) edges[facts.edge_count++] = sources[i];
        here.input = count == 0 ? here.output : shape_of(sources[0]);
        if (freezing != 0) freeze(here);
        here.recomputed = recomputing;
        here.keeps = keeping;
        if (here.broken == rule::ok && sharing != none) {
            here.shares = sharing++;
            const node& first = nodes[here.shares];
            // A table may be looked up and multiplied with.
            const bool is_tied = first.role == layer_role::lookup && here.role == layer_role::pooling;
            bool same = here.shares < facts.node_count && (first.role == here.role || is_tied) &&
                        first.parameter_tensors == here.parameter_tensors && first.frozen == here.frozen;
            for (std::size_t i = 0; same && i < here.parameter_tensors; ++i)
                same = first.parameters[i].name == here.parameters[i].name &&
                       first.parameters[i].extents == here.parameters[i].extents;
            if (!same) here.broken = rule::shared_parameters_differ;
        }
        if (here.broken != rule::ok) {
            facts.first_fault = {here.broken, facts.node_count + 1, here.input,
                                 given.empty() ? inside : add_scope(given)};
            ++facts.node_count;
            return;
        }
        here.scope = add_scope(given.empty() ? here.kind : given);
        ++facts.node_count;
        scopes[here.scope].last = facts.node_count;
        scopes[here.scope].end = current = facts.node_count - 1;
    }

    /// The end is an output; every other result must be read by somebody. `read` has a false for each node.
    constexpr void finish(bool* read) {
        outputs[0].node = current;
        facts.output = shape_of(current);
        scopes[0].last = facts.node_count;
        scopes[0].end = current;
        if (failed()) return;
        bool input_read = false;
        for (std::size_t i = 0; i < facts.edge_count; ++i)
            (edges[i] == none ? input_read : read[edges[i]]) = true;
        for (std::size_t i = 0; i < facts.output_count; ++i)
            (outputs[i].node == none ? input_read : read[outputs[i].node]) = true;
        if (!input_read) facts.first_fault = {rule::input_is_never_read, 0, facts.input};
        for (std::size_t n = 0; n < facts.node_count && !failed(); ++n)
            if (!read[n])
                facts.first_fault = {nodes[n].role == layer_role::source ? rule::input_is_never_read
                                                                         : rule::result_is_never_read,
                                     n + 1, nodes[n].input, scopes[nodes[n].scope].parent};
    }
};

template <class Net>
struct split_network;
template <class... Parts>
struct split_network<network<Parts...>> {
    using body = sequence<Parts...>;
    static constexpr rule broken = rule::input_is_missing;
    static constexpr shape input{};
    static constexpr text_view text{};
};
template <std::size_t... Extents, class... Parts>
struct split_network<network<archetype::input<Extents...>, Parts...>> {
    using body = sequence<Parts...>;
    static constexpr rule broken =
        archetype::input<Extents...>::value.has_zero() ? rule::extent_is_zero : rule::ok;
    static constexpr shape input = archetype::input<Extents...>::value;
    static constexpr text_view text{};
};
template <name Name, std::size_t... Extents, class... Parts>
struct split_network<network<named<Name, archetype::input<Extents...>>, Parts...>>
    : split_network<network<archetype::input<Extents...>, Parts...>> {
    static constexpr name given = Name;
    static constexpr text_view text = given.view();
};

/// Names of points.
template <std::size_t Room>
struct point_texts {
    text_view texts[Room]{};
    std::size_t count = 0;
};

template <class Net>
inline constexpr tally size_of_facts = sum({part<typename split_network<Net>::body>::size,
                                            {.points = split_network<Net>::text.empty() ? 0u : 1u}});

template <class Net>
using facts_type = network_facts<size_of_facts<Net>>;

/// Fills the facts of `Net`, and the points that stand at the end or where its first fault is. Returns how many these are.
template <class Net>
constexpr std::size_t fill_with_points(facts_type<Net>& facts, facts_builder::mark_of* points) {
    using split = split_network<Net>;
    constexpr tally size = size_of_facts<Net>;
    facts_builder::mark_of shared[size.shared + 1]{};
    const char* identities[size.layers + 1]{};
    bool read[size.layers + 1]{};
    facts_builder builder{facts,        facts.nodes, facts.edges, facts.outputs,
                          facts.scopes, points,      shared,      identities};
    facts.input = split::input;
    facts.first_fault = {split::broken, 0, split::input};
    if (!split::text.empty()) builder.mark(split::text);
    part<typename split::body>::visit(builder);
    builder.finish(read);
    return builder.point_count;
}
template <class Net>
constexpr void fill_facts(facts_type<Net>& facts) {
    facts_builder::mark_of points[size_of_facts<Net>.points + 1]{};
    fill_with_points<Net>(facts, points);
}

/// The points of `Net` that stand where its first fault is.
template <class Net>
constexpr auto standing_points() {
    facts_type<Net> facts;
    facts_builder::mark_of points[size_of_facts<Net>.points + 1]{};
    point_texts<size_of_facts<Net>.points + 1> standing;
    standing.count = fill_with_points<Net>(facts, points);
    for (std::size_t i = 0; i < standing.count; ++i) standing.texts[i] = points[i].text;
    return standing;
}

/// The facts of `Net`, right or wrong. Everything else starts from `facts_of` (check.hpp), which reports a
/// fault.
template <class Net>
inline constexpr facts_type<Net> unchecked_facts{&fill_facts<Net>};

/// The types of the layers, in order.
template <class Net>
using layers_of = typename part<typename split_network<Net>::body>::content::layers;

}  // namespace detail
}  // namespace archetype
