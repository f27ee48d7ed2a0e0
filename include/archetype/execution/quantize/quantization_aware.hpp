// SPDX-License-Identifier: BSL-1.0
/// @file quantization_aware.hpp
/// Quantization-aware training: a network that rounds in training where its integers will.
///
/// Not part of archetype/training.hpp: programs that do not train for integers do not compile it.
#pragma once
#include <archetype/architecture/parts/changed_body.hpp>
#include <archetype/execution/quantize/fake_quantize.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Which of the ranges that `quantize` reads a `fake_quantize` has.
enum class rounding_point {
    none,
    input,
    plain,
    activated,
    last,
    whole,
    mean,  ///< of numbers that another place rounds, with the range of that place
};

/// What is rounded behind a layer: index is that of a step, a value or another place.
struct rounding {
    rounding_point point = rounding_point::none;
    std::size_t index = 0;
    range_rule range = range_rule::averaged;
};

/// What the network's form with integers rounds: `of[0]` is the input, `of[n + 1]` the result of layer n.
template <std::size_t Layers, std::size_t Values>
struct rounding_places {
    rounding of[Layers + 1]{};
    std::size_t
        scale_of[Values + 1]{};  ///< the place that decides what a value's integers stand for, or `none`
    std::size_t count = 0;
    bool all_found = true;

    constexpr void put(std::size_t place, const rounding& what) {
        if (of[place].point != rounding_point::none) return;
        of[place] = what;
        ++count;
    }
};

/// The place that decides the scale of value `v`: of slices and parts that of the whole.
template <class Net>
constexpr std::size_t scale_of_value(const auto& places, std::size_t v) {
    constexpr const auto& values = inference_plan<Net>.values;
    while (values[v].is_view() || values[v].is_part())
        v = values[v].is_view() ? values[v].view_of : values[v].whole;
    return places.scale_of[v];
}

/// A layer whose results are means of its inputs, rounded to the same steps.
template <class Form>
constexpr bool makes_means() {
    if constexpr (requires { Form::floating::largest; })
        return !Form::floating::largest;
    else
        return !Form::takes_largest;
}

/// The roundings of a step, as `quantize_network` makes its numbers.
template <class Step, class Places>
struct step_roundings {
    using net = typename Step::network;
    using form = integer_step<Step>;
    static constexpr step now = Step::now;
    static constexpr bool is_part = form::made.is_part(), is_last = !form::joins && !form::has_second_table;
    static constexpr std::size_t end_of(std::size_t first, std::size_t last, std::size_t otherwise) {
        return first == last ? otherwise : last - 1;
    }
    static constexpr std::size_t plain = now.batch_norm != none ? now.batch_norm : now.anchor,
                                 activated = end_of(now.activation_first, now.activation_last, plain),
                                 pooled =
                                     end_of(now.pool_activation_first, now.pool_activation_last, now.pool),
                                 joined =
                                     end_of(now.join_activation_first, now.join_activation_last, now.join);
    Places& places;
    std::size_t current;  ///< the place that decides the scale of what was computed last

    constexpr explicit step_roundings(Places& all)
        : places(all), current(scale_of_value<net>(all, now.from)) {
        round_layer();
        if (form::has_table && now.activation_first != now.activation_last) {
            if (!is_last)
                put(activated, rounding_point::activated);
            else if (!is_part)
                put_known(activated, rounding_point::activated);
        }
        if (form::pools && !form::pools_maxima) put_mean(now.pool);
        round_last();
        places.scale_of[now.to] = current;
    }

private:
    constexpr void put(std::size_t layer, rounding_point point, range_rule range = range_rule::averaged) {
        places.put(layer + 1, {point, Step::index, range});
        current = layer + 1;
    }
    /// Of an activation that ends with this layer.
    constexpr void put_known(std::size_t layer, rounding_point point) {
        const known_function function = unchecked_facts<net>.nodes[layer].function;
        put(layer, point,
            function == known_function::tanh      ? range_rule::of_tanh
            : function == known_function::sigmoid ? range_rule::of_sigmoid
                                                  : range_rule::averaged);
    }
    constexpr void put_mean(std::size_t layer) {
        if (current == none) return;
        places.put(layer + 1, {rounding_point::mean, current, places.of[current].range});
    }
    constexpr void round_layer() {
        if (form::form::scale == integer_scale::fixed) current = none;
        if (form::form::scale == integer_scale::of_input && makes_means<typename form::form>())
            put_mean(now.anchor);
        if (form::form::scale != integer_scale::as_seen) return;
        if (form::has_table)
            put(plain, rounding_point::plain);
        else if (is_part && is_last)
            return;
        else if (form::rectifies && now.activation_first == now.activation_last)  // behind a pooling
            put(pooled, rounding_point::last);
        else
            put(activated, rounding_point::activated);
    }
    constexpr void round_last() {
        if (is_part || is_last) return;
        if (form::has_second_table)
            put_known(form::joins ? joined : pooled, rounding_point::last);
        else
            put(joined, rounding_point::last);
    }
};

