// SPDX-License-Identifier: BSL-1.0
/// @file load_llama2c.hpp
/// Weights of Llamas from the files of llama2.c (its first format: seven numbers, then 32-bit floats).
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/interchange/load_into.hpp>
#include <archetype/interchange/model_file.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a file of llama2.c says of its network.
struct llama2c_numbers {
    std::size_t width = 0, hidden = 0, layers = 0, heads = 0, key_value_heads = 0, vocabulary = 0, steps = 0;
    bool has_output = false;  ///< a matrix of its own for the scores, where others use the table of tokens
    std::size_t head_size() const { return width / heads; }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The header, checked: no number that would make a size of its own.
inline file_result<llama2c_numbers> try_parse_llama2c_header(std::span<const std::byte> bytes,
                                                             const std::string& path) {
    std::int32_t given[7];
    if (bytes.size() < sizeof given)
        return file_failure{path, "a header of 28 bytes", std::to_string(bytes.size()) + " bytes"};
    std::memcpy(given, bytes.data(), sizeof given);
    static constexpr const char* names[] = {"dim",        "hidden_dim", "n_layers", "n_heads",
                                            "n_kv_heads", "vocab_size", "seq_len"};
    const bool has_output = given[5] < 0;
    if (has_output && given[5] != std::numeric_limits<std::int32_t>::min()) given[5] = -given[5];
    for (std::size_t i = 0; i < 7; ++i)
        if (given[i] <= 0 || given[i] > (1 << 24))
            return file_failure{path, std::string(names[i]) + " from 1 to 2^24", std::to_string(given[i])};
    const auto number = [&](std::size_t i) { return static_cast<std::size_t>(given[i]); };
    const llama2c_numbers found{number(0), number(1), number(2), number(3),
                                number(4), number(5), number(6), has_output};
    if (found.width % found.heads != 0)
        return file_failure{path, "dim divisible by n_heads",
                            std::to_string(found.width) + " and " + std::to_string(found.heads)};
    if (found.head_size() % 2 != 0)
        return file_failure{path, "heads of an even size", std::to_string(found.head_size())};
    return found;
}

/// One after the other through the floats of a file.
struct llama2c_floats {
    const std::byte* at;
    float operator[](std::size_t i) const {
        float value{};
        std::memcpy(&value, at + i * sizeof value, sizeof value);
        return value;
    }
    llama2c_floats take(std::size_t count) {
        const llama2c_floats before = *this;
        at += count * sizeof(float);
        return before;
    }
};

/// Tensors as the library has them, in the network's order.
struct llama2c_tensor {
    std::string name;  ///< as llama2.c calls it
    std::vector<std::size_t> extents;
    std::vector<float> numbers;
};

/// {outputs, inputs} of several matrices side by side as one {inputs, outputs}.
inline llama2c_tensor side_by_side(std::string name, std::size_t inputs,
                                   std::initializer_list<std::pair<llama2c_floats, std::size_t>> matrices) {
    std::size_t outputs = 0, first = 0;
    for (const auto& one : matrices) outputs += one.second;
    llama2c_tensor made{std::move(name), {inputs, outputs}, std::vector<float>(inputs * outputs)};
    for (const auto& [floats, count] : matrices) {
        for (std::size_t o = 0; o < count; ++o)
            for (std::size_t i = 0; i < inputs; ++i)
                made.numbers[i * outputs + first + o] = floats[o * inputs + i];
        first += count;
    }
    return made;
}
inline llama2c_tensor as_is(std::string name, llama2c_floats from, std::vector<std::size_t> extents) {
    std::size_t count = 1;
    for (const std::size_t one : extents) count *= one;
    llama2c_tensor made{std::move(name), std::move(extents), std::vector<float>(count)};
    for (std::size_t i = 0; i < count; ++i) made.numbers[i] = from[i];
    return made;
}

inline file_result<std::vector<llama2c_tensor>> try_parse_llama2c(std::span<const std::byte> bytes,
                                                                  const llama2c_numbers& of,
                                                                  const std::string& path) {
    const std::size_t size = of.head_size(), queries = of.heads * size, shared = of.key_value_heads * size,
                      width = of.width, hidden = of.hidden;
    const std::uint64_t layer = 2 * width + std::uint64_t{width} * (2 * queries + 2 * shared + 3 * hidden),
                        table = std::uint64_t{of.vocabulary} * width, angles = std::uint64_t{of.steps} * size;
    // Products of numbers up to 2^24: two of them and a few fit 64 bits, the count of layers is looked at by itself.
    const std::uint64_t most = bytes.size() / sizeof(float);
    const std::uint64_t rest = table * (of.has_output ? 2 : 1) + width + angles;
    const bool fits = layer <= most && rest <= most && of.layers <= most / layer;
    const std::uint64_t wanted = fits ? (rest + of.layers * layer) * sizeof(float) + 28 : 0;
    if (wanted != bytes.size())
        return file_failure{
            path, fits ? std::to_string(wanted) + " bytes, as the header says" : "the floats of its header",
            std::to_string(bytes.size()) + " bytes"};
    llama2c_floats all{bytes.data() + 28};
    const llama2c_floats tokens = all.take(of.vocabulary * width), before = all.take(of.layers * width),
                         q = all.take(of.layers * width * queries), k = all.take(of.layers * width * shared),
                         v = all.take(of.layers * width * shared), o = all.take(of.layers * width * queries),
                         middle = all.take(of.layers * width), w1 = all.take(of.layers * width * hidden),
                         w2 = all.take(of.layers * width * hidden), w3 = all.take(of.layers * width * hidden),
                         last = all.take(width);
    all.take(of.steps * size);  // angles of rotary positions, which follow from the numbers
    const auto part = [](const llama2c_floats& from, std::size_t index, std::size_t count) {
        llama2c_floats moved = from;
        moved.take(index * count);
        return moved;
    };
    std::vector<llama2c_tensor> made{as_is("token_embedding_table", tokens, {of.vocabulary, width})};
    for (std::size_t i = 0; i < of.layers; ++i) {
        const std::string at = "[" + std::to_string(i) + "]";
        made.push_back(as_is("rms_att_weight" + at, part(before, i, width), {width}));
        made.push_back(side_by_side("wq, wk, wv" + at, width,
                                    {{part(q, i, width * queries), queries},
                                     {part(k, i, width * shared), shared},
                                     {part(v, i, width * shared), shared}}));
        made.push_back(side_by_side("wo" + at, queries, {{part(o, i, width * queries), width}}));
        made.push_back(as_is("rms_ffn_weight" + at, part(middle, i, width), {width}));
        made.push_back(
            side_by_side("w1, w3" + at, width,
                         {{part(w1, i, width * hidden), hidden}, {part(w3, i, width * hidden), hidden}}));
        made.push_back(side_by_side("w2" + at, hidden, {{part(w2, i, width * hidden), width}}));
    }
    made.push_back(as_is("rms_final_weight", last, {width}));
    if (of.has_output) made.push_back(side_by_side("wcls", width, {{all, of.vocabulary}}));
    return made;
}

/// What the types of the layers say that no tensor does.
template <class Net>
void compare_llama2c(const llama2c_numbers& of, std::vector<load_mismatch>& found) {
    std::size_t index = 0;
    const auto differs = [&](const std::string& what, const std::string& expected, const std::string& given) {
        const text_view path = unchecked_facts<Net>.scopes[unchecked_facts<Net>.nodes[index].scope].text;
        if (expected != given)
            found.push_back(
                {load_problem::setting,
                 std::string(path.data(), path.size()) + ", layer " + std::to_string(index + 1) + ": " + what,
                 expected, given});
    };
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            if constexpr (requires {
                              Layer::heads;
                              Layer::key_value_heads;
                              Layer::is_causal;
                          }) {
                differs("heads", std::to_string(Layer::heads), std::to_string(of.heads));
                differs("key and value heads", std::to_string(Layer::key_value_heads),
                        std::to_string(of.key_value_heads));
                differs("causal attention", Layer::is_causal ? "yes" : "no", "yes");
                differs("base of rotary positions", std::to_string(Layer::options.rotary),
                        std::to_string(10000.0));
                differs("window", std::to_string(Layer::options.window), "0");
                differs("softcap", std::to_string(Layer::options.softcap), std::to_string(0.0));
            }
            const node& at = unchecked_facts<Net>.nodes[index];
            if (at.epsilon != 0)
                differs("epsilon", std::to_string(at.epsilon * 1e5) + "e-5", std::to_string(1.0) + "e-5");
            ++index;
        });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a file of llama2.c says of its network, from its header alone.
