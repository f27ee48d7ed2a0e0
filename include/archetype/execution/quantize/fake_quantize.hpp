// SPDX-License-Identifier: BSL-1.0
/// @file fake_quantize.hpp
/// Rounding as integers do, in real numbers, with gradients that pass through: what quantization-aware training is made of.
///
/// Not part of archetype/training.hpp: programs that do not train for integers do not compile it.
#pragma once
#include <archetype/execution/lowering/all.hpp>
#include <archetype/execution/quantize/quantized_numbers.hpp>
#include <archetype/kernels/elementwise/fake_quantize.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How a `fake_quantize` comes to its range.
enum class range_rule {
    averaged,  ///< moving averages of the smallest and largest number of a batch (PyTorch's MovingAverageMinMaxObserver)
    learned,  ///< the step is trained (Esser, McKinstry, Bablani, Appuswamy, Modha, "Learned step size quantization", 2020)
    of_tanh,     ///< -1 to 1, as TensorFlow Lite demands of tanh
    of_sigmoid,  ///< 0 to 1, as it demands of sigmoid
};

/// Numbers rounded to those that integers of type `Number` stand for: scale * (clamp(round(x / scale) + zero_point) -
/// zero_point), halves away from zero as the kernels in 8 bits. Any shape, unchanged. The gradient passes where x is within
/// the range and is zero outside (straight-through, Bengio et al. 2013), as PyTorch's `fake_quantize_per_tensor_affine`,
/// which rounds halves to even.
///
/// Parameters: `low` and `high` {1} with averaged ranges, of which training keeps 99 % at each batch and the first batch
/// sets them; `scale` {1} (trained) and `zero_point` {1} with a learned step, set by the first batch; its gradient is
/// divided by sqrt(elements of a sample * largest number) as in the paper, and training keeps it at 2^-23 at least, as
/// PyTorch's learnable one. In a `frozen` part neither changes. Before the
/// first batch nothing is rounded.
template <range_rule Range = range_rule::averaged, class Number = std::int8_t>
struct fake_quantize {
    static constexpr text_view kind = "fake_quantize";
    static constexpr layer_role role = layer_role::rows;
    static constexpr range_rule range = Range;
    static constexpr bool rounds_in_training = true, starts_from_a_batch = Range == range_rule::learned;
    using number = Number;
    /// What is kept of an average at each batch.
    static constexpr double momentum = 0.99;

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.pointwise_operations = in.size();
        facts.variant = static_cast<double>(Range) + 8 * static_cast<double>(sizeof(Number));
        if (Range == range_rule::averaged) {
            facts.add({"low", shape{1}, false});
            facts.add({"high", shape{1}, false});
        }
        if (Range == range_rule::learned) {
            facts.add({"scale", shape{1}});
            facts.add({"zero_point", shape{1}, false});
        }
        return facts;
    }
};