/// Concatenations that are no part of another, in order: their layers and their values.
template <class Net, class Places>
constexpr void place_concatenations(Places& places) {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr const auto& plan = inference_plan<Net>;
    std::size_t n = 0;
    const auto is_outermost = [&](std::size_t at) {
        for (std::size_t c = at + 1; c < facts.node_count; ++c)
            for (std::size_t e = 0;
                 facts.nodes[c].joins == join_kind::concatenation && e < facts.nodes[c].edge_count; ++e) {
                std::size_t from = facts.source(facts.nodes[c], e);
                while (from != none && from != at && facts.nodes[from].role == layer_role::alias)
                    from = facts.source(facts.nodes[from], 0);
                if (from == at) return false;
            }
        return true;
    };
    const auto next = [&] {
        while (n < facts.node_count && (facts.nodes[n].joins != join_kind::concatenation || !is_outermost(n)))
            ++n;
    };
    next();
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        if (!plan.is_concatenation(v) || plan.values[v].is_part()) continue;
        if (n == facts.node_count || facts.nodes[n].output != plan.values[v].extents) {
            places.all_found = false;
            return;
        }
        places.put(n + 1, {rounding_point::whole, v});
        places.scale_of[v] = n + 1;
        ++n;
        next();
    }
    places.all_found = places.all_found && n == facts.node_count;
}

template <class Net>
inline constexpr auto roundings_of = [] {
    rounding_places<unchecked_facts<Net>.size(), inference_plan<Net>.value_count> places;
    if (!inference_plan<Net>.values[0].is_part()) places.put(0, {rounding_point::input});
    place_concatenations<Net>(places);
    for_each_step<Net, purpose::inference>(
        [&]<class Step>(Step) { step_roundings<Step, decltype(places)>{places}; });
    return places;
}();

/// The `fake_quantize` at a place.
template <class Net, std::size_t Place, range_rule Ranges, class Number>
using rounding_layer = fake_quantize<
    roundings_of<Net>.of[Place].range == range_rule::averaged ? Ranges : roundings_of<Net>.of[Place].range,
    Number>;

/// A layer of `Net` as it is trained: with rounded kernels where integers have kernels.
template <class Layer>
struct layer_trained_for_integers {
    using type = Layer;
};
template <class Layer>
requires(integer_form<Layer>::rounds_kernel) struct layer_trained_for_integers<Layer> {
    using type = with_rounded_kernel<Layer>;
};

/// The layers of `Net` with those that round, in order.
template <class Net, range_rule Ranges, class Number, class Indices>
struct layers_for_integers;
template <class Net, range_rule Ranges, class Number, std::size_t... I>
struct layers_for_integers<Net, Ranges, Number, std::index_sequence<I...>> {
    template <std::size_t Place>
    using rounding_at =
        boost::mp11::mp_if_c<roundings_of<Net>.of[Place].point == rounding_point::none,
                             boost::mp11::mp_list<>,
                             boost::mp11::mp_list<rounding_layer<Net, Place, Ranges, Number>>>;
    using type = boost::mp11::mp_append<
        rounding_at<0>, boost::mp11::mp_push_front<rounding_at<I + 1>,
                                                   typename layer_trained_for_integers<
                                                       boost::mp11::mp_at_c<layers_of<Net>, I>>::type>...>;
};

