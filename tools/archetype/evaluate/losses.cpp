// SPDX-License-Identifier: BSL-1.0
// Losses, which files of training graphs hold.
#include "indexing.hpp"
#include "normalizing.hpp"
#include "operators.hpp"

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// Of logarithms of probabilities {N, C, ...}.
void negative_log_likelihood(call& at, const reals& logarithms) {
    const shape_type& x = at.in(0).shape;
    at.expect(x.size() >= 2, "an input {N, C, ...}", shape_text(x));
    shape_type wanted = x;
    wanted.erase(wanted.begin() + 1);
    at.expect(at.in(1).shape == wanted, "targets of shape " + shape_text(wanted), shape_text(at.in(1).shape));
    const wholes& targets = at.whole(1);
    const whole classes = x[1];
    const whole cells = product_of(x, 2, x.size());
    const std::string reduction = at.text("reduction", "mean");
    at.expect(reduction == "none" || reduction == "sum" || reduction == "mean", "reduction none, sum or mean",
              reduction);
    const bool ignores = at.has_attribute("ignore_index");
    const whole ignored = at.integer("ignore_index", 0);
    if (at.has(2))
        at.expect(static_cast<whole>(at.real(2).size()) == classes, std::to_string(classes) + " weights",
                  std::to_string(at.real(2).size()));
    reals made;
    double weights = 0;
    double sum = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const whole target = targets[i];
        if (ignores && target == ignored) {
            made.push_back(0);
            continue;
        }
        at.expect(target >= 0 && target < classes, "a class below " + std::to_string(classes),
                  std::to_string(target));
        const double weight = at.has(2) ? at.real(2)[static_cast<std::size_t>(target)] : 1;
        const whole n = static_cast<whole>(i) / cells;
        const whole cell = static_cast<whole>(i) % cells;
        made.push_back(-weight * logarithms[static_cast<std::size_t>((n * classes + target) * cells + cell)]);
        weights += weight;
        sum += made.back();
    }
    if (reduction == "none") return at.give(at.in(0).type, wanted, std::move(made));
    at.give(at.in(0).type, {}, reals{reduction == "sum" ? sum : sum / weights});
}

void nll_loss(call& at) { negative_log_likelihood(at, at.real(0)); }
void cross_entropy(call& at) {
    const shape_type& x = at.in(0).shape;
    at.expect(x.size() >= 2, "an input {N, C, ...}", shape_text(x));
    reals logarithms = at.real(0);
    softmax_rows(logarithms, static_cast<std::size_t>(x[1]),
                 static_cast<std::size_t>(product_of(x, 2, x.size())), true);
    negative_log_likelihood(at, logarithms);
    at.give(at.in(0).type, x, std::move(logarithms));
}

constexpr operation table[] = {
    {"", "NegativeLogLikelihoodLoss", nll_loss, 2, 3, 1, "ignore_index reduction", 12},
    {"", "SoftmaxCrossEntropyLoss", cross_entropy, 2, 3, 2, "ignore_index reduction", 12},
};

}  // namespace

std::span<const operation> loss_operations() { return table; }

}  // namespace archetype::evaluate
