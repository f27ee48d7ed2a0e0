// SPDX-License-Identifier: BSL-1.0
/// @file keras_weights.hpp
/// Weights of Keras' files by layer, however the file names them, and which of them nobody read.
#pragma once
#include "graph.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::graph::keras {

/// Numbers of one weight, row by row.
struct weight {
    shape_type shape;
    std::vector<float> values;
};

/// Where a layer stands: its name within the names of the models around it, and its path in files of Keras 3.
struct layer_place {
    std::vector<std::string> names;
    std::string path;

    std::string text() const;
    layer_place inside(const std::string& name, const std::string& step) const;
};

/// How a file says which weights are a layer's.
enum class weight_form {
    groups,  ///< a group for each layer of the outermost model, names in it (Keras 1 and 2, .h5 of Keras 3)
    paths,   ///< layers/dense_1/vars/0, by classes and their count (Keras 3)
    names    ///< dense_1/kernel (tfjs)
};

class weight_store {
public:
    struct entry {
        std::string group;  ///< of the form `groups`
        std::string name;   ///< in the file
        std::function<weight()> read;
        bool used = false;
    };
    weight_form form = weight_form::paths;
    std::vector<entry> entries;

    /// The entries of a layer in the layer's order. `part`: of a wrapper, "forward_layer", "backward_layer", "cell"; "" all.
    std::vector<std::size_t> of(const layer_place& place, std::string_view part) const;
    void mark_all(const layer_place& place);
    std::vector<std::string> unused() const;
};

/// "kernel" of "lstm/lstm_cell/kernel:0" and of "dense_1_W".
std::string leaf_of(const std::string& name);
/// As Keras 3 makes names of groups of classes: "Conv2DTranspose" is "conv2d_transpose".
std::string snake_case(const std::string& name);

}  // namespace archetype::graph::keras