/// Visits the parts of `Net`, and layers that round between them.
template <class Net, range_rule Ranges, class Number, class Visitor>
struct visitor_for_integers : Visitor {
    static constexpr std::size_t size = unchecked_facts<Net>.size();
    std::size_t visited = 0;
    std::size_t rounding_nodes[size + 1]{};  ///< by place

    constexpr explicit visitor_for_integers(const Visitor& from) : Visitor(from) { round_place(0); }

    template <class Layer>
    constexpr void visit_layer(text_view given) {
        skip_shared_roundings();
        Visitor::template visit_layer<typename layer_trained_for_integers<Layer>::type>(given);
        round_place(++visited);
    }
    template <class Join, std::size_t Count>
    constexpr void visit_join(const std::size_t (&sources)[Count]) {
        skip_shared_roundings();
        Visitor::template visit_join<Join>(sources);
        round_place(++visited);
    }
    constexpr void visit_input(const shape& extents, text_view given) {
        Visitor::visit_input(extents, given);
        round_place(++visited);
    }
    /// What the visitor around goes on with.
    constexpr void give_back(Visitor& to) const {
        to.current = this->current, to.inside = this->inside;
        to.point_count = this->point_count, to.shared_count = this->shared_count;
        to.recompute_parts = this->recompute_parts;
        to.changed = this->changed;
    }

private:
    /// Ranges are not shared.
    constexpr void skip_shared_roundings() {
        while (this->sharing != none && this->sharing < this->facts.node_count &&
               this->nodes[this->sharing].kind == fake_quantize<>::kind)
            ++this->sharing;
    }
    template <range_rule Range>
    static constexpr void add(Visitor& to) {
        to.template visit_layer<fake_quantize<Range, Number>>(text_view{});
    }
    constexpr void round_place(std::size_t place) {
        if (place > size || roundings_of<Net>.of[place].point == rounding_point::none) return;
        const rounding& one = roundings_of<Net>.of[place];
        const range_rule range = one.range;
        const std::size_t sharing = this->sharing, freezing = this->freezing;
        this->sharing = none;
        rounding_nodes[place] = this->facts.node_count;
        if (one.point == rounding_point::mean && range == range_rule::averaged && !this->failed()) {
            this->sharing = rounding_nodes[one.index];
            this->freezing = this->nodes[this->sharing].frozen ? 1 : 0;
        }
        if (range == range_rule::of_tanh)
            add<range_rule::of_tanh>(*this);
        else if (range == range_rule::of_sigmoid)
            add<range_rule::of_sigmoid>(*this);
        else
            add<Ranges>(*this);
        this->sharing = sharing;
        this->freezing = freezing;
    }
};

/// What becomes of a network (`changed_body`).
template <range_rule Ranges, class Number>
struct rounding_change {
    template <class Net>
    using layers = typename layers_for_integers<Net, Ranges, Number,
                                                std::make_index_sequence<unchecked_facts<Net>.size()>>::type;
    template <class Net>
    static constexpr std::size_t added = roundings_of<Net>.count;
    template <class Net, class Visitor>
    using visitor = visitor_for_integers<Net, Ranges, Number, Visitor>;
};
template <class Net, range_rule Ranges, class Number>
using rounded_body = changed_body<Net, rounding_change<Ranges, Number>>;

