// SPDX-License-Identifier: BSL-1.0
/// @file contraction.hpp
/// Convolutions, dense layers, and batch normalization that no layer before it took, in integers.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/depthwise/int8_depthwise.hpp>
#include <archetype/kernels/integers/int16_conv2d.hpp>
#include <archetype/kernels/integers/int8_columns.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

struct contraction_integer_form : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool applies_table = true, clamps = true, in_streams = true;

    template <class Step>
    static constexpr kernels::conv2d_geometry convolution = [] {
        if constexpr (Step::at.role == layer_role::normalization)
            return kernels::conv2d_geometry{Step::in, Step::out, {}, Step::in.channels};
        else
            return geometry_of(Step::at, Step::in, Step::out);
    }();
    template <class Step>
    static constexpr std::size_t filters = convolution<Step>.out.channels;

    template <class Step>
    static constexpr kernels::int8_conv2d_geometry own_geometry = [] {
        using made = integer_step<Step>;
        kernels::int8_conv2d_geometry g{convolution<Step>,
                                        convolution<Step>.out,
                                        {},
                                        made::has_table,
                                        !made::joins && made::has_second_table};
        if constexpr (made::pools) {
            const node& pool = unchecked_facts<typename Step::network>.nodes[Step::now.pool];
            g.stored = image_of(made::made, pool.output);
            const window_axis &rows = pool.window.rows, &columns = pool.window.columns;
            if (rows.kernel * columns.kernel == 1) {  // some of the results: a longer stride
                g.conv.win.stride_height *= rows.stride;
                g.conv.win.stride_width *= columns.stride;
                g.conv.out = g.stored;
            } else {
                g.pool = {rows.kernel, columns.kernel, rows.stride, columns.stride, made::pools_maxima};
            }
        }
        return g;
    }();
    /// Rows of a stream read the weights that are packed for the whole sequence.
    template <class Step>
    static constexpr kernels::int8_conv2d_geometry geometry = [] {
        kernels::int8_conv2d_geometry g = own_geometry<Step>;
        if constexpr (requires { typename Step::whole; }) {
            g.packed_count = own_geometry<typename Step::whole>.pixels().count;
            g.packed_cells = own_geometry<typename Step::whole>.pool.cells();
        }
        return g;
    }();
    /// Whether the step that weights are packed for pools on the fly.
    template <class Step>
    static constexpr bool packed_pools = [] {
        if constexpr (requires { typename Step::whole; })
            return Step::whole::now.pool != none;
        else
            return Step::now.pool != none;
    }();
    /// Each filter sees one channel.
    template <class Step>
    static constexpr bool is_depthwise = Step::at.role == layer_role::normalization ||
                                         (convolution<Step>.groups > 1 &&
                                          convolution<Step>.groups == convolution<Step>.in.channels &&
                                          !packed_pools<Step>);

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        const double products = static_cast<double>(convolution<Step>.taps());
        const bool fits =
            sizeof(Number) == 1 ? products * 256. < 1073741824. : products * 32768. < 140737488355328.;
        return fits ? integer_rule::ok : integer_rule::products_fit_the_sum;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order order) {
        constexpr kernels::conv2d_geometry g = convolution<Step>;
        const integer_sizes plain{sizeof(Number) == 1 ? 2 : 1, g.out.channels, g.taps() * g.out.channels};
        if (sizeof(Number) == 2 || is_depthwise<Step>) return plain;
        return {2, geometry<Step>.padded(order), g.groups * geometry<Step>.group_bytes(order)};
    }

    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        if constexpr (Call::is_16_bit) {
            kernels::int16_conv2d<geometry<Step>>(
                call.in, call.out,
                {call.channels(), call.weights(), call.table(), call.second_table(), call.numbers()[0]});
        } else {
            const std::int32_t* const range = call.numbers();
            const kernels::int8_conv2d_weights weights{
                call.channels(), call.weights(), call.table(), call.second_table(), {range[0], range[1]}};
            if constexpr (is_depthwise<Step>)
                kernels::int8_depthwise<convolution<Step>, integer_step<Step>::has_table>(call.in, call.out,
                                                                                          weights);
            else
                kernels::int8_conv2d<Call::order, geometry<Step>>(call.in, call.out, weights);
            constexpr kernels::int8_conv2d_geometry g = geometry<Step>;
            if constexpr (g.has_pool_table && g.pool.cells() == 1)
                kernels::int8_look_up<g.stored, g.stored>(call.out, call.out, call.second_table());
        }
    }

    template <class Make>
    static auto quantize(const Make& make) {
        using Step = typename Make::step;
        constexpr kernels::conv2d_geometry g = convolution<Step>;
        constexpr std::size_t count = g.out.channels, taps = g.taps();
        const auto result = make.result();
        make.filters(
            count, taps, [&](std::size_t f, std::size_t tap) { return make.weight(tap * count + f); },
            [&](std::size_t f) { return make.bias(f); },
            [](std::size_t f, std::size_t tap) {
                return is_depthwise<Step> && !Make::is_16_bit ? tap * count + f : f * taps + tap;
            });
        return result;
    }
    template <class Step, weight_order Order, class Numbers, class Place>
    static void pack(const Numbers& from, const Place& to) {
        constexpr kernels::int8_conv2d_geometry g = geometry<Step>;
        const auto put_all = [&] { plain_integer_form::pack<Step, Order>(from, to); };
        if constexpr (Place::is_16_bit) {
            to.numbers[0] = from.minimum;
            put_all();
        } else {
            to.numbers[0] = from.result.zero_point;
            to.numbers[1] = from.minimum;
            if constexpr (is_depthwise<Step>) {
                put_all();
            } else {
                constexpr std::size_t filters = g.conv.group_filters(), padded = g.padded_group(Order);
                for (std::size_t group = 0; group < g.conv.groups; ++group) {
                    __builtin_memcpy(to.channels + group * padded, from.channels.data() + group * filters,
                                     filters * sizeof(from.channels[0]));
                    kernels::pack_weights(Order, g.pixels().count, g.packed_patch(Order), filters,
                                          from.weights.data() + group * filters * g.conv.taps(),
                                          to.weights + group * g.group_bytes(Order));
                }
            }
        }
    }
};

