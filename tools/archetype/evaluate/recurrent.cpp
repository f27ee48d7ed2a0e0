// SPDX-License-Identifier: BSL-1.0
// RNN, GRU and LSTM.
#include "indexing.hpp"
#include "operators.hpp"

#include <cctype>
#include <cmath>
#include <functional>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;
using function = std::function<double(double)>;

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

/// The activations by name, in order; alpha and beta go to those that take them.
std::vector<function> activations_of(const call& at, std::vector<std::string> names) {
    const std::vector<double> alphas = at.numbers("activation_alpha");
    const std::vector<double> betas = at.numbers("activation_beta");
    std::size_t next_alpha = 0;
    std::size_t next_beta = 0;
    const auto alpha = [&](double otherwise) {
        return next_alpha < alphas.size() ? alphas[next_alpha++] : otherwise;
    };
    const auto beta = [&](double otherwise) {
        return next_beta < betas.size() ? betas[next_beta++] : otherwise;
    };
    std::vector<function> made;
    for (std::string name : names) {
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (name == "tanh") {
            made.emplace_back([](double x) { return std::tanh(x); });
        } else if (name == "sigmoid") {
            made.emplace_back(sigmoid);
        } else if (name == "relu") {
            made.emplace_back([](double x) { return x < 0 ? 0.0 : x; });
        } else if (name == "softsign") {
            made.emplace_back([](double x) { return x / (1 + std::abs(x)); });
        } else if (name == "softplus") {
            made.emplace_back(
                [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); });
        } else if (name == "leakyrelu") {
            made.emplace_back([a = alpha(0.01)](double x) { return x < 0 ? a * x : x; });
        } else if (name == "elu") {
            made.emplace_back([a = alpha(1)](double x) { return x < 0 ? a * std::expm1(x) : x; });
        } else if (name == "thresholdedrelu") {
            made.emplace_back([a = alpha(1)](double x) { return x >= a ? x : 0.0; });
        } else if (name == "affine" || name == "hardsigmoid" || name == "scaledtanh") {
            const double a = alpha(name == "hardsigmoid" ? 0.2 : 1);
            const double b = beta(name == "hardsigmoid" ? 0.5 : name == "affine" ? 0 : 1);
            if (name == "affine")
                made.emplace_back([=](double x) { return a * x + b; });
            else if (name == "hardsigmoid")
                made.emplace_back([=](double x) { return std::min(std::max(a * x + b, 0.0), 1.0); });
            else
                made.emplace_back([=](double x) { return a * std::tanh(b * x); });
        } else {
            at.fail("an activation of ONNX' list", "\"" + name + "\"");
        }
    }
    return made;
}

/// What the three share: sizes, parameters of a direction, states.
struct recurrence {
    call& at;
    whole gates, directions = 1, steps = 0, batch = 0, features = 0, hidden = 0;
    bool batch_first = false;
    std::string direction;
    std::vector<function> activations;
    double clip = 0;
    reals y, h, c;

    recurrence(call& of, whole gate_count, const std::vector<std::string>& defaults)
        : at(of), gates(gate_count) {
        const shape_type& x = at.in(0).shape;
        const shape_type& w = at.in(1).shape;
        const shape_type& r = at.in(2).shape;
        direction = at.text("direction", "forward");
        at.expect(direction == "forward" || direction == "reverse" || direction == "bidirectional",
                  "direction forward, reverse or bidirectional", direction);
        directions = direction == "bidirectional" ? 2 : 1;
        batch_first = at.integer("layout", 0) != 0;
        at.expect(x.size() == 3 && w.size() == 3 && r.size() == 3, "X, W and R of three axes",
                  shape_text(x) + ", " + shape_text(w) + ", " + shape_text(r));
        steps = batch_first ? x[1] : x[0];
        batch = batch_first ? x[0] : x[1];
        features = x[2];
        hidden = r[2];
        at.expect(at.integer("hidden_size", hidden) == hidden &&
                      w == shape_type{directions, gates * hidden, features} &&
                      r == shape_type{directions, gates * hidden, hidden},
                  "W " + shape_text({directions, gates * hidden, features}) + " and R " +
                      shape_text({directions, gates * hidden, hidden}),
                  shape_text(w) + " and " + shape_text(r));
        std::vector<std::string> names = at.texts_of("activations");
        if (names.empty())
            for (whole d = 0; d < directions; ++d)
                names.insert(names.end(), defaults.begin(), defaults.end());
        at.expect(names.size() == defaults.size() * static_cast<std::size_t>(directions),
                  std::to_string(defaults.size()) + " activations for each direction",
                  std::to_string(names.size()));
        activations = activations_of(at, names);
        clip = at.number("clip", 0);
        y.assign(at.count({steps, directions, batch, hidden}), 0.0);
        h = state(5);
        at.count_products(steps * batch * directions * gates * hidden * (features + hidden));
    }

