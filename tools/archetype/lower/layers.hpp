// SPDX-License-Identifier: BSL-1.0
/// @file layers.hpp
/// A network as layers of the library: what each is called in C++, what it reads, its shape and its tensors.
#pragma once
#include "../rewrite/network.hpp"
#include "layout.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace archetype::lower {

using rewrite::node_set;

/// Numbers of a parameter: there, or made when somebody looks at them.
class number_list {
public:
    number_list() = default;
    number_list(std::vector<float> numbers)
        : size_(numbers.size()), made_(std::make_shared<std::vector<float>>(std::move(numbers))) {}
    template <class Iterator>
    number_list(Iterator first, Iterator last) : number_list(std::vector<float>(first, last)) {}
    /// `make` gives so many numbers, the same ones each time.
    number_list(std::size_t count, std::function<std::vector<float>()> make)
        : size_(count), make_(std::move(make)) {}

    std::size_t size() const { return size_; }
    const std::vector<float>& all() const {
        if (!made_) made_ = std::make_shared<std::vector<float>>(make_ ? make_() : std::vector<float>());
        return *made_;
    }
    operator const std::vector<float>&() const { return all(); }
    float operator[](std::size_t index) const { return all()[index]; }
    /// Frees what can be made again.
    void release() const {
        if (make_) made_.reset();
    }

private:
    std::size_t size_ = 0;
    std::function<std::vector<float>()> make_;
    mutable std::shared_ptr<const std::vector<float>> made_;
};

/// A parameter as the library stores it.
struct tensor {
    std::string name;
    shape_type shape;
    number_list numbers;
    bool trainable = true;
};

struct layer {
    enum class kinds : std::uint8_t { input, plain, join, missing, state };
    kinds kind = kinds::plain;
    std::string type;                    ///< "conv2d", without namespace
    std::vector<std::string> arguments;  ///< "64", "at::stride<2>"
    std::string name;                    ///< from the file, "" if there is none worth having
    std::vector<tensor> tensors;
    std::vector<std::size_t> inputs;  ///< layers, always before this one
    shape_type shape;                 ///< of the result
    node_set sources;
    std::string formula;                   ///< of an `activation`: an expression of x
    std::string definition;                ///< that must stand before the network
    std::string text;                      ///< what the library calls the layer in paths, if not its type
    std::optional<graph::value_id> value;  ///< of the file: what the layer gives
    std::size_t points = 0;                ///< of its last inputs: named by arguments, "@1" is input 1
    std::size_t states =
        0;  ///< of a recurrent layer: how many of its last inputs are first states; of a `state` which it is
};

/// An input or output of the file: where its elements lie.
struct end {
    std::string name;
    shape_type files_shape;
    std::size_t layer = 0;
    shape_type shape;                 ///< of the value in the library
    std::vector<std::size_t> places;  ///< of each element of the file
    bool is_permuted = false;
    bool is_whole = false;  ///< class numbers
};

/// An output of the file that is an input of the next step, by their numbers.
struct feedback {
    std::size_t input = 0, output = 0;
};

struct network {
    std::vector<layer> layers;
    std::vector<end> inputs, outputs;
};

}  // namespace archetype::lower