/// A layer whose kernel is rounded where it is used, as `quantize` does: symmetric, -127 to 127, a scale for each filter.
/// The gradient of the rounded kernel is that of the kernel. Batch normalization after it scales whole filters, so that the
/// rounded kernel, normalized, is the normalized kernel, rounded. Everything else is `Layer`'s.
template <class Layer>
struct with_rounded_kernel : Layer {
    static constexpr bool rounds_in_training = true;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Rounds the filters of a kernel (`quantize_filter`).
template <class T>
constexpr void round_filters(const node& at, T* kernel, std::uint64_t elements) {
    for (std::size_t f = 0; f < at.output.channels(); ++f) {
        double largest = 0;
        for_filter_weights(at, f, elements, [&](std::uint64_t i) {
            const double size = static_cast<double>(kernel[i] < T(0) ? -kernel[i] : kernel[i]);
            largest = size > largest ? size : largest;
        });
        const double scale = static_cast<double>(static_cast<float>(largest / 127));
        if (!(scale > 0) || !expression::is_finite(scale)) continue;
        for_filter_weights(at, f, elements, [&](std::uint64_t i) {
            const double steps = static_cast<double>(kernel[i]) / scale;
            if (!(steps == steps)) return;
            const double whole = static_cast<double>(static_cast<int>(steps + (steps < 0 ? -0.5 : 0.5)));
            kernel[i] = static_cast<T>((whole > 127 ? 127.0 : whole < -127 ? -127.0 : whole) * scale);
        });
    }
}

/// A step that is learned is no smaller, whatever the optimizer made of it: 2^-23, PyTorch's bound.
inline constexpr float least_learned_scale = 0x1p-23f;
/// 0 before the first batch.
template <class T>
constexpr bool has_learned_scale(T scale) {
    return scale < T(0) || scale > T(0);
}

/// What the integers of a `fake_quantize` with these parameters stand for; scale 0: it has seen nothing.
template <class Layer, class T>
quantization_to<typename Layer::number> fake_quantization(const T* first, const T* second) {
    using Number = typename Layer::number;
    using made = quantization_to<Number>;
    constexpr bool is_wide = sizeof(Number) == 2;
    if constexpr (Layer::range == range_rule::of_tanh)
        return is_wide ? made{1.f / 32768, 0} : made{1.f / 128, 0};
    else if constexpr (Layer::range == range_rule::of_sigmoid)
        return is_wide ? made{1.f / 32768, 0} : made{1.f / 256, -128};
    else if constexpr (Layer::range == range_rule::learned) {
        if (!has_learned_scale(*first)) return {0, 0};
        const float scale = static_cast<float>(*first);
        return {scale < least_learned_scale ? least_learned_scale : scale,
                static_cast<std::int32_t>(*second)};
    } else if (!(*first < *second))
        return {0, 0};
    else
        return quantization_of_range<Number>(static_cast<double>(*first), static_cast<double>(*second));
}

template <range_rule Range, class Number>
struct lowering<fake_quantize<Range, Number>> : weightless_lowering {
    using layer = fake_quantize<Range, Number>;
    static constexpr bool skips_frozen = true,
                          has_tensors = Range == range_rule::averaged || Range == range_rule::learned;

