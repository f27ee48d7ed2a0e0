// SPDX-License-Identifier: BSL-1.0
// All checks of one network.
#pragma once
#include "checks.hpp"
#include "feedback.hpp"
#include "quantized.hpp"
#include "streaming.hpp"
#include "training.hpp"

namespace generated {

/// @return  failures
template <class Net, unsigned Checks>
int run(int number) {
    using T = std::conditional_t<(Checks & in_double) != 0, double, float>;
    constexpr double tolerance = sizeof(T) == 4 ? 2e-4 : 1e-10;
    report to(number);
    inputs_of<Net, double> precise(3);
    const drawn<Net, double> net;
    results<double> wanted(output_count<Net>), reference = room_for_results<Net, double>(3);
    for (std::size_t n = 0; n < 3; ++n) {
        std::vector<const double*> samples;
        for (std::size_t k = 0; k < input_count<Net>; ++k) samples.push_back(precise.sample(k, n));
        const auto made = run_by_definition<Net>(net.parameters.data(), samples);
        for (std::size_t k = 0; k < made.size(); ++k)
            wanted[k].insert(wanted[k].end(), made[k].begin(), made[k].end());
        std::array<const double*, input_count<Net>> in{};
        std::array<double*, output_count<Net>> out{};
        for (std::size_t k = 0; k < in.size(); ++k) in[k] = samples[k];
        for (std::size_t k = 0; k < out.size(); ++k)
            out[k] = reference[k].data() + n * output_shape_of<Net>(k).size();
        detail::run_reference<Net, double>(net.folded.data(), in, out);
    }
    to.compare("plan by definition", reference, wanted, 1e-11);

    const drawn<Net, T> own;
    const inputs_of<Net, T> inputs(3);
    const results<T> batch = infer_batch<Net, T>(own.folded.data(), inputs);
    to.compare("batch", batch, wanted, tolerance);
    inference<Net, T> object{own.weights()};
    to.compare("inference", infer_each<Net, T>(object, inputs), wanted, tolerance);
    if constexpr ((Checks & linked) != 0) {
        std::copy(own.folded.begin(), own.folded.end(), std::begin(linked_to<Net, T>::numbers));
        static embedded<Net, linked_to<Net, T>::weights> placed;
        to.compare("embedded", infer_each<Net, T>(placed, inputs), wanted, tolerance);
    }
    // Compilers stop a constant expression after so many steps (clang++: about a million; every weight is drawn and folded).
    constexpr bool is_small = parameter_count<Net> + multiply_accumulate_count<Net> < 20000;
    if constexpr ((Checks & constant) != 0 && is_small) {
        static constexpr auto folded = constant_results<Net>(std::make_index_sequence<input_count<Net>>{});
        results<double> found{{folded.begin(), folded.end()}}, first(1);
        const drawn<Net, double> same;
        const inputs_of<Net, double> one(1);
        std::vector<const double*> samples;
        for (std::size_t k = 0; k < input_count<Net>; ++k) samples.push_back(one.sample(k, 0));
        first[0] = run_by_definition<Net>(same.parameters.data(), samples)[0];
        to.compare("constant expression", found, first, 1e-10);
    }
    if constexpr ((Checks & streams) != 0) {
        check_stream<Net, 1>(to, own, inputs, batch);
        check_stream<Net, 4>(to, own, inputs, batch);
        if constexpr ((Checks & int8) != 0) {
            check_integer_stream<Net, 1, std::int8_t>(to, net.folded.data(), precise);
            check_integer_stream<Net, 4, std::int8_t>(to, net.folded.data(), precise);
            check_integer_stream<Net, 1, std::int16_t>(to, net.folded.data(), precise);
        }
    }
    if constexpr ((Checks & gradients) != 0) {
        results<double> found;
        check_gradients<Net, (Checks & masks) == 0>(to, wanted, precise, found);
        if constexpr ((Checks & float_gradients) != 0) check_float_gradients<Net>(to, found);
    }
    if constexpr ((Checks & int8) != 0) check_int8<Net>(to, net.folded.data(), precise, wanted);
    std::printf("DONE %d %d checks, %d failures\n", number, to.compared, to.failures);
    std::fflush(stdout);
    return to.failures;
}

}  // namespace generated