inline file_result<llama2c_numbers> try_read_llama2c_numbers(const std::filesystem::path& path) {
    const auto bytes = try_read_file(path);
    if (!bytes) return bytes.failure();
    return detail::try_parse_llama2c_header(*bytes, path.string());
}

/// Reads the weights of a `zoo::llama`, or of a network of one's own with the same layers in their order, from a file of llama2.c
/// (`stories260K.bin`): all of them, or nothing. Queries, keys and values become one matrix, w1 and w3 another one.
/// @return what does not fit: sizes, heads, epsilons, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_llama2c(model<Net, T>& net,
                                                           const std::filesystem::path& path) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        const auto bytes = try_read_file(path);
        if (!bytes) return load_failure(bytes.failure());
        const auto numbers = detail::try_parse_llama2c_header(*bytes, path.string());
        if (!numbers) return load_failure(numbers.failure());
        const auto tensors = detail::try_parse_llama2c(*bytes, *numbers, path.string());
        if (!tensors) return load_failure(tensors.failure());

        load_failure failure{path.string(), {}};
        detail::compare_llama2c<Net>(*numbers, failure.mismatches);
        std::vector<std::pair<const detail::llama2c_tensor*, T*>> pairs;
        std::size_t next = 0;
        T* const to = net.data();
        detail::for_each_parameter<Net>(
            [&](const std::string& name, const std::vector<std::size_t>& extents, std::size_t offset) {
                if (next == tensors->size()) {
                    failure.mismatches.push_back(
                        {load_problem::missing, name, shape_text(extents), "no such tensor"});
                    return;
                }
                const detail::llama2c_tensor& given = (*tensors)[next++];
                if (given.extents != extents)
                    failure.mismatches.push_back({load_problem::shape, name, shape_text(extents),
                                                  given.name + " " + shape_text(given.extents)});
                for (const float one : given.numbers)
                    if (!(std::abs(one) <= std::numeric_limits<float>::max())) {
                        failure.mismatches.push_back(
                            {load_problem::not_finite, name, "finite numbers", given.name + " with another"});
                        break;
                    }
                pairs.emplace_back(&given, to + offset);
            });
        for (; next < tensors->size(); ++next)
            failure.mismatches.push_back({load_problem::unexpected, (*tensors)[next].name, "no such tensor",
                                          shape_text((*tensors)[next].extents)});
        if (!failure.mismatches.empty()) return failure;
        for (const auto& [given, place] : pairs)
            for (std::size_t i = 0; i < given->numbers.size(); ++i)
                place[i] = static_cast<T>(given->numbers[i]);
        return std::nullopt;
    });
}

#if defined(__cpp_exceptions)
/// `try_load_llama2c` with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_llama2c(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_llama2c(net, path)) throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
