// SPDX-License-Identifier: BSL-1.0
/// @file training_pass.hpp
/// The steps of a training plan with memory on the heap, for batches of any size.
#pragma once
#include <archetype/execution/training/training_memory.hpp>
#include <archetype/execution/training/training_steps.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Aligned, zeroed memory on the heap with slack for readers.
template <class T>
class buffer {
public:
    buffer() = default;
    explicit buffer(std::size_t size) : size_(size) {
        // What no memory holds is asked for as half of the address space, so that its failure is that of memory, also
        // without exceptions.
        constexpr std::size_t most = static_cast<std::size_t>(-1) / 2;
        const bool possible = size <= most / sizeof(T) - read_slack;
        data_.reset(static_cast<T*>(
            ::operator new (possible ? (size + read_slack) * sizeof(T) : most, std::align_val_t{64})));
        std::uninitialized_value_construct_n(data_.get(), size + read_slack);
    }
    buffer(const buffer& other) : buffer(other.size_) { std::copy_n(other.data(), size_, data()); }
    buffer& operator=(const buffer& other) { return *this = buffer(other); }
    buffer(buffer&&) noexcept = default;
    buffer& operator=(buffer&&) noexcept = default;
    /// Memory of somebody else, who reads past its end too.
    static buffer lent(T* memory, std::size_t size) {
        buffer made;
        made.data_ = {memory, release{true}};
        made.size_ = size;
        return made;
    }

    /// Makes it at least `size` long; what it held is lost.
    void reserve(std::size_t size) {
        if (size > size_) *this = buffer(size);
    }
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct release {
        bool is_lent = false;
        void operator()(T* memory) const {
            if (!is_lent) ::operator delete (memory, std::align_val_t{64});
        }
    };
    std::unique_ptr<T, release> data_;
    std::size_t size_ = 0;
};

/// The memory of training passes over `Net`.
template <class Net, class T>
class training_pass : public training_steps<training_pass<Net, T>, Net, T> {
    using steps = training_steps<training_pass, Net, T>;
    friend steps;
    using steps::grads, steps::plan, steps::saved_offsets, steps::saved_sample_offsets;
    static constexpr const auto& places = training_memory_plan_of<Net>;

public:
    explicit training_pass(std::size_t threads = 1)
        : run_(threads),
          gradients_(parameters_of<Net>.trainable_elements),
          prepared_(steps::largest_prepared),
          workspace_(run_.threads() * steps::workspace_stride) {}

    /// Makes room for a batch and gives the place of sample `n` of the input, laid out as `input_image`.
    T* input(std::size_t batch) {
        if (batch != batch_) reset_states();
        batch_ = batch;
        values_.reserve(batch * places.elements);
        saved_.reserve(saved_offsets.back() + batch * saved_sample_offsets.back());
        if constexpr (plan.values[0].has_halo())
            kernels::zero_halo<steps::input_image>(value_place(0), {0, batch});
        return value_place(0);
    }

    /// Runs all steps, without the softmax of output k where `Skip` has bit k.
    /// @return  `scores<Skip>()`
    template <std::size_t Skip>
    T* forward(T* parameters, std::uint64_t seed) {
        carry_ = has_states_;
        has_states_ = true;
        return steps::template forward<Skip>(parameters, seed);
    }

    /// The last forward pass once more, on the input that it had: `look(v)` sees each value when it has been written. States of
    /// stateful layers go on from where that pass left them.
    template <std::size_t Skip, class Look>
    void forward_again(T* parameters, std::uint64_t seed, Look look) {
        watched_ = &look;
        watch_ = [](void* by, std::size_t v) { (*static_cast<Look*>(by))(v); };
        has_states_ = carry_;
        forward<Skip>(parameters, seed);
        watch_ = nullptr;
    }

    /// From the losses' gradients to all gradients. `accumulate` adds those of parameters to what is there; `input_gradient` asks for those of the inputs too.
    template <std::size_t Skip, class Done = nobody>
    void backward(T* parameters, std::uint64_t seed, bool accumulate, bool input_gradient,
                  const Done& done = {}) {
        if (accumulate || steps::has_shared) added_gradients_.reserve(parameters_of<Net>.trainable_elements);
        steps::template backward<Skip>(parameters, seed, accumulate, input_gradient, done);
    }

