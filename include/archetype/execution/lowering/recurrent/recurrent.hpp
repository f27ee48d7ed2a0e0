// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// Recurrent layers through time. Everything between input and result lies by time step, then by sample, so that the rows
/// of one step are together and matrices are read once for all samples.
#pragma once
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_frame.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_weights.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
requires(Layer::role == layer_role::recurrent && !Layer::is_along &&
         !Layer::is_in_blocks) struct lowering<Layer> {
    template <class T>
    using frame_of = recurrent_frame<Layer, T>;
    template <class T>
    using weights_of = recurrent_weights<Layer, T>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr std::size_t units = Layer::units, row = facts.gates * units, states = facts.states,
                                 results = Layer::results;
    template <class Step>
    static constexpr std::size_t features = Layer::takes_states
                                                ? Step::at.parameters[Layer::tensors.kernel].extents[0]
                                                : features_among<Layer>(Step::in.channels);
    template <class Step>
    static constexpr std::size_t time = Layer::takes_states
                                            ? (Step::in.channels - Layer::all_states) / features<Step>
                                            : Step::in.width;
    /// Between time steps of what comes in, and of its gradient.
    template <class Step>
    static constexpr std::size_t step_distance(const kernels::image& of) {
        return Layer::takes_states ? features<Step> : of.pixel_stride;
    }
    /// Between rows of results, and of their gradients.
    static constexpr std::size_t row_distance(const kernels::image& of) {
        return Layer::gives_states ? results : of.pixel_stride;
    }

    template <class Step, class T>
    static constexpr std::size_t prepared_size =
        weights_of<T>::template forward_size<features<Step>> + weights_of<T>::copied_size;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        weights_of<T>::template prepare<features<Step>>(weights_of<T>::folded(logical, Step::at), prepared);
    }

    /// Some steps at a time: their products with the input, then one after the other.
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        if constexpr (Prepared)
            infer_with<Step, T, true>(call, weights_of<T>::template prepared<features<Step>>(call.weights),
                                      epilogue);
        else
            infer_with<Step, T, false>(call, weights_of<T>::folded(call.weights, Step::at), epilogue);
    }
    template <class Step, class T, bool Prepared, class Call, class Matrix, class Epilogue>
    static void infer_with(const Call& call, const cell_weights<T, Matrix>& weights,
                           const Epilogue& epilogue) {
        constexpr std::size_t steps = time<Step> < steps_at_once ? time<Step> : steps_at_once;
        const std::size_t batch = call.samples.last;
        cell_frame<T, states> f;
        T* place = call.scratch + steps * batch * row;
        for (std::size_t s = 0; s < states; ++s) {
            f.before[s] = f.after[s] = place;
            place += batch * Layer::state_units(s);
        }
        f.read = f.sums.read = place;
        if constexpr (Layer::is_projected || Layer::is_normalized) {
            f.raw = place + (facts.reads ? batch * units : 0);
            f.sums.state = f.raw + (Layer::is_projected ? batch * units : 0);
            f.sums.passed = f.sums.state + batch * frame_of<T>::norm::state_columns;
        }
        start<Step>(weights, call.in, f.before, call.samples);
        for (std::size_t done = 0; done < time<Step>; done += steps) {
            const std::size_t some = time<Step> - done < steps ? time<Step> - done : steps;
            const std::size_t first = Layer::is_reversed ? time<Step> - done - some : done;
            read_input<Step, T, Prepared>(weights, call.in, call.scratch, batch, first, some, call.samples);
            for (std::size_t i = 0; i < some; ++i) {
                const std::size_t at = Layer::is_reversed ? some - 1 - i : i;
                f.gates = f.sums.input = call.scratch + at * batch * row;
                T mask[Layer::is_masked ? mask_block : 1];
                for (std::size_t n = call.samples.first; n < call.samples.last;) {
                    kernels::range block{n, call.samples.last};
                    if constexpr (Layer::is_masked) {
                        if (block.size() > mask_block) block.last = n + mask_block;
                        fill_mask<Step>(call.in, mask - n, first + at, block);
                        f.mask = mask - n;
                    }
                    frame_of<T>::template forward<Prepared>(weights, f, block);
                    n = block.last;
                }
                if constexpr (Layer::returns_sequences)
                    write<Step>(f.after[0], call.out, first + at, epilogue, call.samples);
            }
        }
        write_last<Step>(f.after, call.out, epilogue, call.samples);
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;

    /// What training keeps of the samples, in this order. `gate_gradients` lie where the gates were unless the cell reads.
    struct saved {
        std::size_t gates = 0, gate_gradients = 0, state = 0, read = 0, state_gradients = 0,
                    read_gradient = 0, mask = 0, input = 0, unit_gradients = 0, size = 0;
        std::size_t raw = 0, raw_gradient = 0, projected = 0;  // of a projection
        std::size_t input_sums = 0, state_sums = 0, passed_sums = 0,
                    read_sums = 0;  // before they are normalized
        std::size_t input_sum_gradients = 0, passed_gradients = 0, state_sum_gradients = 0,
                    read_sum_gradients = 0;
    };
    template <class Step>
    static constexpr saved layout = [] {
        saved made;
        std::size_t at = 0;
        const auto reserve = [&at](std::size_t& offset, std::size_t size) {
            offset = at;
            at += size;
        };
        reserve(made.gates, time<Step> * row);
        reserve(made.gate_gradients, facts.reads ? time<Step> * row : 0);
        if (!facts.reads) made.gate_gradients = made.gates;
        reserve(made.state, (time<Step> + 1) * Layer::all_states);
        reserve(made.read, facts.reads ? time<Step> * units : 0);
        reserve(made.state_gradients, Layer::all_states);
        reserve(made.read_gradient, facts.reads ? units : 0);
        reserve(made.mask, Layer::is_masked ? time<Step> : 0);
        reserve(made.input, time<Step> * features<Step>);
        reserve(made.unit_gradients, facts.unit_weights * units);
        if constexpr (Layer::is_projected) {
            reserve(made.raw, time<Step> * units);
            reserve(made.raw_gradient, units);
            reserve(made.projected, time<Step> * results);
        }
        if constexpr (Layer::is_normalized) {
            constexpr std::size_t state_columns = facts.recurrent_blocks * units;
            reserve(made.input_sums, time<Step> * row);
            reserve(made.state_sums, time<Step> * state_columns);
            reserve(made.passed_sums, state_columns);
            reserve(made.input_sum_gradients, time<Step> * row);
            reserve(made.state_sum_gradients, time<Step> * state_columns);
            reserve(made.passed_gradients, time<Step> * state_columns);
            reserve(made.read_sums, facts.reads ? time<Step> * units : 0);
            reserve(made.read_sum_gradients, facts.reads ? time<Step> * units : 0);
        }
        made.size = at;
        return made;
    }();
    template <class Step>
    static constexpr std::size_t saved_sample_size = layout<Step>.size;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size = [] {
        const std::size_t forward = weights_of<T>::template forward_size<features<Step>>,
                          backward = weights_of<T>::template backward_size<features<Step>>;
        return forward > backward ? forward : backward;
    }();
    template <class Step, class T>
    static constexpr std::size_t workspace_size = recurrent_gradients<Layer, T, features<Step>>::workspace;

    template <class Step>
    static constexpr const tensor_offsets& offsets =
        parameters_of<typename Step::network>.offsets[Step::now.anchor];

    /// The vectors of time step `t`. The states after it are in the slot after those before it, in the direction of time.
    template <class Step, class T>
    static cell_frame<T, states> frame_at(const training_call<T>& call, std::size_t t) {
        constexpr saved where = layout<Step>;
        const std::size_t batch = call.batch;
        cell_frame<T, states> f;
        f.gates = call.saved + batch * where.gates + t * batch * row;
        for (std::size_t s = 0; s < states; ++s) {
            const std::size_t size = Layer::state_units(s);
            T* const first = call.saved + batch * (where.state + (time<Step> + 1) * Layer::state_begin(s));
            f.before[s] = first + (Layer::is_reversed ? t + 1 : t) * batch * size;
            f.after[s] = first + (Layer::is_reversed ? t : t + 1) * batch * size;
        }
        f.read = call.saved + batch * where.read + t * batch * units;
        f.mask = call.saved + batch * where.mask + t * batch;
        if constexpr (Layer::is_projected) f.raw = call.saved + batch * (where.raw + t * units);
        if constexpr (Layer::is_normalized)
            f.sums = {call.saved + batch * (where.input_sums + t * row),
                      call.saved + batch * (where.state_sums + t * frame_of<T>::norm::state_columns),
                      call.saved + batch * where.passed_sums,
                      call.saved + batch * (where.read_sums + t * units)};
        return f;
    }
    /// The p-th step in the order of processing.
    template <class Step>
    static constexpr std::size_t time_of(std::size_t p) {
        return Layer::is_reversed ? time<Step> - 1 - p : p;
    }

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const cell_weights<T> weights = weights_of<T>::template packed<features<Step>>(
            weights_of<T>::of_network(call.parameters, offsets<Step>), call.prepared);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            const auto begin = frame_at<Step>(call, time_of<Step>(0));
            if (Layer::is_stateful && call.carry)
                for (std::size_t s = 0; s < states; ++s)
                    __builtin_memcpy(begin.before[s] + samples.first * Layer::state_units(s),
                                     frame_at<Step>(call, time_of<Step>(time<Step> - 1)).after[s] +
                                         samples.first * Layer::state_units(s),
                                     samples.size() * Layer::state_units(s) * sizeof(T));
            else
                start<Step>(weights, call.in, begin.before, samples);
            read_input<Step, T, true>(
                weights, call.in,
                call.saved +
                    call.batch * (Layer::is_normalized ? layout<Step>.input_sums : layout<Step>.gates),
                call.batch, 0, time<Step>, samples);
            for (std::size_t p = 0; p < time<Step>; ++p) {
                const std::size_t t = time_of<Step>(p);
                const auto f = frame_at<Step>(call, t);
                if constexpr (Layer::is_masked)
                    fill_mask<Step>(call.in, call.saved + call.batch * layout<Step>.mask + t * call.batch, t,
                                    samples);
                frame_of<T>::template forward<true>(weights, f, samples);
                if constexpr (Layer::returns_sequences)
                    write<Step>(f.after[0], call.out, t, epilogue, samples);
            }
            write_last<Step>(frame_at<Step>(call, time_of<Step>(time<Step> - 1)).after, call.out, epilogue,
                             samples);
        });
    }

    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        const cell_weights<T> weights = weights_of<T>::of_network(call.parameters, offsets<Step>);
        const cell_weights<T> transposed =
            weights_of<T>::template transposed<features<Step>>(weights, call.prepared);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            go_back<Step>(call, weights, transposed, samples);
            if (wants_input_gradient) {
                constexpr kernels::image to = grad_in_image<Step>;
                const auto multiply = [&](const auto& stored) {
                    kernels::multiply_rows<facts.input_gates * units, features<Step>, true>(
                        {time<Step>, row, call.batch * row, to.sample_stride, step_distance<Step>(to)},
                        static_cast<const T*>(
                            call.saved + call.batch * (Layer::is_normalized ? layout<Step>.input_sum_gradients
                                                                            : layout<Step>.gate_gradients)),
                        transposed.kernel, 0, static_cast<const T*>(nullptr), call.grad_in + to.offset,
                        stored, samples);
                };
                if constexpr (Layer::takes_states) {
                    multiply(rows_of_a_vector<features<Step>, Epilogue>{epilogue});
                    give_back_states<Step>(call, epilogue, samples);
                } else {
                    multiply(epilogue);
                    if constexpr (Layer::takes_mask) leave_mask<Step>(call, epilogue, samples);
                }
            }
            // The input in the order of the gradients.
            for (std::size_t t = 0; trains<Step> && t < time<Step>; ++t)
                for (std::size_t n = samples.first; n < samples.last; ++n)
                    __builtin_memcpy(
                        call.saved + call.batch * layout<Step>.input + (t * call.batch + n) * features<Step>,
                        input_at<Step>(call.in, n, t), features<Step> * sizeof(T));
        });
        if constexpr (trains<Step>)
            recurrent_gradients<Layer, T, features<Step>>::sum(
                call, offsets<Step>, time<Step>,
                {.input = call.saved + call.batch * layout<Step>.input,
                 .gates = call.saved + call.batch * layout<Step>.gate_gradients,
                 .before = frame_at<Step>(call, 0).before,
                 .read = call.saved + call.batch * layout<Step>.read,
                 .unit_weights = call.saved + call.batch * layout<Step>.unit_gradients,
                 .initial_state = call.saved + call.batch * layout<Step>.state_gradients,
                 .raw = call.saved + call.batch * layout<Step>.raw,
                 .projected = call.saved + call.batch * layout<Step>.projected,
                 .sums = frame_at<Step>(call, 0).sums,
                 .sum_gradients = sum_gradients_at<Step>(call, 0)});
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        reference_observed<Step>(in, out, weights, [](const T*) {});
    }
    template <class Step, class T, class Observer>
    static constexpr void reference_observed(const T* in, T* out, const T* weights, const Observer& observe) {
        recurrent_reference<Layer, T, time<Step>, features<Step>>(
            in, out, weights_of<T>::folded(weights, Step::at), observe);
    }

