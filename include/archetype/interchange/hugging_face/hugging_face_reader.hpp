// SPDX-License-Identifier: BSL-1.0
/// @file hugging_face_reader.hpp
/// Weights of transformers in the files of Hugging Face: which tensors become which parameter is said by a dialect.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/data/path_parts.hpp>
#include <archetype/interchange/import_target.hpp>
#include <archetype/interchange/json_fields.hpp>
#include <archetype/interchange/json_reader.hpp>
#include <archetype/interchange/model_file.hpp>
#include <archetype/interchange/torch_file.hpp>

#include <algorithm>
#include <boost/mp11/algorithm.hpp>
#include <cstring>
#include <map>
#include <set>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a file of weights leaves unsaid.
struct hugging_face_options {
    /// `config.json` of the model: heads, epsilon and function are compared with the network's. Without one epsilon and function
    /// are those of the published models, and nobody compares the heads.
    std::filesystem::path config{};
    /// Tensors and keys of `config.json` that are left out: whole names, without the prefix of the model, or beginnings that
    /// end in a dot, such as "cls.".
    std::vector<std::string> skip_keys{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Tensors of a file that stand side by side in one parameter.
struct hugging_face_source {
    std::vector<std::string> names;  ///< each, or another name that old files have: "a|b"
    bool is_turned = false;          ///< {outputs, inputs} in the file
};

/// What a model of Hugging Face is that its tensors do not tell.
struct hugging_face_settings {
    bool is_causal = false;
    std::string epsilon, function;  ///< "" where nobody says it
    std::string heads;
};

/// "weight" and "bias" for the tensors of a dense layer or a norm.
inline std::string torch_name(std::string_view tensor) {
    return tensor == "kernel" || tensor == "gamma" ? "weight" : "bias";
}
/// The layer behind a numbered part, counted from 0: "layer/3/output" is 2 for "layer". `rest` is what follows.
inline std::optional<std::string> numbered_part(std::span<const std::string_view> path, std::string_view name,
                                                std::span<const std::string_view>& rest) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        const std::string_view digits = path[i + 1];
        if (path[i] != name || digits.empty() || digits.size() > 6 ||
            digits.find_first_not_of("0123456789") != digits.npos)
            continue;
        rest = path.subspan(i + 2);
        return std::to_string(std::stoul(std::string(digits)) - 1);
    }
    return std::nullopt;
}
inline bool goes_through(std::span<const std::string_view> path, std::string_view name) {
    return std::find(path.begin(), path.end(), name) != path.end();
}

/// The names that the library has for functions of Hugging Face.
inline std::string function_of_config(const std::string& name) {
    if (name == "gelu_new" || name == "gelu_pytorch_tanh") return "gelu_tanh";
    return name;
}

/// Whole numbers of a tensor are `first`, `first` + step, ...; how buffers of positions and types are known.
inline bool counts_from(const tensor_entry& entry, std::int64_t first, std::int64_t step) {
    if (entry.dtype != "I64") return false;
    for (std::size_t i = 0; i < entry.data.size() / 8; ++i) {
        std::int64_t number{};
        std::memcpy(&number, entry.data.data() + 8 * i, sizeof number);
        if (number != first + static_cast<std::int64_t>(i) * step) return false;
    }
    return true;
}
/// 1 up to the diagonal of {1, 1, n, n}, 0 behind it: what GPT-2 keeps beside its weights.
inline bool is_lower_triangle(const tensor_entry& entry) {
    const std::size_t size = dtype_size(entry.dtype), n = entry.shape.size() == 4 ? entry.shape[3] : 0;
    if ((entry.dtype != "U8" && entry.dtype != "BOOL" && entry.dtype != "F32") ||
        entry.shape != std::vector<std::size_t>{1, 1, n, n})
        return false;
    const float one = 1, zero = 0;
    const std::byte small[] = {std::byte{0}, std::byte{1}};
    for (std::size_t i = 0; i < n * n; ++i) {
        const bool is_seen = i % n <= i / n;
        const void* const wanted =
            size == 4 ? static_cast<const void*>(is_seen ? &one : &zero) : &small[is_seen ? 1 : 0];
        if (std::memcmp(entry.data.data() + i * size, wanted, size) != 0) return false;
    }
    return true;
}
inline bool same_numbers(const tensor_entry& a, const tensor_entry& b) {
    return a.dtype == b.dtype && a.shape == b.shape &&
           std::equal(a.data.begin(), a.data.end(), b.data.begin());
}

