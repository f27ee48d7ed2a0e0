// SPDX-License-Identifier: BSL-1.0
/// @file evaluator.hpp
/// Evaluates a graph node by node, each by its operator's definition, with no kernel of the library.
#pragma once
#include "call.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace archetype::evaluate {

/// A node that cannot be evaluated, and why.
struct refusal {
    std::string node, operation, reason;
};
/// All of them, also in the bodies of branches and loops.
std::vector<refusal> refusals_of(const graph::model& of);

class evaluator {
public:
    /// Called after each node of any block.
    using observer = std::function<void(const graph::node&, const call&, const std::vector<datum>&)>;

    explicit evaluator(const graph::model& of, settings options = {}, observer watch = {})
        : model_(of),
          options_(options),
          watch_(std::move(watch)),
          values_(of.values.size()),
          constants_(of.values.size()) {}

    /// The outputs, in the file's order. @throws file_error for an input that is missing, unknown or does not fit, an operator
    /// that is not known, and whatever an operator refuses
    std::vector<datum> run(const std::map<std::string, datum>& inputs);

private:
    std::vector<datum> run_block(const graph::block& body, int depth);
    void run_node(const graph::node& one, int depth);
    /// Zeros of the shapes that the file says of the results of an operator that is not known, so that shapes behind it are known.
    bool as_the_file_says(const graph::node& one);
    const datum& get(graph::value_id id);

    const graph::model& model_;
    settings options_;
    observer watch_;
    std::vector<datum> values_, constants_;
    call::variables variables_;
    std::vector<graph::value_id> decoded_;  ///< constants that nodes of the main block have read
    std::int64_t evaluated_ = 0;
    std::int64_t declared_ = 0;  ///< elements that the file says of what cannot be evaluated

    void count_step(const std::string& place);
};

/// The tensor in the type that the file asks for: floats of any size become each other, integers if they fit.
/// @throws file_error with the value's name
array fitted(const graph::model& of, const graph::value& to, const array& given);

}  // namespace archetype::evaluate
