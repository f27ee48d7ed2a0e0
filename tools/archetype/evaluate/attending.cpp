// SPDX-License-Identifier: BSL-1.0
// Attention and rotary positions.
#include "indexing.hpp"
#include "normalizing.hpp"
#include "operators.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// {batch, heads, length, size}: of three axes {batch, length, heads * size} by the number of heads.
array with_heads(const call& at, std::size_t index, std::string_view heads_attribute) {
    const array& from = at.in(index);
    at.real(index);
    if (from.rank() == 4) return from;
    const whole heads = at.integer(heads_attribute, 0);
    at.expect(from.rank() == 3 && heads > 0 && from.shape[2] % heads == 0,
              "four axes, or three and " + std::string(heads_attribute), shape_text(from.shape));
    return transposed(from.reshaped({from.shape[0], from.shape[1], heads, from.shape[2] / heads}),
                      {0, 2, 1, 3});
}

/// Past and new along the axis of time.
array appended(const call& at, const array& past, const array& now) {
    at.expect(past.rank() == 4 && past.shape[0] == now.shape[0] && past.shape[1] == now.shape[1] &&
                  past.shape[3] == now.shape[3] && is_real(past.type),
              "a past of shape " + shape_text(now.shape) + " but for its length", shape_text(past.shape));
    shape_type to = now.shape;
    to[2] += past.shape[2];
    at.count(to);
    reals made;
    const whole planes = now.shape[0] * now.shape[1];
    const whole before = past.shape[2] * past.shape[3];
    const whole after = now.shape[2] * now.shape[3];
    for (whole p = 0; p < planes; ++p) {
        made.insert(made.end(), past.as_reals().begin() + p * before,
                    past.as_reals().begin() + (p + 1) * before);
        made.insert(made.end(), now.as_reals().begin() + p * after, now.as_reals().begin() + (p + 1) * after);
    }
    return {now.type, to, std::move(made)};
}

void attention(call& at) {
    const array q = with_heads(at, 0, "q_num_heads");
    array k = with_heads(at, 1, "kv_num_heads");
    array v = with_heads(at, 2, "kv_num_heads");
    at.expect(at.has(4) == at.has(5), "past keys and past values", "one of the two");
    whole past = 0;
    if (at.has(4)) {
        past = at.in(4).rank() == 4 ? at.in(4).shape[2] : 0;
        k = appended(at, at.in(4), k);
        v = appended(at, at.in(5), v);
    }
    const whole batch = q.shape[0];
    const whole heads = q.shape[1];
    const whole queries = q.shape[2];
    const whole size = q.shape[3];
    const whole key_heads = k.shape[1];
    const whole keys = k.shape[2];
    const whole value_size = v.shape[3];
    at.expect(k.shape[0] == batch && v.shape[0] == batch && k.shape[3] == size && v.shape[1] == key_heads &&
                  v.shape[2] == keys && key_heads > 0 && heads % key_heads == 0,
              "keys and values that fit the queries " + shape_text(q.shape),
              shape_text(k.shape) + " and " + shape_text(v.shape));
    const double scale = at.number("scale", 1 / std::sqrt(static_cast<double>(size)));
    const double cap = at.number("softcap", 0);
    const bool causal = at.integer("is_causal", 0) != 0;
    const whole mode = at.integer("qk_matmul_output_mode", 0);
    at.expect(mode >= 0 && mode <= 3, "qk_matmul_output_mode 0 to 3", std::to_string(mode));
    wholes valid(static_cast<std::size_t>(batch), keys);
    if (at.has(6)) {
        valid = at.whole(6);
        at.expect(static_cast<whole>(valid.size()) == batch, "a length for each sample",
                  std::to_string(valid.size()));
    }
    const shape_type square{batch, heads, queries, keys};
    reals scores(at.count(square), 0.0);
    array mask;
    if (at.has(3)) {
        mask = at.in(3);
        at.expect(mask.type == element_type::boolean || is_real(mask.type), "a mask of bools or numbers",
                  std::string(name_of(mask.type)));
        at.expect(mask.rank() >= 1 && mask.shape.back() <= keys,
                  "a mask of at most " + std::to_string(keys) + " keys", shape_text(mask.shape));
    }
    at.count_products(batch * heads * queries * keys * (size + value_size));
    reals output;
    shape_type mask_strides;
    whole masked_keys = keys;
    if (at.has(3)) {
        if (mask.shape.back() != 1) masked_keys = mask.shape.back();  // keys beyond the mask are hidden
        shape_type covered = square;
        covered[3] = masked_keys;
        at.expect(broadcast(at, covered, mask.shape) == covered,
                  "a mask that broadcasts to " + shape_text(square), shape_text(mask.shape));
        mask_strides = strides_within(mask.shape, covered);
    }
    for (whole n = 0; n < batch; ++n)
        for (whole head = 0; head < heads; ++head)
            for (whole i = 0; i < queries; ++i)
                for (whole j = 0; j < keys; ++j) {
                    const double* a = q.as_reals().data() + ((n * heads + head) * queries + i) * size;
                    const double* b = k.as_reals().data() +
                                      ((n * key_heads + head / (heads / key_heads)) * keys + j) * size;
                    double sum = 0;
                    for (whole s = 0; s < size; ++s) sum += a[s] * b[s];
                    scores[static_cast<std::size_t>(((n * heads + head) * queries + i) * keys + j)] =
                        sum * scale;
                }
    if (mode == 0) output = scores;
    if (cap != 0)
        for (double& one : scores) one = cap * std::tanh(one / cap);
    if (mode == 1) output = scores;
    std::size_t next = 0;
    each_index(square, [&](const shape_type& index) {
        double& score = scores[next++];
        const auto n = static_cast<std::size_t>(index[0]);
        const whole shift = at.has(6) ? valid[n] - queries : past;
        bool hidden =
            (causal && index[3] > index[2] + shift) || index[3] >= valid[n] || index[3] >= masked_keys;
        if (at.has(3) && !hidden) {
            const std::size_t place = place_of(index, mask_strides);
            if (is_real(mask.type))
                score += mask.as_reals()[place];
            else
                hidden = mask.as_wholes()[place] == 0;
        }
        if (hidden) score = -HUGE_VAL;
    });
    if (mode == 2) output = scores;
    // A query that sees nothing has no weights.
    for (std::size_t row = 0; row < scores.size() && keys > 0; row += static_cast<std::size_t>(keys)) {
        const auto first = scores.begin() + static_cast<std::ptrdiff_t>(row);
        const bool none = std::all_of(first, first + keys, [](double one) { return one == -HUGE_VAL; });
        if (none) {
            std::fill(first, first + keys, 0.0);
            continue;
        }
        reals one(first, first + keys);
        softmax_rows(one, one.size(), 1, false);
        std::copy(one.begin(), one.end(), first);
    }
    if (mode == 3) output = scores;
    reals made(at.count({batch, heads, queries, value_size}), 0.0);
    for (whole n = 0; n < batch; ++n)
        for (whole head = 0; head < heads; ++head)
            for (whole i = 0; i < queries; ++i)
                for (whole j = 0; j < keys; ++j) {
                    const double weight =
                        scores[static_cast<std::size_t>(((n * heads + head) * queries + i) * keys + j)];
                    if (weight == 0) continue;  // what is hidden may hold anything
                    const double* value =
                        v.as_reals().data() +
                        ((n * key_heads + head / (heads / key_heads)) * keys + j) * value_size;
                    double* to = made.data() + ((n * heads + head) * queries + i) * value_size;
                    for (whole s = 0; s < value_size; ++s) to[s] += weight * value[s];
                }
    array result(at.in(0).type, {batch, heads, queries, value_size}, std::move(made));
    if (at.in(0).rank() == 3)
        result = transposed(result, {0, 2, 1, 3}).reshaped({batch, queries, heads * value_size});
    at.give(std::move(result));
    at.give(std::move(k));
    at.give(std::move(v));
    at.give(at.in(0).type, square, std::move(output));
}

