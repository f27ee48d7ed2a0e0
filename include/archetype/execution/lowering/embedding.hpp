// SPDX-License-Identifier: BSL-1.0
/// @file embedding.hpp
/// Embeddings: rows of a table by class number.
#pragma once
#include <archetype/architecture/layers/embedding.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/table_products.hpp>
#if defined(__cpp_exceptions) && __STDC_HOSTED__
#include <archetype/error.hpp>
#include <string>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct lowering<embedding<Vocabulary, Width, Options...>> : weightless_lowering {
    using layer = embedding<Vocabulary, Width, Options...>;
    static constexpr bool skips_frozen = true;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        if constexpr (Prepared)
            check<Step>(call.in, call.samples);  // constant weights: programs without exceptions
        look_up<Step>(call.in, call.weights, call.out, epilogue, call.samples);
    }

    template <class Step>
    static constexpr std::uint64_t table = parameters_of<typename Step::network>.offsets[Step::now.anchor][0];

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        check<Step>(call.in, {0, call.batch});
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            look_up<Step>(call.in, call.parameters + table<Step>, call.out, epilogue, samples);
        });
    }

    /// Columns are the tasks: every sum runs over the samples in their order. Class numbers have no gradient.
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr std::size_t block = kernels::lane_count<T>, blocks = (Width + block - 1) / block;
        [[maybe_unused]] constexpr kernels::image from = grad_out_image<Step>;
        [[maybe_unused]] T* const gradient = call.gradients + table<Step>;
        if constexpr (trains<Step>)
            call.run(blocks, [&](kernels::range some, std::size_t) {
                for (std::size_t b = some.first; b < some.last; ++b) {
                    const std::size_t first = b * block,
                                      count = Width - first < block ? Width - first : block;
                    for (std::size_t i = 0; i < Vocabulary; ++i)
                        kernels::store_partial(gradient + i * Width + first, kernels::broadcast(T(0)), count);
                    for_each_number<Step>(call.in, {0, call.batch}, [&](T number, const kernels::place& at) {
                        const std::size_t row = row_of(number);
                        if (row == Vocabulary) return;
                        T* const to = gradient + row * Width + first;
                        const auto given = kernels::load(call.grad_out + offset<from>(at) + first);
                        kernels::store_partial(to, kernels::lanes<T>(kernels::load(to) + given), count);
                    });
                }
            });
        if (wants_input_gradient) give_no_gradient<Step>(call, epilogue);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        for (std::size_t i = 0; i < Step::in.size(); ++i)
            for (std::size_t c = 0; c < Width; ++c)
                out[i * Width + c] = row_of(in[i]) == Vocabulary ? T(0) : weights[row_of(in[i]) * Width + c];
    }

    /// The rows of the table (`const T*` or `kernels::int8_rows<T>`) at the class numbers.
    template <class Step, class T, class Table, class Epilogue>
    static void look_up(const T* in, const Table& rows, T* out, const Epilogue& epilogue,
                        kernels::range samples) {
        for_each_number<Step>(in, samples, [&](T number, kernels::place at) {
            const std::size_t row = row_of(number);
            T* const to = out + offset<Step::out>(at);
            for (at.channel = 0; at.channel < Width; at.channel += kernels::lane_count<T>) {
                const std::size_t left = Width - at.channel;
                const auto value = row == Vocabulary
                                       ? kernels::broadcast(T(0))
                                       : kernels::detail::load_row<T, Width>(rows, row, at.channel);
                kernels::store_partial(to + at.channel, kernels::lanes<T>(epilogue(value, at)),
                                       left < kernels::lane_count<T> ? left : kernels::lane_count<T>);
            }
        });
    }

private:
    /// The row of a class number; `Vocabulary`, where there is none, if it is none or the one of the padding.
    template <class T>
    static constexpr std::size_t row_of(T number) {
        if (!(number >= T(0) && number < static_cast<T>(Vocabulary))) return Vocabulary;
        const auto row = static_cast<std::size_t>(number);
        return layer::has_padding && row == layer::options.padding_index ? Vocabulary : row;
    }

    template <kernels::image Image>
    static constexpr std::size_t offset(const kernels::place& at) {
        return at.sample * Image.sample_stride + Image.offset + at.y * Image.row_stride +
               at.x * Image.pixel_stride;
    }

    /// Calls visit(number, place of its vector).
    template <class Step, class T, class Visit>
    static void for_each_number(const T* in, kernels::range samples, const Visit& visit) {
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t i = 0; i < Step::in.size(); ++i)
                visit(in[n * Step::in.sample_stride + Step::in.offset +
                         i / Step::in.channels * Step::in.pixel_stride + i % Step::in.channels],
                      kernels::place{n, i / Step::out.width, i % Step::out.width, 0});
    }

    template <class Step, class T>
    static void check([[maybe_unused]] const T* in, [[maybe_unused]] kernels::range samples) {
#if defined(__cpp_exceptions) && __STDC_HOSTED__
        for_each_number<Step>(in, samples, [](T number, const kernels::place&) {
            if (!(number >= T(0) && number < static_cast<T>(Vocabulary)))
                throw detail::thrown<std::invalid_argument>(
                    "archetype::embedding: expected class numbers from 0 to " +
                    std::to_string(Vocabulary - 1) + ", found " + std::to_string(number));
        });
#endif
    }
};

template <std::size_t Vocabulary>
struct lowering<tied_output<Vocabulary>> : weightless_lowering {
    static constexpr bool skips_frozen = true;
    template <class Step>
    static constexpr std::uint64_t table = parameters_of<typename Step::network>.offsets[Step::now.anchor][0];

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::table_products<Step::in, Step::out>(call.in, call.weights, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::table_products<Step::in, Step::out>(call.in, call.parameters + table<Step>, call.out,
                                                         epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        if constexpr (trains<Step>)
            call.run(Vocabulary, [&](kernels::range some, std::size_t) {
                kernels::table_gradients<Step::in, from>(call.in, call.grad_out, call.gradients + table<Step>,
                                                         call.batch, some);
            });
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::table_products_backward<from, to>(call.grad_out, call.parameters + table<Step>,
                                                       call.grad_in, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        constexpr std::size_t width = Step::in.channels;
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            out[i] = T(0);
            for (std::size_t c = 0; c < width; ++c)
                out[i] += in[i / Vocabulary * width + c] * weights[i % Vocabulary * width + c];
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
