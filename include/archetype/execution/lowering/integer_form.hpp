// SPDX-License-Identifier: BSL-1.0
/// @file integer_form.hpp
/// What a layer must provide to be executed in 8 and 16 bits, or with weights of 8 bits: a specialization of `integer_form`,
/// beside that of `lowering`. And what its step does with the results: tables, rectifiers, a join.
#pragma once
#include <archetype/execution/lowering/all.hpp>
#include <archetype/execution/lowering/integer_rule.hpp>
#include <archetype/weights.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What the integers that a layer gives, before activations, stand for.
enum class integer_scale {
    of_input,  ///< what those of its input do
    as_seen,   ///< what calibration saw
    fixed,     ///< always the same, but for a table where they are a part of a concatenation
};

/// What a layer reads beside its input: 32-bit numbers, factors of sums (`int8_channel` or `int16_channel`), 8-bit weights.
struct integer_sizes {
    std::size_t numbers = 0, channels = 0, weights = 0;
};

/// How a layer is executed in integers; the defaults, which a form inherits and hides. `Number` is std::int8_t or
/// std::int16_t, `Step` a step (steps.hpp) whose layer has the form.
struct plain_integer_form {
    static constexpr integer_scale scale = integer_scale::of_input;
    static constexpr bool has_16_bits = true;
    static constexpr bool is_identity = false;    ///< its results are its input: `run` is not called
    static constexpr bool applies_table = false;  ///< `run` looks activations up; else that is done in place
    static constexpr bool rounds_kernel = false;  ///< its kernel has 8 bits, a scale for each filter
    /// Its integers follow from calibration and from nothing else: they cannot be given.
    static constexpr bool is_calibrated = false;
    /// `run` raises results to a minimum: rectifiers take no table.
    static constexpr bool clamps = false;
    /// A pooling that a step before it may do on the fly, and whether it takes the largest or the mean.
    static constexpr bool pools_on_the_fly = false, takes_largest = true;
    /// Filters with a scale each, which lie along the last axis of the weights; 0 if it has none.
    template <class Step>
    static constexpr std::size_t filters = 0;

    /// Why this step has no form, or `ok`.
    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {};
    }
    /// Runs one sample: `call.in` to `call.out`, with `numbers()`, `channels()`, `weights()`, `table()` (activations),
    /// `second_table()` (those after a pooling on the fly) and the `zero_point()` of the input.
    template <class Call>
    static void run(const Call& call);

    /// In streams: a layer that remembers past rows, or has a window over time, has such a form if this is true. A window is
    /// that of rows which are all there, padding among them: `run` does no other than for a whole sequence.
    static constexpr bool in_streams = false;
    /// Numbers of the activations' type that the layer keeps from row to row otherwise: `start(call, state)` before the first, `run_row(call, state)`
    /// makes one row of `call.in`; they are aligned to 4 bytes.
    template <class Step>
    static constexpr std::size_t remembered = 0;
    template <class Call>
    static void start(const Call& call, void* state);
    template <class Call>
    static void run_row(const Call& call, void* state);

    /// Chooses the numbers on a host (`integer_maker`); returns what results stand for.
    template <class Make>
    static auto quantize(const Make& make) {
        return make.input();
    }
    /// Puts them where a device reads them: `to.numbers`, `to.channels`, `to.weights`, in the order for `run`.
    template <class Step, weight_order Order, class Numbers, class Place>
    static void pack(const Numbers& from, const Place& to) {
        const auto put = [](const auto& numbers, void* place) {
            if (!numbers.empty())
                __builtin_memcpy(place, numbers.data(), numbers.size() * sizeof(numbers[0]));
        };
        put(from.numbers, to.numbers);
        put(from.channels, to.channels);
        put(from.weights, to.weights);
    }
    /// One sample in real numbers, for calibration; `see_state(x)` notes what the layer keeps inside.
    template <class Step, class T, class SeeState>
    static void reference(const T* in, T* out, const T* weights, const T* bias, const SeeState&) {
        lowering_of<Step>::template reference<Step, T>(in, out, weights, bias);
    }

    /// Weights of 8 bits for a layer of real numbers: `add(first, rows, columns)` for each matrix with a scale for each of
    /// its columns (with a fourth argument, true: of its rows), `add(first, 0, count)` for numbers as they are, which together
    /// are `count` elements.
    template <class Step, class Add>
    static constexpr void narrow_tensors(std::uint64_t count, const Add& add) {
        add(0, 0, count);
    }
    /// Runs `call.samples` with what `narrow_tensors` named: `call.matrix(i)`, `call.vector(i)`.
    template <class Step, class Call, class Epilogue>
    ARCHETYPE_INLINE static void infer_narrow(const Call& call, const Epilogue& epilogue) {
        lowering_of<Step>::template infer<Step, float, false>(
            {call.in, call.out, call.vector(0), call.bias, call.scratch, call.samples}, epilogue);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET {

/// The form with integers of a layer of one's own: to be specialized (extend.hpp). Without a specialization there is none,
/// and a network with the layer is one error.
template <class Layer>
struct integer_form : detail::plain_integer_form {
    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return Step::at.role == layer_role::join ? integer_rule::join_adds_one_value
               : Step::at.role == layer_role::pooling && Step::at.has_window
                   ? integer_rule::pooling_takes_maxima_or_averages
                   : integer_rule::no_such_layer;
    }
};

}  // namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The form of a layer with integers: of the library's own layers here, of others in `extend`.
template <class Layer>
struct integer_form : extend::integer_form<Layer> {};