void rotary_embedding(call& at) {
    const bool by_heads = at.in(0).rank() == 4;
    const array x = by_heads ? transposed(at.in(0), {0, 2, 1, 3})
                    : with_heads(at, 0, "num_heads").rank() == 4
                        ? transposed(with_heads(at, 0, "num_heads"), {0, 2, 1, 3})
                        : at.in(0);
    const bool interleaved = at.integer("interleaved", 0) != 0;
    const whole size = x.shape[3];
    const whole turned =
        at.integer("rotary_embedding_dim", 0) == 0 ? size : at.integer("rotary_embedding_dim", 0);
    at.expect(turned > 0 && turned <= size && turned % 2 == 0,
              "an even rotary_embedding_dim up to " + std::to_string(size), std::to_string(turned));
    const whole half = turned / 2;
    const array& cosines = at.in(1);
    const array& sines = at.in(2);
    const whole batch = x.shape[0];
    const whole length = x.shape[1];
    at.real(0);
    at.real(1);
    at.real(2);
    at.expect(cosines.shape == sines.shape && cosines.rank() == (at.has(3) ? 2U : 3U) &&
                  cosines.shape.back() == half &&
                  (at.has(3) || (cosines.shape[0] == batch && cosines.shape[1] == length)),
              "caches of " + std::to_string(half) + " for each position",
              shape_text(cosines.shape) + " and " + shape_text(sines.shape));
    if (at.has(3))
        at.expect(at.in(3).shape == shape_type{batch, length} && !at.whole(3).empty(),
                  "a position for each step", shape_text(at.in(3).shape));
    reals made = x.as_reals();
    for (whole n = 0; n < batch; ++n)
        for (whole t = 0; t < length; ++t) {
            const whole position =
                at.has(3) ? at.whole(3)[static_cast<std::size_t>(n * length + t)] : n * length + t;
            at.expect(position >= 0 && (position + 1) * half <= static_cast<whole>(cosines.size()),
                      "positions within the cache", std::to_string(position));
            for (whole head = 0; head < x.shape[2]; ++head) {
                double* one = made.data() + ((n * length + t) * x.shape[2] + head) * size;
                for (whole i = 0; i < half; ++i) {
                    double& a = one[interleaved ? 2 * i : i];
                    double& b = one[interleaved ? 2 * i + 1 : half + i];
                    const double c = cosines.as_reals()[static_cast<std::size_t>(position * half + i)];
                    const double s = sines.as_reals()[static_cast<std::size_t>(position * half + i)];
                    const double real = c * a - s * b;
                    b = s * a + c * b;
                    a = real;
                }
            }
        }
    const array result(at.in(0).type, x.shape, std::move(made));
    at.give(by_heads ? transposed(result, {0, 2, 1, 3}) : result.reshaped(at.in(0).shape));
}

constexpr operation table[] = {
    {"", "Attention", attention, 3, 6, 4,
     "is_causal kv_num_heads q_num_heads qk_matmul_output_mode scale softcap softmax_precision", 23, 23},
    {"", "Attention", attention, 3, 7, 4,
     "is_causal kv_num_heads q_num_heads qk_matmul_output_mode scale softcap softmax_precision", 24},
    {"", "RotaryEmbedding", rotary_embedding, 3, 4, 1, "interleaved num_heads rotary_embedding_dim", 23},
};

}  // namespace

std::span<const operation> attending_operations() { return table; }

}  // namespace archetype::evaluate
