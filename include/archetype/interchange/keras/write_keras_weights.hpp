// SPDX-License-Identifier: BSL-1.0
/// @file write_keras_weights.hpp
/// Weights as Keras 3 stores them (.weights.h5): layers/dense_1/vars/0. Needs HDF5 (`ARCHETYPE_HAS_HDF5`, link with -lhdf5).
#pragma once
#include <archetype/data/hdf5/hdf5_file.hpp>
#include <archetype/interchange/import_target.hpp>
#include <archetype/interchange/write_file.hpp>
#include <map>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Keras 3's name for the group of a layer; "" for what Keras does not have in this form.
inline std::string_view keras_group_name(std::string_view kind) {
    constexpr std::string_view names[][2] = {{"dense", "dense"},
                                             {"conv1d", "conv1d"},
                                             {"conv2d", "conv2d"},
                                             {"conv1d_transpose", "conv1d_transpose"},
                                             {"conv2d_transpose", "conv2d_transpose"},
                                             {"depthwise_conv1d", "depthwise_conv1d"},
                                             {"depthwise_conv2d", "depthwise_conv2d"},
                                             {"batch_norm", "batch_normalization"},
                                             {"layer_norm", "layer_normalization"},
                                             {"group_norm", "group_normalization"},
                                             {"embedding", "embedding"},
                                             {"prelu", "p_re_lu"},
                                             {"lstm", "lstm"},
                                             {"gru", "gru"},
                                             {"simple_rnn", "simple_rnn"}};
    for (const auto& [own, name] : names)
        if (own == kind) return name;
    return {};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes the weights of a model for `load_weights` of a Keras 3 model whose layers have the same classes in the same order,
/// each class for itself (two directions are two layers; Keras' Bidirectional has other groups).
/// @return layers that Keras does not have in this form, or why the file cannot be written, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_write_keras_weights(const model<Net, T>& net,
                                                                  const std::filesystem::path& path) {
#if ARCHETYPE_HAS_HDF5
    using target = detail::import_target<Net, T>;
    load_failure failure{path.string(), {}};
    const auto layers = detail::import_layers<Net>();
    for (const detail::import_layer& layer : layers) {
        const bool recurrent = layer.is_recurrent;
        const bool plain = !recurrent || (!layer.has_initial_state && layer.is_plain_cell &&
                                          !(layer.has_two_biases && !layer.resets_after) &&
                                          target::at(layer).parameter_tensors <= 3);
        if (detail::keras_group_name(target::kind(layer)).empty() || !plain)
            failure.mismatches.push_back(
                {load_problem::unexpected, layer.path, "a layer that Keras has", target::kind(layer)});
    }
    if (!failure.mismatches.empty()) return failure;
    const detail::hdf5_handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access.id(), 1 << 16, 0);
    const detail::hdf5_handle file(H5Fcreate("archetype", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
    const detail::hdf5_handle between(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(between.id(), 1);
    std::map<std::string, int> counts;
    bool good = static_cast<bool>(file);
    for (const detail::import_layer& layer : layers) {
        const std::string kind(detail::keras_group_name(target::kind(layer)));
        const int count = counts[kind]++;
        const std::string group = "layers/" + kind + (count == 0 ? "" : "_" + std::to_string(count)) +
                                  (layer.is_recurrent ? "/cell/vars/" : "/vars/");
        for (std::size_t k = 0; k < target::at(layer).parameter_tensors; ++k) {
            const auto shape = target::shape_of(layer, k);
            const std::vector<hsize_t> extents(shape.begin(), shape.end());
            const detail::hdf5_handle space(
                H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
            const std::string name = group + std::to_string(k);
            const detail::hdf5_handle data(
                H5Dcreate2(file.id(), name.c_str(), sizeof(T) == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE,
                           space.id(), between.id(), H5P_DEFAULT, H5P_DEFAULT),
                H5Dclose);
            const T* const from = net.data() + detail::parameters_of<Net>.offsets[layer.node][k];
            good = good && data &&
                   H5Dwrite(data.id(), sizeof(T) == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, H5S_ALL,
                            H5S_ALL, H5P_DEFAULT, from) >= 0;
        }
    }
    H5Fflush(file.id(), H5F_SCOPE_GLOBAL);
    const ssize_t size = good ? H5Fget_file_image(file.id(), nullptr, 0) : -1;
    std::vector<std::byte> image(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (size <= 0 || H5Fget_file_image(file.id(), image.data(), image.size()) != size)
        return load_failure(file_failure{path.string(), "an HDF5 file in memory", "a fault of the library"});
    const std::span<const std::byte> parts[] = {image};
    if (const auto problem = try_write_file(path, parts)) return load_failure(*problem);
    return std::nullopt;
#else
    (void)net;
    return load_failure(
        file_failure{path.string(), "a program built with HDF5 (Debian: libhdf5-dev)", "one without"});
#endif
}
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void write_keras_weights(const model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_write_keras_weights(net, path)) throw load_error(*std::move(failure));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