    /// {directions, batch, hidden}
    reals state(std::size_t index) const {
        if (!at.has(index)) return reals(at.count({directions, batch, hidden}), 0.0);
        const shape_type wanted =
            batch_first ? shape_type{batch, directions, hidden} : shape_type{directions, batch, hidden};
        at.expect(at.in(index).shape == wanted, "a state of shape " + shape_text(wanted),
                  shape_text(at.in(index).shape));
        at.real(index);
        return batch_first ? transposed(at.in(index), {1, 0, 2}).as_reals() : at.real(index);
    }
    double clipped(double x) const { return clip > 0 ? std::min(std::max(x, -clip), clip) : x; }
    const function& activation(whole d, std::size_t which) const {
        return activations[static_cast<std::size_t>(d) *
                               (activations.size() / static_cast<std::size_t>(directions)) +
                           which];
    }

    /// Calls `step(direction, products with x and bias, h, its place in the states)` for each step of each sample; the products
    /// with the state are the step's own, as the GRU resets some of them.
    template <class Step>
    void run(const Step& step) {
        const reals& x = at.real(0);
        const reals& w = at.real(1);
        wholes lengths(static_cast<std::size_t>(batch), steps);
        if (at.has(4)) lengths = at.whole(4);
        at.expect(static_cast<whole>(lengths.size()) == batch, "a length for each sample",
                  std::to_string(lengths.size()));
        if (at.has(3)) {
            at.real(3);
            at.expect(at.in(3).shape == shape_type{directions, 2 * gates * hidden},
                      "biases " + shape_text({directions, 2 * gates * hidden}), shape_text(at.in(3).shape));
        }
        if (at.options().shapes_only) return;
        reals products(static_cast<std::size_t>(gates * hidden));
        for (whole d = 0; d < directions; ++d)
            for (whole n = 0; n < batch; ++n) {
                const whole length = lengths[static_cast<std::size_t>(n)];
                at.expect(length >= 0 && length <= steps, "lengths within the sequence",
                          std::to_string(length));
                double* const state = h.data() + (d * batch + n) * hidden;
                for (whole t = 0; t < length; ++t) {
                    const whole time = direction == "reverse" || d == 1 ? length - 1 - t : t;
                    const double* input =
                        x.data() + (batch_first ? n * steps + time : time * batch + n) * features;
                    for (whole k = 0; k < gates * hidden; ++k) {
                        const double* row = w.data() + (d * gates * hidden + k) * features;
                        double sum = at.has(3)
                                         ? at.real(3)[static_cast<std::size_t>(d * 2 * gates * hidden + k)]
                                         : 0.0;
                        for (whole i = 0; i < features; ++i) sum += row[i] * input[i];
                        products[static_cast<std::size_t>(k)] = sum;
                    }
                    step(d, products, state, (d * batch + n) * hidden);
                    std::copy_n(state, hidden, y.data() + ((time * directions + d) * batch + n) * hidden);
                }
            }
    }
    /// Row k of R times h, without bias.
    double with_state(whole d, whole k, const double* state) const {
        const double* row = at.real(2).data() + (d * gates * hidden + k) * hidden;
        double sum = 0;
        for (whole i = 0; i < hidden; ++i) sum += row[i] * state[i];
        return sum;
    }
    double state_bias(whole d, whole k) const {
        return at.has(3) ? at.real(3)[static_cast<std::size_t>(d * 2 * gates * hidden + gates * hidden + k)]
                         : 0.0;
    }

    void give(const reals* cell = nullptr) {
        const element_type type = at.in(0).type;
        const array all(type, {steps, directions, batch, hidden}, std::move(y));
        at.give(batch_first ? transposed(all, {2, 0, 1, 3}) : all);
        for (const reals* one : {static_cast<const reals*>(&h), cell}) {
            if (one == nullptr) continue;
            const array last(type, {directions, batch, hidden}, reals(*one));
            at.give(batch_first ? transposed(last, {1, 0, 2}) : last);
        }
    }
};

