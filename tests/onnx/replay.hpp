// SPDX-License-Identifier: BSL-1.0
/// @file replay.hpp
/// Runs one of ONNX's tests: a network of one layer on the numbers that replay.py has written.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace replay {
namespace at = archetype;

/// Arrays of floats, each after its length in 64 bits.
inline std::vector<std::vector<float>> read_arrays(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::vector<float>> arrays;
    for (std::uint64_t size = 0; file.read(reinterpret_cast<char*>(&size), sizeof size);) {
        arrays.emplace_back(size);
        file.read(reinterpret_cast<char*>(arrays.back().data()),
                  static_cast<std::streamsize>(size * sizeof(float)));
    }
    return arrays;
}

/// The largest difference between what `Net` computes and what is expected, relative where that is above 1. The file holds
/// the inputs, the parameters, the result, channels last.
template <class Net>
double difference(const std::string& path) {
    using net_type = at::model<Net>;
    constexpr std::size_t inputs = net_type::input_count, outputs = net_type::output_count;
    const std::vector<std::vector<float>> arrays = read_arrays(path);
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    if (arrays.size() != inputs + layout.size() + 1)
        throw std::runtime_error(path + ": another number of parameters");
    net_type net;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const at::detail::parameter_slot& slot = layout.slots[i];
        const at::parameter& tensor =
            at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        if (arrays[inputs + i].size() != tensor.extents.size())
            throw std::runtime_error(path + ": a parameter of another size");
        std::copy(arrays[inputs + i].begin(), arrays[inputs + i].end(), net.data() + slot.offset);
    }
    const std::vector<float>& expected = arrays.back();
    const std::size_t batch = arrays[0].size() / net_type::input_shape.size();
    std::array<const float*, inputs> samples{};
    bool fits = batch != 0 && batch * net_type::output_shape.size() == expected.size();
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        ((samples[K] = arrays[K].data(),
          fits = fits && arrays[K].size() == batch * net_type::template input_shape_of<K>.size()),
         ...);
    }
    (std::make_index_sequence<inputs>{});
    if (!fits) throw std::runtime_error(path + ": another shape");
    std::vector<float> result(expected.size() + 64);
    net.run(samples, batch, std::array<float*, outputs>{result.data()});
    double most = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (std::isnan(result[i]) && std::isnan(expected[i])) continue;
        if (result[i] == expected[i]) continue;  // infinite ones, too
        const double apart =
            std::abs(double(result[i]) - double(expected[i])) / std::max(1.0, std::abs(double(expected[i])));
        if (!(apart <= most)) most = apart;  // a NaN stays
    }
    return most;
}

/// Prints "name difference".
template <class Net>
void run(const char* name, const std::string& folder) {
    try {
        std::printf("%s %.3g\n", name, difference<Net>(folder + "/" + name));
    } catch (const std::exception& error) {
        std::printf("%s nan %s\n", name, error.what());
    }
}

}  // namespace replay
