// SPDX-License-Identifier: BSL-1.0
/// @file training_pass.hpp
/// Forward with everything kept, and backward: the steps of a network's training plan on a batch.
#pragma once
#include <archetype/execution/inference_pass.hpp>

#include <memory>
#include <new>
#include <vector>

namespace archetype::detail {

/// Aligned, zeroed memory on the heap with slack for readers.
template <class T>
class buffer {
public:
    buffer() = default;
    explicit buffer(std::size_t size) : size_(size) {
        if (size > static_cast<std::size_t>(-1) / sizeof(T) - read_slack) throw std::bad_array_new_length{};
        data_.reset(static_cast<T*>(::operator new ((size + read_slack) * sizeof(T), std::align_val_t{64})));
        std::uninitialized_value_construct_n(data_.get(), size + read_slack);
    }
    buffer(const buffer& other) : buffer(other.size_) { std::copy_n(other.data(), size_, data()); }
    buffer& operator=(const buffer& other) { return *this = buffer(other); }
    buffer(buffer&&) noexcept = default;
    buffer& operator=(buffer&&) noexcept = default;

    /// Makes it at least `size` long; what it held is lost.
    void reserve(std::size_t size) {
        if (size > size_) *this = buffer(size);
    }
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct release {
        void operator()(T* memory) const { ::operator delete (memory, std::align_val_t{64}); }
    };
    std::unique_ptr<T, release> data_;
    std::size_t size_ = 0;
};

/// Multiplies a gradient with the derivative of the activation that a step ends with, taken from the step's result.
template <class Net, std::size_t Value, class T>
struct derivative_epilogue {
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr std::size_t maker = Value == 0 ? none : plan.values[Value].written;
    static constexpr std::size_t activation =
        maker == none || plan.steps[maker].activation_first == plan.steps[maker].activation_last ||
                unchecked_facts<Net>.nodes[plan.steps[maker].anchor].role == layer_role::pointwise
            ? none
            : plan.steps[maker].activation_first;
    /// The value with the shape its reader takes it to have (only a reader that wants no halo may see another).
    static constexpr kernels::image layout = [] {
        const value& made = plan.values[Value];
        if (made.has_halo() || Value + 1 == plan.value_count) return image_of(made, made.extents);
        return image_of(made, unchecked_facts<Net>.nodes[plan.steps[made.read].anchor].input);
    }();
    static constexpr bool across_pixels = true;
    const T* result;

    ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& gradient,
                                                  const kernels::place& at) const {
        if constexpr (activation == none) {
            return gradient;
        } else {
            const auto y = kernels::load(result + layout.offset + at.sample * layout.sample_stride +
                                         at.y * layout.row_stride + at.x * layout.pixel_stride + at.channel);
            return expression::gradient_from_output(
                expression_of<boost::mp11::mp_at_c<layers_of<Net>, activation>>, y, gradient);
        }
    }
};

/// The memory of training passes over `Net`.
template <class Net, class T>
class training_pass {
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr const auto& grads = gradient_plan<Net>;

public:
    explicit training_pass(std::size_t threads = 1)
        : run_(threads),
          gradients_(parameters_of<Net>.trainable_elements),
          prepared_(largest_prepared),
          workspace_(run_.threads() * workspace_stride) {}

    /// Makes room for a batch and gives the place of sample `n` of the input, laid out as `input_image`.
    T* input(std::size_t batch) {
        if (batch != batch_) reset_states();
        batch_ = batch;
        values_.reserve(batch * plan.arena_elements);
        gradient_values_.reserve(batch * grads.elements);
        saved_.reserve(saved_offsets.back() + batch * saved_sample_offsets.back());
        if constexpr (plan.values[0].has_halo()) kernels::zero_halo<input_image>(value_at(0), {0, batch});
        return value_at(0);
    }
    static constexpr kernels::image input_image = image_of(plan.values[0], plan.values[0].extents);

    /// Runs all steps but the last `Skip`, keeping every value; returns the last one, samples one after the other.
    template <std::size_t Skip>
    T* forward(T* parameters, std::uint64_t seed) {
        carry_ = has_states_;
        has_states_ = true;
        for_each_step<Net, purpose::training>([&]<class Step>(Step) {
            if constexpr (Step::index + Skip < plan.step_count) {
                if constexpr (plan.values[Step::now.to].has_halo())
                    kernels::zero_halo<image_of(plan.values[Step::now.to],
                                                plan.values[Step::now.to].extents)>(value_at(Step::now.to),
                                                                                    {0, batch_});
                lowering_of<Step>::template train<Step, T>(call<Step>(parameters, seed, false),
                                                           typename Step::activations{});
            }
        });
        return value_at(last_value<Skip>);
    }

    /// Where the loss writes its gradient with respect to what `forward<Skip>` returned.
    template <std::size_t Skip>
    T* loss_gradient() {
        return gradient_values_.data() + batch_ * grads.written_offset[last_value<Skip>];
    }

