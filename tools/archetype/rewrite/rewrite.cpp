// SPDX-License-Identifier: BSL-1.0
#include "rewrite.hpp"

#include "passes.hpp"
#include "pattern.hpp"
#include "prepare.hpp"
#include "spellings.hpp"
#include "tflite.hpp"
#include "turns.hpp"

#include <archetype/data/file_error.hpp>

#include <stdexcept>

namespace archetype::rewrite {

namespace {

network all_rewritten(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                      std::vector<refusal>& refused, const evaluate::settings& limits) {
    network made = prepared(with_turns(file), inputs, refused, limits);
    without_tflite(made);
    spell_operators(made);
    normalize(made);
    fold_constants(made);
    spell_sums(made);
    spell_out(made);
    spell_products(made);
    normalize(made);
    fold_constants(made);
    made.sweep("nobody reads what it gives");
    find_lookups(made);
    find_attention(made);
    spell_forms(made);
    normalize(made);
    fold_constants(made);
    find_norms(made);
    apply_patterns(made, known_patterns());
    join_repeats(made);
    join_factors(made);
    join_padding(made);
    fold_constants(made);
    made.sweep("nobody reads what it gives");
    made.sort();
    for (const auto& [id, content] : made.constants) content.release();
    return made;
}

}  // namespace

network rewritten(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                  std::vector<refusal>& refused, const evaluate::settings& limits) {
    // Rewritings take it that a node that was evaluated has what its operator asks for. A branch that is not taken was not.
    try {
        return all_rewritten(file, inputs, refused, limits);
    } catch (const std::logic_error& found) {
        throw file_error({file.path, "nodes with the inputs and attributes of their operators",
                          std::string("others: ") + found.what()});
    }
}

}  // namespace archetype::rewrite
