// SPDX-License-Identifier: BSL-1.0
/// @file interleaved_steps.hpp
/// Steps of an inference plan that are done in the loop of a neighbour, while its pixels are in the nearest cache: an elementwise step
/// in the 1 x 1 convolution that reads it, a mean over an image in the convolution that makes the image. Squeeze and excitation
/// (Hu, Shen, Sun 2018) so has no pass of its own over memory. Results are the same to the bit.
#pragma once
#include <archetype/execution/lowering/all.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether the memory of two values meets.
template <class Plan>
constexpr bool share_memory(const Plan& plan, std::size_t one, std::size_t other) {
    const value &a = plan.values[plan.values[one].storage], &b = plan.values[plan.values[other].storage];
    return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/// Elements that are kept on the stack: operands that the next step writes over, sums.
inline constexpr std::size_t most_copied = std::size_t{1} << 12;

/// Whether step `s` may be done pixel by pixel just before step `s + 1` reads the pixel, by what the plan says.
template <class Facts, class Plan>
constexpr bool may_be_made_by_next(const Facts& facts, const Plan& plan, std::size_t s) {
    const step &now = plan.steps[s], &next = plan.steps[s + 1];
    const layer_role role = facts.nodes[now.anchor].role;
    if (now.copies || next.copies || now.pool != none || now.batch_norm != none || next.from != now.to ||
        (role != layer_role::join && role != layer_role::pointwise) ||
        facts.nodes[next.anchor].role != layer_role::contraction || next.scratch != 0 || now.scratch != 0)
        return false;
    if (plan.values[plan.values[now.to].storage].has_halo() || now.from == 0) return false;
    // What the step reads is not yet out of use while the next one writes.
    if (plan.values[now.from].storage != plan.values[now.to].storage && share_memory(plan, now.from, next.to))
        return false;
    // A view of the pixels, which the next step joins with its results, may have some that are not made yet.
    for (std::size_t i = 0; i < next.operand_count; ++i) {
        const std::size_t operand = plan.operands[next.operand_first + i];
        if (operand != now.to && plan.values[operand].storage == plan.values[now.to].storage) return false;
    }
    for (std::size_t i = 0; i < now.operand_count; ++i) {
        const std::size_t operand = plan.operands[now.operand_first + i];
        if (operand == 0) return false;
        const value& of = plan.values[operand];
        // The copy is made when the halo of the next result is already cleared.
        if (share_memory(plan, operand, next.to) && (of.storage != operand || of.size > most_copied ||
                                                     plan.values[plan.values[next.to].storage].has_halo()))
            return false;
    }
    return true;
}
/// Whether step `s + 1` may be summed while step `s` makes rows.
template <class Facts, class Plan>
constexpr bool may_be_summed_by(const Facts& facts, const Plan& plan, std::size_t s) {
    const step &now = plan.steps[s], &next = plan.steps[s + 1];
    return !now.copies && !next.copies && next.from == now.to && now.pool == none &&
           next.operand_count == 0 && facts.nodes[now.anchor].role == layer_role::contraction &&
           facts.nodes[next.anchor].role == layer_role::pooling;
}

/// For each step: whether it is made by the next one, and whether it sums the next one.
struct interleaving {
    bool by_next = false, sums_next = false;
    constexpr bool operator==(const interleaving&) const = default;
};
template <class Net>
inline constexpr auto interleaving_candidates = [] {
    constexpr const auto& plan = inference_plan<Net>;
    std::array<interleaving, plan.step_count + 1> found{};
    for (std::size_t s = 0; s + 1 < plan.step_count; ++s)
        found[s] = {may_be_made_by_next(unchecked_facts<Net>, plan, s),
                    may_be_summed_by(unchecked_facts<Net>, plan, s)};
    return found;
}();

/// Whether step `s` or the one before it is a candidate.
template <class Net>
constexpr bool may_be_interleaved(std::size_t s) {
    return interleaving_candidates<Net>[s] != interleaving{} ||
           (s != 0 && interleaving_candidates<Net>[s - 1] != interleaving{});
}

/// What becomes of a candidate, by its kernels.
template <class Net, class T, std::size_t S>
inline constexpr interleaving interleaving_of = [] {
    interleaving found{};
    if constexpr (interleaving_candidates<Net>[S] != interleaving{}) {
        using now = step_of<Net, purpose::inference, S>;
        using next = step_of<Net, purpose::inference, S + 1>;
        if constexpr (interleaving_candidates<Net>[S].by_next) {
            if constexpr (requires { lowering_of<next>::template tells_of_input<next, T>; })
                found.by_next = lowering_of<next>::template tells_of_input<next, T> &&
                                now::taken == now::result && now::out == next::in;
        } else if constexpr (requires {
                                 lowering_of<now>::template tells_of_results<now, T>;
                                 lowering_of<next>::averages_all;
                             }) {
            found.sums_next = lowering_of<now>::template tells_of_results<now, T> &&
                              lowering_of<next>::averages_all && now::out == next::in;
        }
    }
    return found;
}();

/// The pixels of an elementwise step, made as far as another loop needs them.
template <class Step, class T, class Epilogue>
struct pixels_on_demand {
    const T* in;
    T* out;
    Epilogue epilogue;
    std::size_t made = 0;

    static void reach(void* who, std::size_t pixels) {
        auto& self = *static_cast<pixels_on_demand*>(who);
        kernels::map_pixels<Step::in, Step::out>(self.in, self.out, self.epilogue, {self.made, pixels});
        self.made = pixels;
    }
};
/// The operands of `Step` that step `Next` writes over, kept for its loop.
template <class Step, class Next, class T>
class kept_operands {
    static constexpr const auto& plan = inference_plan<typename Step::network>;
    static constexpr bool is_kept(std::size_t v) { return share_memory(plan, v, Next::now.to); }
    /// Elements for one sample, of those before operand `last`.
    static constexpr std::size_t before(std::size_t last) {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < last; ++i) {
            const std::size_t v = plan.operands[Step::now.operand_first + i];
            if (is_kept(v)) sum += plan.values[v].size;
        }
        return sum;
    }
    static constexpr std::size_t all = before(Step::now.operand_count);
    T copies_[all == 0 ? 1 : most_copied + 64];  // kernels read past the end

public:
    static constexpr bool fits(std::size_t samples) { return samples * all <= most_copied; }

    template <class PlaceOf>
    ARCHETYPE_INLINE kept_operands(const PlaceOf& place_of, std::size_t samples) {
        if constexpr (all != 0)
            for (std::size_t i = 0; i < Step::now.operand_count; ++i) {
                const std::size_t v = plan.operands[Step::now.operand_first + i];
                if (is_kept(v))
                    __builtin_memcpy(copies_ + samples * before(i), place_of(v),
                                     samples * plan.values[v].size * sizeof(T));
            }
    }
    template <class PlaceOf>
    ARCHETYPE_INLINE const T* place(const PlaceOf& place_of, std::size_t v, std::size_t samples) const {
        if constexpr (all != 0)
            for (std::size_t i = 0; i < Step::now.operand_count; ++i)
                if (plan.operands[Step::now.operand_first + i] == v && is_kept(v))
                    return copies_ + samples * before(i);
        return place_of(v);
    }
};