/// Reads one file into a model. A `Dialect` has `prefix` ("transformer."), `title`, `recipe(path)`: the tensors that make a
/// parameter, nothing for a parameter that the model does not have, `published()` settings, `read_config(fields)` and
/// `is_known(name, entry, file)`: whether an unread tensor says nothing new.
template <class Net, class T, class Dialect>
class hugging_face_reader {
public:
    using table = std::map<std::string, const tensor_entry*, std::less<>>;

    hugging_face_reader(const std::string& path, std::span<const tensor_entry> entries,
                        const hugging_face_options& options)
        : failure_{path, {}}, options_(options) {
        const bool has_prefix = std::any_of(entries.begin(), entries.end(), [](const tensor_entry& entry) {
            return entry.name.starts_with(Dialect::prefix);
        });
        for (const tensor_entry& entry : entries) {
            const bool is_inside = has_prefix && entry.name.starts_with(Dialect::prefix);
            const std::string name = is_inside ? entry.name.substr(Dialect::prefix.size()) : entry.name;
            if (is_skipped(name)) continue;
            if (!file_.emplace(name, &entry).second)
                report(load_problem::unexpected, name, "one tensor of this name",
                       "two, one of them with a prefix");
        }
    }

    /// What a checkpoint has beside its tensors.
    void read_around(std::span<const std::string> keys) {
        for (const std::string& key : keys)
            if (!is_skipped(key)) report(load_problem::unexpected, key, "a tensor", "something else");
    }

    std::optional<load_failure> read(model<Net, T>& to) {
        compare_settings();
        for_each_parameter<Net>([&](const std::string& name, const std::vector<std::size_t>& extents,
                                    std::size_t offset) { plan(name, extents, offset); });
        for (const auto& [name, entry] : file_)
            if (!used_.contains(entry) && !Dialect::is_known(name, *entry, file_))
                report(load_problem::unexpected, name, Dialect::expected_of(name),
                       entry->dtype + " of shape " + archetype::shape_text(entry->shape));
        if (!failure_.mismatches.empty()) return failure_;
        T* const numbers = to.data();
        for (const planned& one : planned_) write(one, numbers);
        return std::nullopt;
    }

private:
    struct planned {
        const tensor_entry* from;
        bool is_turned;
        std::size_t offset, rows, columns, first,
            row;  ///< `columns` of each of `rows` rows, from column `first` on
    };

    void report(load_problem problem, const std::string& tensor, std::string expected, std::string found) {
        constexpr std::size_t most = 1000;
        if (failure_.mismatches.size() == most)
            ++failure_.unlisted;
        else
            failure_.mismatches.push_back({problem, tensor, std::move(expected), std::move(found)});
    }
    bool is_skipped(const std::string& name) const {
        return std::any_of(options_.skip_keys.begin(), options_.skip_keys.end(), [&](const std::string& key) {
            return key == name || (key.ends_with('.') && name.starts_with(key));
        });
    }
    const tensor_entry* find(const std::string& names, std::string& found) const {
        for (std::size_t at = 0; at <= names.size();) {
            const std::size_t end = std::min(names.find('|', at), names.size());
            found = names.substr(at, end - at);
            if (const auto one = file_.find(found); one != file_.end()) return one->second;
            at = end + 1;
        }
        found = names.substr(0, names.find('|'));
        return nullptr;
    }

