// SPDX-License-Identifier: BSL-1.0
/// @file load_gpt2.hpp
/// Weights of GPT-2 in the files of Hugging Face.
#pragma once
#include <archetype/interchange/hugging_face/hugging_face_reader.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Names of Hugging Face's GPT-2 for the paths of `zoo::gpt`.
struct gpt2_dialect {
    static constexpr std::string_view prefix = "transformer.", title = "GPT-2";

    static std::optional<hugging_face_source> recipe(std::span<const std::string_view> path) {
        const std::string_view tensor = path.back();
        const auto one = [](const std::string& name, bool turned = false) {
            return hugging_face_source{{name}, turned};
        };
        std::span<const std::string_view> rest;
        if (const auto layer = numbered_part(path, "h", rest)) {
            const std::string at = "h." + *layer + '.', own = '.' + torch_name(tensor);
            // Conv1D has {inputs, outputs}, as dense layers here.
            if (goes_through(rest, "in_proj")) return one(at + "attn.c_attn" + own);
            if (goes_through(rest, "out_proj")) return one(at + "attn.c_proj" + own);
            for (const std::string_view norm : {"ln_1", "ln_2"})
                if (goes_through(rest, norm)) return one(std::string(at).append(norm).append(own));
            for (const std::string_view dense : {"c_fc", "c_proj"})
                if (goes_through(rest, dense))
                    return one(std::string(at).append("mlp.").append(dense).append(own));
            return std::nullopt;
        }
        if (goes_through(path, "wpe")) return one("wpe.weight");
        if (goes_through(path, "ln_f")) return one("ln_f." + torch_name(tensor));
        if (goes_through(path, "lm_head"))
            return tensor == "bias" ? std::nullopt : std::optional(one("lm_head.weight", tensor == "kernel"));
        if (goes_through(path, "wte")) return one("wte.weight");
        return std::nullopt;
    }
    static hugging_face_settings published() { return {true, "1e-05", "gelu_tanh", {}}; }
    template <class Text, class Same>
    static void read_config(const Text& text, const Same& same, hugging_face_settings& to) {
        text("n_head", to.heads);
        text("layer_norm_epsilon", to.epsilon);
        text("activation_function", to.function);
        same("scale_attn_weights", "true");
        same("scale_attn_by_inverse_layer_idx", "false");
        same("add_cross_attention", "false");
    }
    /// The triangle that every layer keeps, and scores by the table itself.
    template <class Table>
    static bool is_known(const std::string& name, const tensor_entry& entry, const Table& file) {
        if (name.starts_with("h.") && name.ends_with(".attn.bias")) return is_lower_triangle(entry);
        if (name.starts_with("h.") && name.ends_with(".attn.masked_bias")) return entry.shape.empty();
        const auto table = file.find("wte.weight");
        return name == "lm_head.weight" && table != file.end() && same_numbers(entry, *table->second);
    }
    static std::string expected_of(const std::string& name) {
        if (name == "lm_head.weight")
            return "the numbers of wte.weight, as the network has no matrix of its own for scores";
        if (name.ends_with(".attn.bias")) return "1 up to the diagonal, 0 behind it";
        return "no tensor of this name";
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the weights of a `zoo::gpt` or `zoo::gpt_language_model`, or of a network of one's own whose parts have their names,
/// from `model.safetensors` or `pytorch_model.bin`, with or without "transformer." before the names: all of them, or nothing.
/// `lm_head.weight` must be the table of tokens where the network's head is tied to it.
/// @return what does not fit: tensors that are missing, unexpected or of another shape, settings; with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_gpt2(model<Net, T>& net, const std::filesystem::path& path,
                                                        const hugging_face_options& options = {}) {
    return detail::load_hugging_face<detail::gpt2_dialect>(net, path, options);
}

#if defined(__cpp_exceptions)
/// `try_load_gpt2` with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_gpt2(model<Net, T>& net, const std::filesystem::path& path,
               const hugging_face_options& options = {}) {
    if (auto failure = try_load_gpt2(net, path, options)) throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