/// The sums of a global mean, of all rows that another loop has stored.
template <class Step, class T>
struct sums_of_rows {
    static constexpr std::size_t of_sample = kernels::global_sums<T, Step::in>;
    static constexpr std::size_t most_samples = most_copied / of_sample;
    const T* in;
    T sums[(most_samples == 0 ? 1 : most_samples) * of_sample];
    std::size_t rows = 0;

    static constexpr bool fits(std::size_t samples) { return samples <= most_samples; }
    sums_of_rows(const T* from, std::size_t samples) : in(from) {
        for (std::size_t i = 0; i < samples * of_sample; ++i) sums[i] = T(0);
    }
    static void reach(void* who, std::size_t pixels) {
        auto& self = *static_cast<sums_of_rows*>(who);
        for (; self.rows < pixels / Step::in.width; ++self.rows)
            kernels::add_row_to_sums<Step::in>(self.in, self.rows / Step::in.height,
                                               self.rows % Step::in.height, self.sums);
    }
};

/// The steps beside a step, and what is done in whose loop.
template <class Step, class T>
struct neighbours {
    using net = typename Step::network;
    static constexpr std::size_t s = Step::index;
    using before = step_of<net, purpose::inference, s == 0 ? 0 : s - 1>;
    using after = step_of<net, purpose::inference, s + 1 == inference_plan<net>.step_count ? s : s + 1>;
    static constexpr interleaving own = interleaving_of<net, T, s>;
    static constexpr interleaving of_before =
        s == 0 ? interleaving{} : interleaving_of<net, T, before::index>;
};

/// Runs a step, and before each piece of its loop the step that it reads.
template <class Step, class T, class PlaceOf, class WritePlaceOf, class Run>
ARCHETYPE_INLINE void run_with_input([[maybe_unused]] std::size_t batch,
                                     [[maybe_unused]] const PlaceOf& place_of,
                                     [[maybe_unused]] const WritePlaceOf& write_place_of, const Run& run,
                                     kernels::companions by) {
    if constexpr (neighbours<Step, T>::of_before.by_next) {
        using made = typename neighbours<Step, T>::before;
        if (kept_operands<made, Step, T>::fits(batch)) {
            const kept_operands<made, Step, T> kept(place_of, batch);
            const auto epilogue = made::template epilogue<T>([&](
                std::size_t v) __attribute__((always_inline)) { return kept.place(place_of, v, batch); });
            pixels_on_demand<made, T, std::remove_cvref_t<decltype(epilogue)>> maker{
                place_of(made::now.from), write_place_of(made::now.to), epilogue};
            const kernels::progress before{&maker.reach, &maker};
            return run(by.with_reader(before));
        }
    }
    run(by);
}

/// Runs a step and what is done in its loop; nothing, if that is done in another's. `run(companions)` runs the step alone, `place_of`
/// finds values to read, `write_place_of` those to write.
template <class Step, class T, class PlaceOf, class WritePlaceOf, class Run>
ARCHETYPE_INLINE void run_interleaved(std::size_t batch, const PlaceOf& place_of,
                                      const WritePlaceOf& write_place_of, const Run& run) {
    using beside = neighbours<Step, T>;
    if constexpr (beside::own.by_next)
        if (kept_operands<Step, typename beside::after, T>::fits(batch)) return;
    if constexpr (beside::of_before.sums_next)
        if (sums_of_rows<Step, T>::fits(batch)) return;
    if constexpr (beside::own.sums_next) {
        using mean = typename beside::after;
        if (sums_of_rows<mean, T>::fits(batch)) {
            sums_of_rows<mean, T> sums(place_of(Step::now.to), batch);
            const kernels::progress after{&sums.reach, &sums};
            run_with_input<Step, T>(batch, place_of, write_place_of, run,
                                    kernels::companions::of_results(after));
            return kernels::global_average_of_sums<mean::in, mean::out>(
                sums.sums, write_place_of(mean::now.to), mean::template epilogue<T>(place_of), {0, batch});
        }
    }
    run_with_input<Step, T>(batch, place_of, write_place_of, run, {});
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