    /// Numbers of `T` that a pass over batches of this size keeps, without slack.
    struct sizes {
        std::size_t gradients, values, saved, workspace;
    };
    static constexpr sizes sizes_of(std::size_t batch, std::size_t threads) {
        return {parameters_of<Net>.trainable_elements * (steps::has_shared ? 2 : 1), batch * places.elements,
                saved_offsets.back() + batch * saved_sample_offsets.back(),
                steps::largest_prepared + threads * steps::workspace_stride};
    }

    /// Stateful layers start from their first states again.
    void reset_states() { has_states_ = false; }
    /// What stateful layers go on from, of another sequence of batches.
    struct states {
        buffer<T> saved;
        std::size_t batch = 0;
        bool are_there = false;
    };
    /// The next pass goes on from `other`, which gets what the last one left.
    void exchange_states(states& other) {
        std::swap(saved_, other.saved);
        std::swap(batch_, other.batch);
        std::swap(has_states_, other.are_there);
    }

    /// Behind the gradients is room for more, `elements` in all.
    void make_room(std::size_t elements) { gradients_.reserve(elements); }
    T* gradients() { return gradients_.data(); }
    const T* gradients() const { return gradients_.data(); }
    /// The gradient of input `K`, samples one after the other, if `backward` was asked for it.
    template <std::size_t K = 0>
    const T* input_gradient() const {
        return values_.data() + batch_ * places.slots[grads.final[plan.inputs[K]].slot];
    }
    std::size_t batch() const { return batch_; }
    ARCHETYPE_INLINE const executor& tasks() const { return run_; }
    /// What values lie in, for others between two passes: `input` begins anew.
    buffer<T>& memory() { return values_; }

private:
    ARCHETYPE_INLINE T* value_place(std::size_t v) { return values_.data() + batch_ * places.values[v]; }
    /// Where the backward pass reads value `v`.
    ARCHETYPE_INLINE T* kept_place(std::size_t v) { return values_.data() + batch_ * places.kept[v]; }
    ARCHETYPE_INLINE T* slot_place(std::size_t slot) { return values_.data() + batch_ * places.slots[slot]; }
    void value_is_written(std::size_t v) {
        if (watch_ != nullptr) watch_(watched_, v);
    }
    ARCHETYPE_INLINE std::size_t batch_size() const { return batch_; }
    template <class Step>
    ARCHETYPE_INLINE T* saved_place() {
        return saved_.data() + saved_offsets[Step::index] + batch_ * saved_sample_offsets[Step::index];
    }
    template <class Step, bool Back>
    ARCHETYPE_INLINE T* prepared_place() {
        return prepared_.data();
    }
    template <class Step, bool Back>
    ARCHETYPE_INLINE T* workspace_place() {
        return workspace_.data();
    }
    template <class Step>
    ARCHETYPE_INLINE T* parameters_for(T* parameters) {
        return parameters;
    }
    template <class Step>
    ARCHETYPE_INLINE T* gradients_for() {
        return gradients_.data();
    }
    template <class Step>
    ARCHETYPE_INLINE T* added_gradients_for() {
        return added_gradients_.data();
    }
    template <class Step, class Epilogue>
    ARCHETYPE_INLINE static void backward_layer(const training_call<T>& call, const Epilogue& epilogue,
                                                bool wanted) {
        lowering_of<Step>::template backward<Step, T>(call, epilogue, wanted);
    }
    /// Computes what the backward pass of step `S` is the first to read again.
    template <class Step>
    void run_again(T* parameters, std::uint64_t seed) {
        constexpr std::size_t first = places.again_first[Step::index],
                              count = places.again_first[Step::index + 1] - first;
        for_each_number<count>([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            using again = step_of<Net, purpose::training, places.again[first + I]>;
            if constexpr (again::clears_halo)
                this->template zero_halo<again::storage_image>(kept_place(again::now.to));
            lowering_of<again>::template train<again, T>(
                this->template call<again, true>(parameters, seed, gradients_.data()),
                again::template epilogue<T>([this](std::size_t v) -> const T* { return kept_place(v); }));
        });
    }
    ARCHETYPE_INLINE bool takes_over() const { return carry_; }

    executor run_;
    std::size_t batch_ = 0;
    void* watched_ = nullptr;
    void (*watch_)(void*, std::size_t) = nullptr;
    bool has_states_ = false, carry_ = false;  ///< left by the pass before; used by the one in progress
    buffer<T> values_, gradients_, added_gradients_, saved_, prepared_, workspace_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