    /// From the loss's gradient to all gradients. `input_gradient` asks for the gradient of the network's input too.
    template <std::size_t Skip>
    void backward(T* parameters, std::uint64_t seed, bool accumulate, bool input_gradient) {
        apply_last_derivative<last_value<Skip>>();
        for_each_step_backwards<Net, purpose::training>([&]<class Step>(Step) {
            if constexpr (Step::index + Skip < plan.step_count) {
                constexpr std::size_t from = Step::now.from, to = Step::now.to;
                T* const read = gradient_values_.data() + batch_ * grads.read_offset[to];
                if constexpr (grads.staged(to)) {
                    kernels::zero_halo<grads.read[to]>(read, {0, batch_});
                    kernels::copy<grads.written[to], grads.read[to]>(
                        gradient_values_.data() + batch_ * grads.written_offset[to], read, {0, batch_});
                }
                T* const written = gradient_values_.data() + batch_ * grads.written_offset[from];
                if constexpr (grads.written[from].sample_stride != grads.written[from].size())
                    kernels::zero_halo<grads.written[from]>(written, {0, batch_});
                const bool wanted = from != 0 || input_gradient;
                lowering_of<Step>::template backward<Step, T>(
                    call<Step>(parameters, seed, accumulate),
                    derivative_epilogue<Net, from, T>{value_at(from)}, wanted);
            }
        });
    }

    /// Stateful layers start from their first states again.
    void reset_states() { has_states_ = false; }

    T* gradients() { return gradients_.data(); }
    const T* gradients() const { return gradients_.data(); }
    const T* input_gradient() const { return gradient_values_.data() + batch_ * grads.written_offset[0]; }
    std::size_t batch() const { return batch_; }

    /// Value `v` of the pass, as `plan.values[v]` lays it out.
    T* value_at(std::size_t v) { return values_.data() + batch_ * plan.values[v].offset; }

private:
    template <std::size_t Skip>
    static constexpr std::size_t last_value =
        Skip == 0 ? plan.value_count - 1 : plan.steps[plan.step_count - Skip].from;

    template <class Read>
    static constexpr std::array<std::size_t, plan.step_count + 1> per_step(Read read) {
        std::array<std::size_t, plan.step_count + 1> offsets{};
        for_each_step<Net, purpose::training>(
            [&]<class Step>(Step step) { offsets[Step::index + 1] = offsets[Step::index] + read(step); });
        return offsets;
    }
    static constexpr auto saved_offsets = per_step([]<class Step>(Step) {
        return round_up(lowering_of<Step>::template saved_size<Step>, arena_alignment);
    });
    static constexpr auto saved_sample_offsets = per_step([]<class Step>(Step) {
        if constexpr (requires { lowering_of<Step>::template saved_sample_size<Step>; })
            return round_up(lowering_of<Step>::template saved_sample_size<Step>, arena_alignment);
        else
            return std::uint64_t{0};
    });
    template <class Read>
    static constexpr std::size_t largest(Read read) {
        std::size_t most = 0;
        for_each_step<Net, purpose::training>(
            [&]<class Step>(Step step) { most = read(step) > most ? read(step) : most; });
        return most;
    }
    static constexpr std::size_t largest_prepared =
        largest([]<class Step>(Step) { return lowering_of<Step>::template training_prepared_size<Step, T>; });
    static constexpr std::size_t workspace_stride =
        round_up(
            largest([]<class Step>(Step) { return lowering_of<Step>::template workspace_size<Step, T>; }),
            16) +
        read_slack;

    template <class Step>
    training_call<T> call(T* parameters, std::uint64_t seed, bool accumulate) {
        return {value_at(Step::now.from),
                value_at(Step::now.to),
                parameters,
                gradients_.data(),
                gradient_values_.data() + batch_ * grads.read_offset[Step::now.to],
                gradient_values_.data() + batch_ * grads.written_offset[Step::now.from],
                saved_.data() + saved_offsets[Step::index] + batch_ * saved_sample_offsets[Step::index],
                prepared_.data(),
                workspace_.data(),
                workspace_stride,
                batch_,
                seed,
                accumulate,
                carry_,
                run_};
    }

    /// The loss's gradient is with respect to the result; the last step wants it before its activation.
    template <std::size_t Value>
    void apply_last_derivative() {
        using derivative = derivative_epilogue<Net, Value, T>;
        if constexpr (derivative::activation != none) {
            T* const gradient = gradient_values_.data() + batch_ * grads.written_offset[Value];
            kernels::map<grads.written[Value], grads.written[Value]>(
                gradient, gradient, derivative{value_at(Value)}, {0, batch_});
        }
    }

    executor run_;
    std::size_t batch_ = 0;
    bool has_states_ = false, carry_ = false;  ///< left by the pass before; used by the one in progress
    buffer<T> values_, gradient_values_, gradients_, saved_, prepared_, workspace_;
};

}  // namespace archetype::detail