    template <class T>
    static kernels::fake_quantizer<T> quantizer(const T* first, const T* second) {
        const quantization_to<Number> q = fake_quantization<layer>(first, second);
        constexpr double most = std::numeric_limits<Number>::max(),
                         least = std::numeric_limits<Number>::min();
        const double zero = q.zero_point;
        return {static_cast<T>(q.scale), static_cast<T>(least - zero), static_cast<T>(most - zero)};
    }
    template <class Step>
    static constexpr const tensor_offsets& offsets =
        parameters_of<typename Step::network>.offsets[Step::now.anchor];
    template <class Step, class T>
    static T* tensor(T* all, std::size_t index) {
        return has_tensors ? all + offsets<Step>[index] : nullptr;
    }
    template <class Step, class T>
    static kernels::fake_quantizer<T> trained_quantizer(const training_call<T>& call) {
        return quantizer<T>(tensor<Step>(call.parameters, 0), tensor<Step>(call.parameters, 1));
    }

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        const T* const second = has_tensors ? call.weights + inference_tensor_offset(Step::at, 1) : nullptr;
        kernels::fake_quantize<Step::in, Step::out>(call.in, call.out, quantizer<T>(call.weights, second),
                                                    epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        if constexpr (has_tensors && !Step::at.frozen && Step::at.shares == none)
            if (!call.again) observe<Step>(call);
        const kernels::fake_quantizer<T> rounds = trained_quantizer<Step>(call);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::fake_quantize<Step::in, Step::out>(call.in, call.out, rounds, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::image in = Step::in, from = grad_out_image<Step>;
        const kernels::fake_quantizer<T> rounds = trained_quantizer<Step>(call);
        if constexpr (Range == range_rule::learned && trains<Step>) {
            const T factor = T(1) / expression::elementary::sqrt(static_cast<T>(in.size()) *
                                                                 static_cast<T>(steps_up_to_largest));
            *tensor<Step>(call.gradients, 0) = factor * kernels::fake_quantize_step_gradient<in, from>(
                                                            call.in, call.grad_out, rounds, call.batch);
        }
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::fake_quantize_backward<in, from, grad_in_image<Step>>(
                call.in, call.grad_out, call.grad_in, rounds, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        const T* const second = has_tensors ? weights + inference_tensor_offset(Step::at, 1) : nullptr;
        const kernels::fake_quantizer<T> rounds = quantizer<T>(weights, second);
        for (std::size_t i = 0; i < Step::in.size(); ++i) out[i] = rounds.rounded(in[i]);
    }

    /// Q_P of the paper: 255 for 8 bits with a zero point, 32767 for 16 without.
    static constexpr int steps_up_to_largest = sizeof(Number) == 1 ? 255 : 32767;

private:
    template <class Step, class T>
    static void observe(const training_call<T>& call) {
        T &first = *tensor<Step>(call.parameters, 0), &second = *tensor<Step>(call.parameters, 1);
        if constexpr (Range == range_rule::learned) {
            constexpr T least = static_cast<T>(least_learned_scale);
            if (has_learned_scale(first)) {
                if (first < least) first = least;
                return;
            }
            const kernels::number_range<T> seen = kernels::range_of<Step::in>(call.in, call.batch);
            const quantization_to<Number> q =
                quantization_of_range<Number>(static_cast<double>(seen.low), static_cast<double>(seen.high));
            first = static_cast<T>(q.scale), second = static_cast<T>(q.zero_point);
        } else {
            const kernels::number_range<T> seen = kernels::range_of<Step::in>(call.in, call.batch);
            constexpr T kept = static_cast<T>(layer::momentum);
            const bool is_first = !(first < second);
            first = is_first ? seen.low : seen.low + kept * (first - seen.low);
            second = is_first ? seen.high : seen.high + kept * (second - seen.high);
        }
    }
};

/// By which such layers are known.
struct rounded_kernel_lowering {};

template <class Layer>
struct lowering<with_rounded_kernel<Layer>> : lowering<Layer>, rounded_kernel_lowering {
    using plain = lowering<Layer>;
    /// The kernel as it is, while a pass works with the rounded one in its place.
    template <class Step>
    static constexpr std::size_t kernel_size = Step::at.parameters[0].extents.size();
    template <class Step>
    static constexpr std::size_t saved_size = plain::template saved_size<Step> + kernel_size<Step>;

    template <class Step, class T>
    class rounded_kernel {
    public:
        explicit rounded_kernel(const training_call<T>& call)
            : kernel_(call.parameters + parameters_of<typename Step::network>.offsets[Step::now.anchor][0]),
              kept_(call.saved + plain::template saved_size<Step>) {
            std::copy_n(kernel_, kernel_size<Step>, kept_);
            round_filters(Step::at, kernel_, kernel_size<Step>);
        }
        ~rounded_kernel() { std::copy_n(kept_, kernel_size<Step>, kernel_); }
        rounded_kernel(const rounded_kernel&) = delete;
        rounded_kernel& operator=(const rounded_kernel&) = delete;

    private:
        T *kernel_, *kept_;
    };

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const rounded_kernel<Step, T> rounded(call);
        plain::template train<Step, T>(call, epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        const rounded_kernel<Step, T> rounded(call);
        plain::template backward<Step, T>(call, epilogue, wants_input_gradient);
    }
};

template <class Net>
inline constexpr bool has_rounded_kernels = [] {
    bool found = false;
    for_each_step<Net, purpose::inference>(
        [&]<class Step>(Step) { found |= std::is_base_of_v<rounded_kernel_lowering, lowering_of<Step>>; });
    return found;
}();

/// Inference reads rounded filters, batch normalization folded before.
template <class Net>
requires has_rounded_kernels<Net>
struct folded_weights_change<Net> {
    static constexpr bool is_none = false;
    template <class T>
    static constexpr void apply(T* weights) {
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            if constexpr (std::is_base_of_v<rounded_kernel_lowering, lowering_of<Step>> &&
                          step_with_same_weights<Net>(Step::index) == none)
                round_filters(Step::at, weights + own.weights, own.weights_count);
        });
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