/// Convolutions and dense layers, whose matrix may have 8 bits alone, too.
struct product_integer_form : contraction_integer_form {
    static constexpr bool rounds_kernel = true;
    template <class Step, class Add>
    static constexpr void narrow_tensors(std::uint64_t count, const Add& add) {
        add(0, count / Step::out.channels, Step::out.channels);
    }
    template <class Step, class Call, class Epilogue>
    ARCHETYPE_INLINE static void infer_narrow(const Call& call, const Epilogue& epilogue) {
        infer_in_patches<Step>(
            inference_call<float, kernels::int8_columns<float>>{call.in, call.out, call.matrix(0), call.bias,
                                                                call.scratch, call.samples},
            epilogue);
    }
};

/// As the convolution whose other weights are zero.
template <auto Kernel, auto Table, class... Options>
struct integer_form<conv2d_table<Kernel, Table, Options...>> : contraction_integer_form {
    using floating = lowering<conv2d_table<Kernel, Table, Options...>>;
    static constexpr bool is_calibrated = true, rounds_kernel = true;
    template <class Step>
    static constexpr std::size_t filters = 0;  // its weights have none along an axis

    template <class Make>
    static auto quantize(const Make& make) {
        constexpr kernels::conv2d_geometry g = convolution<typename Make::step>;
        constexpr std::size_t count = g.out.channels, taps = g.taps();
        double given[floating::taps * floating::connections], all[floating::all_weights];
        for (std::size_t i = 0; i < floating::taps * floating::connections; ++i) given[i] = make.weight(i);
        floating::expand(given, all);
        const auto result = make.result();
        make.filters(
            count, taps, [&](std::size_t f, std::size_t tap) { return all[tap * count + f]; },
            [&](std::size_t f) { return make.bias(f); },
            [](std::size_t f, std::size_t tap) { return f * taps + tap; });
        return result;
    }
};

template <std::size_t Filters, auto Kernel, class... Options>
struct integer_form<conv2d<Filters, Kernel, Options...>> : product_integer_form {};
template <auto Kernel, class... Options>
struct integer_form<depthwise_conv2d<Kernel, Options...>> : product_integer_form {};
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct integer_form<conv1d<Filters, Kernel, Options...>> : product_integer_form {};
template <std::size_t Kernel, class... Options>
struct integer_form<depthwise_conv1d<Kernel, Options...>> : product_integer_form {};
template <std::size_t Units, class... Options>
struct integer_form<dense<Units, Options...>> : product_integer_form {};
template <class... Options>
struct integer_form<batch_norm<Options...>> : contraction_integer_form {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