private:
    static constexpr std::size_t mask_block = 64;

    template <class Step, class T>
    static norm_gradient_frame<T> sum_gradients_at(const training_call<T>& call, std::size_t t) {
        constexpr saved where = layout<Step>;
        constexpr std::size_t state_columns = facts.recurrent_blocks * units;
        const auto at = [&](std::size_t first, std::size_t size) {
            return call.saved + call.batch * (first + t * size);
        };
        return {at(where.input_sum_gradients, row), at(where.passed_gradients, state_columns),
                at(where.state_sum_gradients, state_columns), at(where.read_sum_gradients, units)};
    }

    template <class Step, class T>
    static const T* input_at(const T* in, std::size_t sample, std::size_t t) {
        return in + sample * Step::in.sample_stride + Step::in.offset + t * step_distance<Step>(Step::in);
    }

    /// gates = kernel times the input of steps `first` to `first + some` - 1 + bias.
    template <class Step, class T, bool Packed, class Matrix>
    static void read_input(const cell_weights<T, Matrix>& weights, const T* in, T* gates, std::size_t batch,
                           std::size_t first, std::size_t some, kernels::range samples) {
        using kernels::multiply_rows;  // and what goes with other matrices
        constexpr std::size_t columns = facts.input_gates * units;
        multiply_rows<features<Step>, columns, Packed>(
            kernels::row_grid{some, Step::in.sample_stride, step_distance<Step>(Step::in), row, batch * row},
            input_at<Step>(in, 0, first), weights.kernel, columns,
            Layer::is_normalized ? static_cast<const T*>(nullptr) : weights.bias, gates,
            kernels::identity_epilogue{}, samples);
    }

    template <class Step, class T, class Matrix>
    static void start(const cell_weights<T, Matrix>& weights, const T* in, const std::array<T*, states>& to,
                      kernels::range samples) {
        for (std::size_t s = 0; s < states; ++s)
            for (std::size_t n = samples.first; n < samples.last; ++n) {
                const T* first = weights.initial_state;
                if constexpr (Layer::takes_states) first = input_at<Step>(in, n, time<Step>);
                for (std::size_t u = 0; u < Layer::state_units(s); ++u)
                    to[s][n * Layer::state_units(s) + u] =
                        first != nullptr ? first[Layer::state_begin(s) + u] : T(0);
            }
    }

    template <class Step, class T>
    static void fill_mask(const T* in, T* mask, std::size_t t, kernels::range samples) {
        for (std::size_t n = samples.first; n < samples.last; ++n)
            mask[n] = skips_step<Layer, features<Step>>(input_at<Step>(in, n, t)) ? T(0) : T(1);
    }

    /// Result `t` of the layer from the first state.
    template <class Step, class T, class Epilogue>
    static void write(const T* state, T* out, std::size_t t, const Epilogue& epilogue,
                      kernels::range samples) {
        if constexpr (Layer::gives_states)
            write_vector<Step, results>(state, out, {0, 0, 0, t * results}, t * results, epilogue, samples);
        else
            write_vector<Step, results>(state, out, {0, 0, t, 0}, t * row_distance(Step::out), epilogue,
                                        samples);
    }
    /// A vector of each sample, `distance` behind the first result; the first sample's begins at `first`.
    template <class Step, std::size_t Size, class T, class Epilogue>
    static void write_vector(const T* from, T* out, const kernels::place& first, std::size_t distance,
                             const Epilogue& epilogue, kernels::range samples) {
        constexpr kernels::image to = Step::out;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t u = 0; u < Size; u += kernels::lane_count<T>)
                kernels::store_partial(
                    out + n * to.sample_stride + to.offset + distance + u,
                    kernels::lanes<T>(epilogue(kernels::load(from + n * Size + u),
                                               kernels::place{n, 0, first.x, first.channel + u})),
                    Size - u < kernels::lane_count<T> ? Size - u : kernels::lane_count<T>);
    }
    /// What stands behind the results of steps: the result of the last one, or its states.
    template <class Step, class T, class Epilogue>
    static void write_last(const std::array<T*, states>& after, T* out, const Epilogue& epilogue,
                           kernels::range samples) {
        if constexpr (!Layer::returns_sequences) write<Step>(after[0], out, 0, epilogue, samples);
        if constexpr (Layer::gives_states) {
            constexpr std::size_t behind = Layer::returns_sequences ? time<Step> * results : 0;
            if constexpr (Layer::returns_sequences)
                write_vector<Step, results>(after[0], out, {0, 0, 0, behind}, behind, epilogue, samples);
            for (std::size_t s = 1; s < states; ++s) {
                const std::size_t at = behind + Layer::state_begin(s);
                write_vector<Step, units>(after[s], out, {0, 0, 0, at}, at, epilogue, samples);
            }
        }
    }

    /// No gradient goes to the channel that says which steps count.
    template <class Step, class T, class Epilogue>
    static void leave_mask(const training_call<T>& call, const Epilogue& epilogue, kernels::range samples) {
        constexpr kernels::image to = grad_in_image<Step>;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t t = 0; t < time<Step>; ++t)
                kernels::store_partial(
                    call.grad_in + n * to.sample_stride + to.offset + t * to.pixel_stride + features<Step>,
                    kernels::lanes<T>(
                        epilogue(kernels::broadcast(T(0)), kernels::place{n, 0, t, features<Step>})),
                    1);
    }

    /// Rows of `Columns` that lie one after the other in a vector.
    template <std::size_t Columns, class Epilogue>
    struct rows_of_a_vector {
        const Epilogue& epilogue;
        template <class Lanes>
        ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const kernels::place& at) const {
            return epilogue(value, kernels::place{at.sample, 0, 0, at.x * Columns + at.channel});
        }
    };
    /// Gradients of the states before the first step, behind those of the sequence.
    template <class Step, class T, class Epilogue>
    static void give_back_states(const training_call<T>& call, const Epilogue& epilogue,
                                 kernels::range samples) {
        constexpr kernels::image to = grad_in_image<Step>;
        constexpr std::size_t first = time<Step> * features<Step>;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t s = 0; s < states; ++s)
                for (std::size_t u = 0; u < Layer::state_units(s); u += kernels::lane_count<T>) {
                    const std::size_t size = Layer::state_units(s);
                    const std::size_t channel = first + Layer::state_begin(s) + u;
                    const T* const from =
                        call.saved + call.batch * (layout<Step>.state_gradients + Layer::state_begin(s)) +
                        n * size + u;
                    kernels::store_partial(
                        call.grad_in + n * to.sample_stride + to.offset + channel,
                        kernels::lanes<T>(epilogue(kernels::load(from), kernels::place{n, 0, 0, channel})),
                        size - u < kernels::lane_count<T> ? size - u : kernels::lane_count<T>);
                }
    }

    /// Gradients of gates for all steps, of the states before the first one and of unit weights by sample.
    template <class Step, class T>
    static void go_back(const training_call<T>& call, const cell_weights<T>& weights,
                        const cell_weights<T>& transposed, kernels::range samples) {
        constexpr saved where = layout<Step>;
        constexpr kernels::image result = grad_out_image<Step>;
        typename frame_of<T>::gradient_frame g;
        for (std::size_t s = 0; s < states; ++s)
            g.states_[s] = call.saved + call.batch * (where.state_gradients + Layer::state_begin(s));
        g.raw = call.saved + call.batch * where.raw_gradient;
        g.read = call.saved + call.batch * where.read_gradient;
        g.unit_weights = call.saved + call.batch * where.unit_gradients;
        for (std::size_t n = samples.first; n < samples.last; ++n) {
            for (std::size_t s = 0; s < states; ++s)
                for (std::size_t u = 0; u < Layer::state_units(s); ++u) {
                    const T* const last = call.grad_out + n * result.sample_stride + result.offset;
                    constexpr std::size_t behind = Layer::returns_sequences ? time<Step> * results : 0;
                    T& to = g.states_[s][n * Layer::state_units(s) + u];
                    if constexpr (Layer::gives_states)
                        to = last[behind + Layer::state_begin(s) + u];
                    else
                        to = s == 0 && !Layer::returns_sequences ? last[u] : T(0);
                }
            for (std::size_t u = 0; u < facts.unit_weights * units; ++u)
                g.unit_weights[n * facts.unit_weights * units + u] = T(0);
        }
        for (std::size_t p = time<Step>; p-- > 0;) {
            const std::size_t t = time_of<Step>(p);
            g.gates = call.saved + call.batch * where.gate_gradients + t * call.batch * row;
            g.projected = call.saved + call.batch * (where.projected + t * results);
            if constexpr (Layer::is_normalized) g.sums = sum_gradients_at<Step>(call, t);
            g.result = {call.grad_out + result.offset + t * row_distance(result), result.sample_stride};
            frame_of<T>::template backward<Layer::returns_sequences>(weights, transposed,
                                                                     frame_at<Step>(call, t), g, samples);
        }
    }
};

/// The call of a layer that trains on copies of its sequences: `count` of each sample. They lie before what the layer saves.
/// @tparam InSize, OutSize  elements of a sequence and of its results, whose gradients take the results' place
template <std::size_t InSize, std::size_t OutSize, class T>
training_call<T> call_of_copies(const training_call<T>& call, std::size_t count) {
    training_call<T> own = call;
    own.batch = call.batch * count;
    T* place = call.saved;
    const auto next = [&](std::size_t size) {
        T* const at = place;
        place += own.batch * size;
        return at;
    };
    own.in = next(InSize);
    own.grad_in = next(InSize);
    T* const results = next(OutSize);
    own.out = results, own.grad_out = results;
    own.saved = place;
    return own;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
