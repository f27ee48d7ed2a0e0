// SPDX-License-Identifier: BSL-1.0
#include "rewrite.hpp"

#include "passes.hpp"
#include "pattern.hpp"
#include "prepare.hpp"
#include "tflite.hpp"

namespace archetype::rewrite {

network rewritten(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                  std::vector<refusal>& refused) {
    network made = prepared(file, inputs, refused);
    without_tflite(made);
    normalize(made);
    fold_constants(made);
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
    return made;
}

}  // namespace archetype::rewrite
