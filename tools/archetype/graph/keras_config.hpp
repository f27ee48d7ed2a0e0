// SPDX-License-Identifier: BSL-1.0
/// @file keras_config.hpp
/// Configurations of Keras' layers: each key is read, may be left out as it cannot change a result, or is an error.
#pragma once
#include "graph.hpp"
#include "json.hpp"

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::graph::keras {

/// All that is wrong about a file, said at once.
class faults {
public:
    void add(std::string place, std::string expected, std::string found);
    bool any() const { return !all_.empty(); }
    /// @throws file_error if there are any
    void check(const std::string& path) const;

private:
    struct fault {
        std::string place, expected, found;
    };
    std::vector<fault> all_;
};

/// Thrown by a layer that cannot be read, after its fault was added, or without one where shapes are not known.
struct unreadable {};

class layer_config {
public:
    using keys = std::initializer_list<std::string_view>;
    layer_config(const json& config, std::string place, faults& to)
        : config_(&config), place_(std::move(place)), faults_(&to) {}

    const std::string& place() const { return place_; }
    const json& whole_config() const { return *config_; }
    faults& all_faults() { return *faults_; }
    [[noreturn]] void fail(std::string expected, std::string found);

    /// The first of these keys that is there and not null.
    const json* take(keys names);
    /// Marks keys as read.
    void skip(keys names);
    std::string text(keys names, const std::string& otherwise);
    bool truth(keys names, bool otherwise);
    double number(keys names, double otherwise);
    std::int64_t whole(keys names, std::optional<std::int64_t> otherwise = std::nullopt);
    /// `count` numbers above 0: a list, or one for all.
    std::vector<std::int64_t> sizes(keys names, std::size_t count, std::int64_t otherwise);
    /// Any whole numbers: a list, or one.
    std::optional<std::vector<std::int64_t>> wholes(keys names);
    /// Numbers, of lists within each other row by row, with their shape.
    std::optional<std::vector<double>> numbers(keys names, shape_type& shape);
    /// The key must be absent, null or this.
    void expect(std::string_view name, bool wanted);
    void expect_text(std::string_view name, std::string_view wanted);
    /// Keys that nobody read and that are on no list.
    void finish();

private:
    const json* config_;
    std::string place_;
    faults* faults_;
    std::set<std::string, std::less<>> used_;
};

}  // namespace archetype::graph::keras