void rnn(call& at) {
    recurrence of(at, 1, {"Tanh"});
    reals next(static_cast<std::size_t>(of.hidden));
    of.run([&](whole d, const reals& x, double* h, whole) {
        for (whole k = 0; k < of.hidden; ++k)
            next[static_cast<std::size_t>(k)] = of.activation(d, 0)(
                of.clipped(x[static_cast<std::size_t>(k)] + of.with_state(d, k, h) + of.state_bias(d, k)));
        std::copy(next.begin(), next.end(), h);
    });
    of.give();
}

void gru(call& at) {
    recurrence of(at, 3, {"Sigmoid", "Tanh"});
    const bool linear_first = at.integer("linear_before_reset", 0) != 0;
    const whole n = of.hidden;
    reals update(static_cast<std::size_t>(n));
    reals reset(static_cast<std::size_t>(n));
    reals next(static_cast<std::size_t>(n));
    reals kept(static_cast<std::size_t>(n));
    of.run([&](whole d, const reals& x, double* h, whole) {
        const auto gate = [&](whole k) {
            return of.activation(d, 0)(
                of.clipped(x[static_cast<std::size_t>(k)] + of.with_state(d, k, h) + of.state_bias(d, k)));
        };
        for (whole k = 0; k < n; ++k) {
            update[static_cast<std::size_t>(k)] = gate(k);
            reset[static_cast<std::size_t>(k)] = gate(n + k);
            kept[static_cast<std::size_t>(k)] = reset[static_cast<std::size_t>(k)] * h[k];
        }
        for (whole k = 0; k < n; ++k) {
            const auto place = static_cast<std::size_t>(k);
            const double recurrent =
                linear_first ? reset[place] * (of.with_state(d, 2 * n + k, h) + of.state_bias(d, 2 * n + k))
                             : of.with_state(d, 2 * n + k, kept.data()) + of.state_bias(d, 2 * n + k);
            const double candidate =
                of.activation(d, 1)(of.clipped(x[static_cast<std::size_t>(2 * n + k)] + recurrent));
            next[place] = (1 - update[place]) * candidate + update[place] * h[k];
        }
        std::copy(next.begin(), next.end(), h);
    });
    of.give();
}

void lstm(call& at) {
    recurrence of(at, 4, {"Sigmoid", "Tanh", "Tanh"});
    reals cells = of.state(6);
    const bool coupled = at.integer("input_forget", 0) != 0;
    const whole n = of.hidden;
    if (at.has(7)) {
        at.real(7);
        at.expect(at.in(7).shape == shape_type{of.directions, 3 * n},
                  "peepholes " + shape_text({of.directions, 3 * n}), shape_text(at.in(7).shape));
    }
    reals next(static_cast<std::size_t>(n));
    of.run([&](whole d, const reals& x, double* h, whole state) {
        double* const c = cells.data() + state;
        const auto peephole = [&](whole gate, whole k) {
            return at.has(7) ? at.real(7)[static_cast<std::size_t>(d * 3 * n + gate * n + k)] : 0.0;
        };
        const auto sum = [&](whole gate, whole k) {
            return x[static_cast<std::size_t>(gate * n + k)] + of.with_state(d, gate * n + k, h) +
                   of.state_bias(d, gate * n + k);
        };
        for (whole k = 0; k < n; ++k) {
            // Gates i, o, f, c; peepholes i, o, f.
            const double input = of.activation(d, 0)(of.clipped(sum(0, k) + peephole(0, k) * c[k]));
            const double forget =
                coupled ? 1 - input : of.activation(d, 0)(of.clipped(sum(2, k) + peephole(2, k) * c[k]));
            const double candidate = of.activation(d, 1)(of.clipped(sum(3, k)));
            c[k] = forget * c[k] + input * candidate;
            const double output = of.activation(d, 0)(of.clipped(sum(1, k) + peephole(1, k) * c[k]));
            next[static_cast<std::size_t>(k)] = output * of.activation(d, 2)(c[k]);
        }
        std::copy(next.begin(), next.end(), h);
    });
    of.give(&cells);
}

constexpr operation table[] = {
    {"", "RNN", rnn, 3, 6, 2,
     "activation_alpha activation_beta activations clip direction hidden_size layout", 7},
    {"", "GRU", gru, 3, 6, 2,
     "activation_alpha activation_beta activations clip direction hidden_size layout linear_before_reset", 7},
    {"", "LSTM", lstm, 3, 8, 3,
     "activation_alpha activation_beta activations clip direction hidden_size input_forget layout", 7},
};

}  // namespace

std::span<const operation> recurrent_operations() { return table; }

}  // namespace archetype::evaluate