template <class Net, range_rule Ranges, class Number>
struct made_for_integers;
template <class Input, class... Parts, range_rule Ranges, class Number>
struct made_for_integers<network<Input, Parts...>, Ranges, Number> {
    using net = network<Input, Parts...>;
    using fault [[maybe_unused]] = typename integer_report<net, Number>::type::shown;
    static_assert(
        roundings_of<net>.all_found,
        "archetype: the concatenations of this network have no form in quantization-aware training");
    using type = network<Input, rounded_body<net, Ranges, Number>>;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `Net` as it is trained for integers (Jacob et al. 2018, section 3): kernels of convolutions and dense layers are rounded
/// where they are used, and a `fake_quantize` stands wherever the form of `Net` with activations of type `Activation` rounds.
/// Names and parameters of its layers are those of `Net`; its results are those of the integers, in real numbers. A network
/// like others: it is trained, saved and run as they are.
/// @tparam Ranges  `range_rule::averaged` or `range_rule::learned`; tanh and sigmoid have their own
template <well_formed Net, range_rule Ranges = range_rule::averaged, class Activation = std::int8_t>
requires(Ranges == range_rule::averaged || Ranges == range_rule::learned) using quantization_aware =
    typename detail::made_for_integers<Net, Ranges, Activation>::type;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `visit(to, from, elements)` with the places of each parameter tensor of `Net` and of the same in `Rounded`.
template <class Net, class Rounded, class Visit>
void for_each_common_tensor(const Visit& visit) {
    constexpr const auto& nodes = unchecked_facts<Net>.nodes;
    constexpr std::size_t count = unchecked_facts<Net>.node_count;
    std::size_t rounded = 0;
    for (std::size_t n = 0; n < count; ++n, ++rounded) {
        while (unchecked_facts<Rounded>.nodes[rounded].kind == fake_quantize<>::kind) ++rounded;
        for (std::size_t i = 0; i < nodes[n].parameter_tensors && nodes[n].shares == none; ++i)
            visit(parameters_of<Net>.offsets[n][i], parameters_of<Rounded>.offsets[rounded][i],
                  nodes[n].parameters[i].extents.size());
    }
}

/// The ranges that training left, in the places of those that calibration saw.
template <class Rounded, class T>
struct trained_ranges;
template <class Input, class Net, range_rule Ranges, class Number, class T>
struct trained_ranges<network<Input, rounded_body<Net, Ranges, Number>>, T> {
    using rounded = network<Input, rounded_body<Net, Ranges, Number>>;
    static constexpr const auto& roundings = roundings_of<Net>;
    const T* parameters;

    void operator()(calibration<Net>& seen) const {
        std::size_t n = 0;  // of the rounded network
        for (std::size_t place = 0; place <= unchecked_facts<Net>.node_count; ++place) {
            if (place != 0) ++n;
            const rounding& one = roundings.of[place];
            if (one.point == rounding_point::none) continue;
            give(seen, one, parameters_of<rounded>.offsets[n++]);
        }
    }

private:
    void give(calibration<Net>& seen, const rounding& one, const tensor_offsets& offsets) const {
        if (one.range != range_rule::averaged || one.point == rounding_point::mean) return;
        const quantization_to<Number> q = fake_quantization<fake_quantize<Ranges, Number>>(
            parameters + offsets[0], parameters + offsets[1]);
        if (!(q.scale > 0)) return;
        step_ranges& of_step = seen.steps[one.index];
        (one.point == rounding_point::plain       ? of_step.plain
         : one.point == rounding_point::activated ? of_step.activated
         : one.point == rounding_point::last      ? of_step.last
                                                  : seen.values[one.index]) = given_range(q);
    }
};

/// The integers of what quantization-aware training made.
template <class Input, class Net, range_rule Ranges, class Number, class Activation>
struct integers_from<network<Input, changed_body<Net, rounding_change<Ranges, Number>>>, Activation> {
    static_assert(
        std::is_same_v<Number, Activation>,
        "archetype: quantize<activation> of a model that was trained for activations of another type");
    using rounded = archetype::network<Input, rounded_body<Net, Ranges, Number>>;
    using network = Net;
    template <class T>
    static const T* parameters(const T* given, std::vector<T>& room) {
        room.resize(parameters_of<Net>.elements);
        for_each_common_tensor<Net, rounded>([&](std::size_t to, std::size_t from, std::size_t count) {
            std::copy_n(given + from, count, room.data() + to);
        });
        return room.data();
    }
    template <class T>
    static trained_ranges<rounded, T> ranges(const T* given) {
        return {given};
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The model to go on training with (PyTorch's `prepare_qat`, Keras' `quantize_model`): with the parameters of `trained`;
/// ranges come with the first batch.
template <range_rule Ranges = range_rule::averaged, class Activation = std::int8_t, class Net, class T>
model<quantization_aware<Net, Ranges, Activation>, T> prepare_qat(const model<Net, T>& trained) {
    using rounded = quantization_aware<Net, Ranges, Activation>;
    model<rounded, T> made;
    detail::for_each_common_tensor<Net, rounded>([&](std::size_t from, std::size_t to, std::size_t count) {
        std::copy_n(trained.data() + from, count, made.data() + to);
    });
    made.threads(trained.threads());
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