/// Results that are the input: of copies, activations on their own (by table), and joins that no step before them takes.
struct identity_integer_form : plain_integer_form {
    static constexpr bool is_identity = true;
};

/// The form of a step: of its layer, or a copy.
template <class Step>
struct step_integer_form {
    using type = integer_form<typename Step::layer>;
};
template <class Step>
requires(Step::now.copies) struct step_integer_form<Step> {
    using type = identity_integer_form;
};
template <class Step>
using integer_form_of = typename step_integer_form<Step>::type;

template <class Net>
constexpr bool all_rectify(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
        if (unchecked_facts<Net>.nodes[i].function != known_function::relu) return false;
    return true;
}

/// What step `Step` of the inference plan does in integers around its layer.
template <class Step>
struct integer_step {
    using network = typename Step::network;
    using form = integer_form_of<Step>;
    static constexpr step now = Step::now;
    static constexpr const value& made = inference_plan<network>.values[now.to];
    static constexpr bool joins = now.join != none;
    static constexpr join_kind joins_by =
        joins ? unchecked_facts<network>.nodes[now.join].joins : join_kind::none;
    /// Of two values; the second may repeat.
    static constexpr bool joins_one = !joins || (joins_by != join_kind::quotient && now.operand_count == 1 &&
                                                 (now.join != now.anchor || Step::taken == Step::result));

    static constexpr bool pools = now.pool != none;
    using pooling = integer_form<boost::mp11::mp_at_c<layers_of<network>, pools ? now.pool : now.anchor>>;
    static constexpr bool pools_maxima = !pools || pooling::takes_largest;

    /// Rectifiers raise the least result, other activations are tables of all results; so is what brings a part of a
    /// concatenation to the scale of the whole.
    static constexpr bool has_table =
        (form::scale != integer_scale::as_seen && made.is_part() && !joins) ||
        (now.activation_first != now.activation_last &&
         (!form::clamps || !all_rectify<network>(now.activation_first, now.activation_last)));
    /// After a pooling on the fly, or a join.
    static constexpr bool has_second_table =
        joins ? !all_rectify<network>(now.join_activation_first, now.join_activation_last)
              : now.pool_activation_first != now.pool_activation_last &&
                    (has_table || !pools_maxima ||
                     !all_rectify<network>(now.pool_activation_first, now.pool_activation_last));
    static constexpr bool rectifies =
        form::clamps &&
        ((!has_table && now.activation_first != now.activation_last) ||
         (!joins && !has_second_table && now.pool_activation_first != now.pool_activation_last));
    static constexpr bool sum_rectifies =
        joins && !has_second_table && now.join_activation_first != now.join_activation_last;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