    /// Finds the tensors of a parameter and looks whether they fit.
    void plan(const std::string& name, const std::vector<std::size_t>& extents, std::size_t offset) {
        const std::vector<std::string_view> path = parts_of_path(name);
        const std::optional<hugging_face_source> source = Dialect::recipe(path);
        if (!source)
            return report(load_problem::missing, name,
                          "a parameter that " + std::string(Dialect::title) + " has",
                          "one of shape " + archetype::shape_text(extents));
        const std::size_t row = extents.back(), rows = extents.size() == 1 ? 1 : extents[0],
                          columns = row / source->names.size();
        for (std::size_t i = 0; i < source->names.size(); ++i) {
            std::string own;
            const tensor_entry* const entry = find(source->names[i], own);
            if (entry == nullptr) {
                report(load_problem::missing, own, "a tensor for " + name, "no tensor of this name");
                continue;
            }
            used_.insert(entry);
            std::vector<std::size_t> wanted = extents;
            wanted.back() = columns;
            if (source->is_turned) std::swap(wanted.front(), wanted.back());
            if (entry->shape != wanted)
                report(load_problem::shape, own, archetype::shape_text(wanted),
                       archetype::shape_text(entry->shape));
            else if (!is_real(*entry))
                report(load_problem::dtype, own, "a floating type", entry->dtype);
            else if (const auto bad = first_bad_number<T>(*entry))
                report(load_problem::not_finite, own, "finite numbers", bad->message(entry->shape));
            planned_.push_back({entry, source->is_turned, offset, rows, columns, i * columns, row});
        }
    }
    static bool is_real(const tensor_entry& entry) {
        return entry.dtype == "F32" || entry.dtype == "F64" || entry.dtype == "F16" || entry.dtype == "BF16";
    }
    static void write(const planned& one, T* numbers) {
        std::vector<T> values(one.rows * one.columns);
        copy_values(*one.from, values.data());
        for (std::size_t r = 0; r < one.rows; ++r)
            for (std::size_t c = 0; c < one.columns; ++c)
                numbers[one.offset + r * one.row + one.first + c] =
                    values[one.is_turned ? c * one.rows + r : r * one.columns + c];
    }

