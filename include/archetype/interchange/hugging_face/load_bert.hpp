// SPDX-License-Identifier: BSL-1.0
/// @file load_bert.hpp
/// Weights of BERT in the files of Hugging Face.
#pragma once
#include <archetype/interchange/hugging_face/hugging_face_reader.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Names of Hugging Face's BERT for the paths of `zoo::bert`.
struct bert_dialect {
    static constexpr std::string_view prefix = "bert.", title = "BERT";

    /// Files of old versions call a norm's numbers gamma and beta.
    static hugging_face_source norm(const std::string& name, std::string_view tensor) {
        const std::string old = tensor == "gamma" ? ".gamma" : ".beta";
        return {{name + '.' + torch_name(tensor) + '|' + name + old}, false};
    }
    static hugging_face_source dense(const std::string& name, std::string_view tensor) {
        return {{name + '.' + torch_name(tensor)}, tensor == "kernel"};
    }

    static std::optional<hugging_face_source> recipe(std::span<const std::string_view> path) {
        const std::string_view tensor = path.back();
        const bool is_norm = tensor == "gamma" || tensor == "beta";
        std::span<const std::string_view> rest;
        if (const auto layer = numbered_part(path, "layer", rest)) {
            const std::string at = "encoder.layer." + *layer + '.', own = '.' + torch_name(tensor);
            const bool is_attention = goes_through(rest, "attention");
            if (goes_through(rest, "in_proj")) {
                const std::string self = at + "attention.self.";
                return hugging_face_source{{self + "query" + own, self + "key" + own, self + "value" + own},
                                           tensor == "kernel"};
            }
            if (goes_through(rest, "out_proj")) return dense(at + "attention.output.dense", tensor);
            if (is_norm)
                return norm(at + (is_attention ? "attention.output.LayerNorm" : "output.LayerNorm"), tensor);
            if (goes_through(rest, "intermediate")) return dense(at + "intermediate.dense", tensor);
            if (goes_through(rest, "output")) return dense(at + "output.dense", tensor);
            return std::nullopt;
        }
        if (goes_through(path, "seq_relationship")) return dense("cls.seq_relationship", tensor);
        if (goes_through(path, "pooler")) return dense("pooler.dense", tensor);
        if (goes_through(path, "predictions")) {
            const std::string at = "cls.predictions.";
            if (is_norm) return norm(at + "transform.LayerNorm", tensor);
            if (goes_through(path, "transform")) return dense(at + "transform.dense", tensor);
            if (goes_through(path, "bias"))
                return hugging_face_source{{at + "bias|" + at + "decoder.bias"}, false};
            if (goes_through(path, "decoder"))
                return hugging_face_source{{at + "decoder.weight"}, tensor == "kernel"};
            return std::nullopt;
        }
        for (const std::string_view table :
             {"word_embeddings", "position_embeddings", "token_type_embeddings"})
            if (goes_through(path, table))
                return hugging_face_source{{"embeddings." + std::string(table) + ".weight"}, false};
        if (is_norm) return norm("embeddings.LayerNorm", tensor);
        return std::nullopt;
    }
    static hugging_face_settings published() { return {false, "1e-12", "gelu", {}}; }
    template <class Text, class Same>
    static void read_config(const Text& text, const Same& same, hugging_face_settings& to) {
        text("num_attention_heads", to.heads);
        text("layer_norm_eps", to.epsilon);
        text("hidden_act", to.function);
        same("position_embedding_type", "absolute");
        same("is_decoder", "false");
        same("add_cross_attention", "false");
    }
    /// Numbers of positions and types, and scores by the table itself.
    template <class Table>
    static bool is_known(const std::string& name, const tensor_entry& entry, const Table& file) {
        if (name == "embeddings.position_ids") return counts_from(entry, 0, 1);
        if (name == "embeddings.token_type_ids") return counts_from(entry, 0, 0);
        const auto same_as = [&](const char* other) {
            const auto found = file.find(other);
            return found != file.end() && same_numbers(entry, *found->second);
        };
        if (name == "cls.predictions.decoder.weight") return same_as("embeddings.word_embeddings.weight");
        return name == "cls.predictions.decoder.bias" && same_as("cls.predictions.bias");
    }
    static std::string expected_of(const std::string& name) {
        if (name == "cls.predictions.decoder.weight")
            return "the numbers of embeddings.word_embeddings.weight, as the network has no matrix of its "
                   "own for scores";
        if (name == "cls.predictions.decoder.bias") return "the numbers of cls.predictions.bias";
        if (name == "embeddings.position_ids") return "0, 1, 2, ...";
        if (name == "embeddings.token_type_ids") return "zeros";
        return "no tensor of this name";
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the weights of a `zoo::bert` or `zoo::bert_for_pre_training`, or of a network of one's own whose parts have their names, from
/// `model.safetensors` or `pytorch_model.bin`, with or without "bert." before the names: all of them, or nothing. Queries,
/// keys and values become one matrix. The decoder of words must be their table.
/// @return what does not fit: tensors that are missing, unexpected or of another shape, settings; with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_bert(model<Net, T>& net, const std::filesystem::path& path,
                                                        const hugging_face_options& options = {}) {
    return detail::load_hugging_face<detail::bert_dialect>(net, path, options);
}

#if defined(__cpp_exceptions)
/// `try_load_bert` with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_bert(model<Net, T>& net, const std::filesystem::path& path,
               const hugging_face_options& options = {}) {
    if (auto failure = try_load_bert(net, path, options)) throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