    /// What layers say that no tensor does.
    void compare_settings() {
        hugging_face_settings wanted = Dialect::published();
        if (!options_.config.empty() && !read_config(wanted)) return;
        std::size_t index = 0;
        const auto compare = [&](const std::string& what, const std::string& own, const std::string& given) {
            if (given.empty() || own == given) return;
            std::string path;
            path_text text{path};
            append_path(text, unchecked_facts<Net>, unchecked_facts<Net>.nodes[index].scope);
            report(load_problem::setting, path + ": " + what, own, given);
        };
        boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
            [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
                const node& at = unchecked_facts<Net>.nodes[index];
                if constexpr (requires { Layer::key_value_heads, Layer::is_causal; }) {
                    compare("heads", std::to_string(Layer::heads), wanted.heads);
                    compare("key and value heads", std::to_string(Layer::key_value_heads), wanted.heads);
                    compare("causal attention", Layer::is_causal ? "yes" : "no",
                            wanted.is_causal ? "yes" : "no");
                    compare("base of rotary positions", number_text(Layer::base), "0");
                    compare("window", std::to_string(Layer::options.window), "0");
                    compare("softcap", number_text(Layer::cap), "0");
                }
                if (at.epsilon != 0) compare("epsilon", number_text(at.epsilon), wanted.epsilon);
                if (is_function_of_block(at))
                    compare("function", std::string(at.kind.data(), at.kind.size()), wanted.function);
                ++index;
            });
    }
    /// The function behind a dense layer; that of a pooler is always tanh.
    static bool is_function_of_block(const node& at) {
        const std::size_t source = at.edge_count == 0 ? none : unchecked_facts<Net>.source(at, 0);
        if (at.role != layer_role::pointwise || source == none ||
            unchecked_facts<Net>.nodes[source].role != layer_role::contraction)
            return false;
        std::string path;
        path_text text{path};
        append_path(text, unchecked_facts<Net>, at.scope);
        return !goes_through(parts_of_path(path), "pooler");
    }
    bool read_config(hugging_face_settings& wanted) {
        const auto document = try_read_json(options_.config);
        if (!document) {
            report(load_problem::setting, document.failure().path, document.failure().expected,
                   document.failure().found);
            return false;
        }
        json_fields fields(*document);
        const auto text = [&](const char* key, std::string& to) {
            if (const auto value = fields.take(key)) to = value->text();
        };
        const auto same = [&](const char* key, std::string_view expected) {
            if (const auto value = fields.take(key); value && value->text() != expected)
                report(load_problem::setting, options_.config.string() + ": " + key, std::string(expected),
                       value->summary());
        };
        Dialect::read_config(text, same, wanted);
        if (!wanted.epsilon.empty())
            wanted.epsilon = number_text(std::strtod(wanted.epsilon.c_str(), nullptr));
        wanted.function = function_of_config(wanted.function);
        fields.skip(of_training_or_follows);
        fields.for_each_unread([&](const std::string& key, const json_value& value) {
            if (!is_skipped(key))
                report(load_problem::unexpected, options_.config.string() + ": " + key, "no key of this name",
                       value.summary());
        });
        return true;
    }
    // Sizes are those of tensors; the rest is for training, for making texts, or for people.
    static constexpr std::string_view of_training_or_follows[] = {"architectures",
                                                                  "model_type",
                                                                  "transformers_version",
                                                                  "torch_dtype",
                                                                  "dtype",
                                                                  "initializer_range",
                                                                  "vocab_size",
                                                                  "type_vocab_size",
                                                                  "hidden_size",
                                                                  "intermediate_size",
                                                                  "num_hidden_layers",
                                                                  "max_position_embeddings",
                                                                  "n_embd",
                                                                  "n_inner",
                                                                  "n_layer",
                                                                  "n_ctx",
                                                                  "n_positions",
                                                                  "pad_token_id",
                                                                  "bos_token_id",
                                                                  "eos_token_id",
                                                                  "use_cache",
                                                                  "gradient_checkpointing",
                                                                  "attn_pdrop",
                                                                  "embd_pdrop",
                                                                  "resid_pdrop",
                                                                  "attention_probs_dropout_prob",
                                                                  "hidden_dropout_prob",
                                                                  "classifier_dropout",
                                                                  "summary_activation",
                                                                  "summary_first_dropout",
                                                                  "summary_proj_to_labels",
                                                                  "summary_type",
                                                                  "summary_use_proj",
                                                                  "task_specific_params",
                                                                  "id2label",
                                                                  "label2id",
                                                                  "num_labels",
                                                                  "_name_or_path",
                                                                  "finetuning_task",
                                                                  "output_past",
                                                                  "output_attentions",
                                                                  "output_hidden_states",
                                                                  "return_dict",
                                                                  "directionality",
                                                                  "pooler_fc_size",
                                                                  "pooler_num_attention_heads",
                                                                  "pooler_num_fc_layers",
                                                                  "pooler_size_per_head",
                                                                  "pooler_type",
                                                                  "reorder_and_upcast_attn",
                                                                  "tie_word_embeddings"};

    load_failure failure_;
    const hugging_face_options& options_;
    table file_;
    std::set<const tensor_entry*> used_;
    std::vector<planned> planned_;
};

/// A file of safetensors or of `torch.save`, whichever it is, into a model.
template <class Dialect, class Net, class T>
std::optional<load_failure> load_hugging_face(model<Net, T>& net, const std::filesystem::path& path,
                                              const hugging_face_options& options) {
    return without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        auto bytes = try_read_file(path);
        if (!bytes) return load_failure(bytes.failure());
        // The header of a safetensors file follows its length.
        const bool is_safetensors = bytes->size() > 8 && (*bytes)[8] == std::byte{'{'};
        if (is_safetensors) {
            const auto file = try_parse_safetensors(*std::move(bytes), path.string());
            if (!file) return load_failure(file.failure());
            return hugging_face_reader<Net, T, Dialect>(path.string(), file->tensors(), options).read(net);
        }
        const auto file = try_parse_torch(*std::move(bytes), path.string());
        if (!file) return load_failure(file.failure());
        hugging_face_reader<Net, T, Dialect> reader(path.string(), file->tensors(), options);
        reader.read_around(file->other_keys());
        return reader.read(net);
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
