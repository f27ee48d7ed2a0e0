// SPDX-License-Identifier: BSL-1.0
// Weights of GPT-2 and BERT in the files of Hugging Face: PyTorch's results with them; files and networks that do not fit.
#include "hugging_face.hpp"
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/stream/stream.hpp>
#include <archetype/interchange/hugging_face/load_bert.hpp>
#include <archetype/interchange/hugging_face/load_gpt2.hpp>
#include <archetype/zoo/bert.hpp>
#include <archetype/zoo/gpt.hpp>
#include "temporary_directory.hpp"

#include <catch.hpp>
#include <cmath>
#include <fstream>

namespace {

namespace at = archetype;
namespace zoo = archetype::zoo;
const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "hugging_face";

using body = zoo::gpt<2, 8, 2, 6, 10, 13>;
using language_model = zoo::gpt_language_model<2, 8, 2, 6, 10, 13>;
using encoder = zoo::bert_encoder<2, 8, 2, 6, 17, zoo::bert_pooler<8>>;
using masked_encoder = zoo::bert_masked_encoder<2, 8, 2, 6, 17, zoo::bert_pooler<8>>;
using pre_training = zoo::bert_for_pre_training<2, 8, 2, 6, 17>;

const xt::xtensor<double, 2> gpt_tokens{{3, 0, 12, 3, 7, 1}, {5, 5, 2, 9, 11, 4}};
const xt::xtensor<double, 2> tokens{{2, 7, 16, 3, 9, 3}, {2, 4, 3, 0, 0, 0}},
    types{{0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 0, 0}}, mask{{1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 0}};

template <class Found, std::size_t Count>
double largest_difference(const Found& found, const double (&wanted)[Count]) {
    REQUIRE(found.size() == Count);
    double most = 0;
    for (std::size_t i = 0; i < Count; ++i) {
        const double apart = std::abs(found.data()[i] - wanted[i]);
        if (!(apart <= most)) most = apart;
    }
    return most;
}

/// A file of the folder with tensors changed by `change(entries)`.
template <class Change>
void write_changed(const std::string& name, const std::filesystem::path& to, const Change& change) {
    const auto file = at::read_safetensors(folder / name);
    std::vector<at::tensor_entry> entries(file.tensors().begin(), file.tensors().end());
    change(entries);
    REQUIRE(!at::try_write_safetensors(entries, to, {}));
}
at::tensor_entry& entry_of(std::vector<at::tensor_entry>& entries, const std::string& name) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& one) { return one.name == name; });
    REQUIRE(found != entries.end());
    return *found;
}
/// Why GPT-2's body, or BERT, does not read a changed file, with nothing written; "" if it does.
template <class Net, class Change>
std::string refusal(const std::string& name, const Change& change,
                    const at::hugging_face_options& options = {}) {
    const testing::temporary_directory directory;
    const auto path = directory.path() / "model.safetensors";
    write_changed(name, path, change);
    at::model<Net> model{at::seed{3}};
    const std::vector<float> before(model.data(), model.data() + model.size());
    const auto failure = [&] {
        if constexpr (std::is_same_v<Net, encoder> || std::is_same_v<Net, masked_encoder> ||
                      std::is_same_v<Net, pre_training>)
            return at::try_load_bert(model, path, options);
        else
            return at::try_load_gpt2(model, path, options);
    }();
    if (!failure) return "";
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    return failure->message();
}
const auto as_it_is = [](std::vector<at::tensor_entry>&) {};
using Catch::Contains;

}  // namespace

TEST_CASE("GPT-2 of Hugging Face") {
    const at::hugging_face_options options{.config = folder / "gpt2_config.json"};
    at::model<body, double> hidden;
    at::load_gpt2(hidden, folder / "gpt2.safetensors", options);
    CHECK(largest_difference(hidden(gpt_tokens), hugging_face::gpt2_hidden) < 1e-12);
    // The body of a language model, which has the table twice, and buffers.
    at::model<body, double> of_language_model;
    at::load_gpt2(of_language_model, folder / "gpt2_lm.bin", options);
    CHECK(largest_difference(of_language_model(gpt_tokens), hugging_face::gpt2_hidden) < 1e-12);

    for (const char* const file : {"gpt2.safetensors", "gpt2_lm.bin"}) {
        at::model<language_model, double> model;
        at::load_gpt2(model, folder / file);
        CHECK(largest_difference(model(gpt_tokens), hugging_face::gpt2_logits) < 1e-12);
    }
    at::model<language_model> narrow;
    at::load_gpt2(narrow, folder / "gpt2_lm.bin", options);
    const auto scores = narrow(xt::xtensor<float, 2>(gpt_tokens));
    CHECK(largest_difference(scores, hugging_face::gpt2_logits) < 1e-4);

    // Token by token.
    using stream_type = zoo::gpt_stream<2, 8, 2, 6, 10, 13>;
    static_assert(at::stream_steps_of<stream_type> == 10);
    at::model<stream_type, double> one;
    at::load_gpt2(one, folder / "gpt2_lm.bin", options);
    const at::folded_weights weights(one);
    at::stream<stream_type, double> stream{weights.weights()};
    double apart = 0;
    for (std::size_t t = 0; t < 6; ++t) {
        const double token = gpt_tokens(1, t);
        const auto found = stream.run(std::span<const double>(&token, 1));
        for (std::size_t c = 0; c < 13; ++c)
            apart = std::max(apart, std::abs(found[c] - hugging_face::gpt2_logits[(6 + t) * 13 + c]));
    }
    CHECK(apart < 1e-12);

    // A matrix of its own for the scores.
    using untied = zoo::gpt_network<2, 8, 2, 6, 10, 13, zoo::gpt_block<8, 2>,
                                    at::named<"lm_head", at::dense<13, at::last_axis, at::no_bias>>>;
    at::model<untied, double> other;
    at::load_gpt2(other, folder / "gpt2_lm.bin", options);
    CHECK(largest_difference(other(gpt_tokens), hugging_face::gpt2_logits) < 1e-12);
}

TEST_CASE("BERT of Hugging Face") {
    const at::hugging_face_options options{.config = folder / "bert_config.json"};
    at::model<encoder, double> pooled;
    at::load_bert(pooled, folder / "bert.bin", options);
    CHECK(largest_difference(pooled(tokens, types), hugging_face::bert_pooled_unmasked) < 1e-12);

    at::model<pre_training, double> whole;
    at::load_bert(whole, folder / "bert_pre_training.safetensors", options);
    const auto [words, next_sentence] = whole(tokens, types, mask);
    CHECK(largest_difference(words, hugging_face::bert_words) < 1e-12);
    CHECK(largest_difference(next_sentence, hugging_face::bert_next_sentence) < 1e-12);

    at::model<masked_encoder, double> masked;
    at::load_bert(masked, folder / "bert_pre_training.safetensors",
                  {.config = folder / "bert_config.json", .skip_keys = {"cls."}});
    CHECK(largest_difference(masked(tokens, types, mask), hugging_face::bert_pooled) < 1e-12);
}

TEST_CASE("files that do not fit a GPT-2") {
    CHECK(refusal<body>("gpt2.safetensors", as_it_is).empty());
    CHECK_THAT(refusal<body>("gpt2.safetensors",
                             [](auto& all) {
                                 std::erase_if(all,
                                               [](const auto& one) { return one.name == "h.1.ln_2.bias"; });
                             }),
               Contains("h.1.ln_2.bias: expected a tensor for h/2/ln_2/beta, found no tensor of this name"));
    CHECK_THAT(refusal<body>("gpt2.safetensors",
                             [](auto& all) { entry_of(all, "h.0.ln_1.bias").name = "h.2.ln_1.bias"; }),
               Contains("h.2.ln_1.bias: expected no tensor of this name, found F32 of shape (8)"));
    CHECK_THAT((refusal<zoo::gpt<2, 8, 2, 6, 9, 13>>("gpt2.safetensors", as_it_is)),
               Contains("wpe.weight: expected (9, 8), found (10, 8)"));
    CHECK_THAT(
        (refusal<zoo::gpt<3, 8, 2, 6, 10, 13>>("gpt2.safetensors", as_it_is)),
        Contains("h.2.attn.c_attn.weight: expected a tensor for h/3/attn/self_attention/in_proj/kernel"));
    CHECK_THAT((refusal<zoo::gpt<1, 8, 2, 6, 10, 13>>("gpt2.safetensors", as_it_is)),
               Contains("h.1.attn.c_attn.bias: expected no tensor of this name"));
    // A matrix that is turned is another shape.
    CHECK_THAT(refusal<body>("gpt2.safetensors",
                             [](auto& all) {
                                 std::swap(entry_of(all, "h.0.attn.c_attn.weight").shape[0],
                                           entry_of(all, "h.0.attn.c_attn.weight").shape[1]);
                             }),
               Contains("h.0.attn.c_attn.weight: expected (8, 24), found (24, 8)"));
    CHECK_THAT(
        refusal<body>("gpt2.safetensors", [](auto& all) { entry_of(all, "wte.weight").dtype = "I32"; }),
        Contains("wte.weight: expected a floating type, found I32"));
    std::vector<float> bad(8, 1);
    bad[5] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THAT(
        refusal<body>("gpt2.safetensors",
                      [&](auto& all) { entry_of(all, "ln_f.weight").data = std::as_bytes(std::span(bad)); }),
        Contains("ln_f.weight: expected finite numbers"));
    CHECK_THAT(refusal<body>("gpt2.safetensors",
                             [](auto& all) {
                                 all.push_back(entry_of(all, "ln_f.bias"));
                                 all.back().name = "transformer.ln_f.bias";
                             }),
               Contains("ln_f.bias: expected one tensor of this name, found two, one of them with a prefix"));
    // Scores by another matrix than the table.
    const auto with_head = [](auto& all) {
        all.push_back(entry_of(all, "wte.weight"));
        all.back().name = "lm_head.weight";
    };
    static std::vector<float> other(13 * 8, 0.5f);
    const auto with_other_head = [&](auto& all) {
        with_head(all);
        all.back().data = std::as_bytes(std::span(other));
    };
    CHECK(refusal<language_model>("gpt2.safetensors", with_head).empty());
    CHECK_THAT(refusal<language_model>("gpt2.safetensors", with_other_head),
               Contains("lm_head.weight: expected the numbers of wte.weight"));
    CHECK(refusal<language_model>("gpt2.safetensors", with_other_head, {.skip_keys = {"lm_head.weight"}})
              .empty());
    using untied = zoo::gpt_network<2, 8, 2, 6, 10, 13, zoo::gpt_block<8, 2>,
                                    at::named<"lm_head", at::dense<13, at::last_axis>>>;
    CHECK_THAT(refusal<untied>("gpt2.safetensors", with_head),
               Contains("lm_head/bias: expected a parameter that GPT-2 has"));
    // Buffers that are none.
    static std::vector<std::uint8_t> triangle(100, 1);
    const auto with_buffer = [](auto& all) {
        all.push_back(
            at::make_tensor_entry("h.0.attn.bias", {1, 1, 10, 10}, std::span<const std::uint8_t>(triangle)));
    };
    CHECK_THAT(refusal<body>("gpt2.safetensors", with_buffer),
               Contains("h.0.attn.bias: expected 1 up to the diagonal, 0 behind it"));
    for (std::size_t i = 0; i < 100; ++i) triangle[i] = i % 10 <= i / 10;
    CHECK(refusal<body>("gpt2.safetensors", with_buffer).empty());
    // All that is wrong, at once.
    const std::string all = refusal<body>("gpt2.safetensors", [](auto& entries) {
        entry_of(entries, "wpe.weight").name = "wpe";
        entry_of(entries, "ln_f.bias").shape = {2, 4};
    });
    CHECK_THAT(all, Contains("wpe.weight") && Contains("wpe: expected no tensor") &&
                        Contains("ln_f.bias: expected (8), found (2, 4)"));
}

TEST_CASE("files that do not fit a BERT") {
    CHECK_THAT(refusal<masked_encoder>("bert_pre_training.safetensors", as_it_is),
               Contains("cls.predictions.bias: expected no tensor of this name") &&
                   Contains("cls.seq_relationship.weight"));
    CHECK_THAT(refusal<pre_training>("bert_pre_training.safetensors",
                                     [](auto& all) {
                                         std::erase_if(all, [](const auto& one) {
                                             return one.name.starts_with("bert.pooler.");
                                         });
                                     }),
               Contains("pooler.dense.weight: expected a tensor for next_sentence/pooler/dense/kernel"));
    CHECK_THAT(
        refusal<pre_training>(
            "bert_pre_training.safetensors",
            [](auto& all) { entry_of(all, "bert.encoder.layer.1.attention.self.key.bias").name += "es"; }),
        Contains("encoder.layer.1.attention.self.key.bias: expected a tensor for "
                 "layer/2/attention/self_attention/in_proj/bias") &&
            Contains("encoder.layer.1.attention.self.key.biases: expected no tensor of this name"));
    const auto with_decoder = [](auto& all) {
        all.push_back(entry_of(all, "bert.embeddings.word_embeddings.weight"));
        all.back().name = "cls.predictions.decoder.weight";
        all.push_back(entry_of(all, "cls.predictions.bias"));
        all.back().name = "cls.predictions.decoder.bias";
    };
    CHECK(refusal<pre_training>("bert_pre_training.safetensors", with_decoder).empty());
    static std::vector<float> other(17, 0.5f);
    CHECK_THAT(refusal<pre_training>("bert_pre_training.safetensors",
                                     [&](auto& all) {
                                         with_decoder(all);
                                         all.back().data = std::as_bytes(std::span(other));
                                     }),
               Contains("cls.predictions.decoder.bias: expected the numbers of cls.predictions.bias"));
    static std::vector<std::int64_t> positions{0, 1, 3};
    CHECK_THAT(refusal<pre_training>("bert_pre_training.safetensors",
                                     [](auto& all) {
                                         all.push_back(
                                             at::make_tensor_entry("bert.embeddings.position_ids", {1, 3},
                                                                   std::span<const std::int64_t>(positions)));
                                     }),
               Contains("embeddings.position_ids: expected 0, 1, 2, ..."));
}

TEST_CASE("settings of config.json") {
    const testing::temporary_directory directory;
    const auto changed = [&](const std::string& name, const std::string& from, const std::string& to) {
        std::ifstream file(folder / name, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        const std::size_t place = text.find(from);
        REQUIRE(place != text.npos);
        std::ofstream(directory.path() / "config.json", std::ios::binary)
            << text.replace(place, from.size(), to);
        return at::hugging_face_options{.config = directory.path() / "config.json"};
    };
    const auto gpt2 = [&](const at::hugging_face_options& options) {
        return refusal<body>("gpt2.safetensors", as_it_is, options);
    };
    CHECK(gpt2({.config = folder / "gpt2_config.json"}).empty());
    CHECK_THAT(gpt2(changed("gpt2_config.json", "\"n_head\": 2", "\"n_head\": 4")),
               Contains("h/1/attn/self_attention/attention: heads: expected 2, found 4"));
    CHECK_THAT(gpt2(changed("gpt2_config.json", "1e-05", "1e-06")),
               Contains("h/2/ln_2: epsilon: expected 1e-05, found 1e-06"));
    CHECK_THAT(gpt2(changed("gpt2_config.json", "gelu_new", "relu")),
               Contains("h/1/gelu_tanh: function: expected gelu_tanh, found relu"));
    CHECK_THAT(gpt2(changed("gpt2_config.json", "\"n_ctx\"", "\"rope\"")),
               Contains("rope: expected no key of this name, found 10"));
    CHECK_THAT(gpt2(changed("gpt2_config.json", "\"n_ctx\": 10", "\"scale_attn_weights\": false")),
               Contains("scale_attn_weights: expected true, found false"));
    CHECK_THAT(gpt2({.config = directory.path() / "none.json"}),
               Contains("none.json: expected a file, found none"));
    at::hugging_face_options options = changed("gpt2_config.json", "\"n_ctx\"", "\"rope\"");
    options.skip_keys = {"rope"};
    CHECK(gpt2(options).empty());

    const auto bert = [&](const at::hugging_face_options& given) {
        return refusal<pre_training>("bert_pre_training.safetensors", as_it_is, given);
    };
    CHECK(bert({.config = folder / "bert_config.json"}).empty());
    CHECK_THAT(bert(changed("bert_config.json", "\"absolute\"", "\"relative_key\"")),
               Contains("position_embedding_type: expected absolute"));
    CHECK_THAT(bert(changed("bert_config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"gelu_new\"")),
               Contains("function: expected gelu, found gelu_tanh"));
    // Without one the settings are those of the published models.
    using of_relu = at::network<
        at::input<6>, at::named<"wte", at::embedding<13, 8>>, at::named<"wpe", at::position_embedding<10>>,
        at::named<"h", at::numbered<"", 2,
                                    at::sequence<at::named<"ln_1", at::layer_norm<at::epsilon<1e-6>>>,
                                                 at::named<"attn", at::self_attention<8, 2>>,
                                                 at::named<"ln_2", at::layer_norm<at::epsilon<1e-5>>>,
                                                 at::named<"c_fc", at::dense<32, at::last_axis>>, at::relu,
                                                 at::named<"c_proj", at::dense<8, at::last_axis>>>>>,
        at::named<"ln_f", at::layer_norm<at::epsilon<1e-5>>>>;
    CHECK_THAT(refusal<of_relu>("gpt2.safetensors", as_it_is),
               Contains("h/1/ln_1: epsilon: expected 1e-06, found 1e-05") &&
                   Contains("h/1/relu: function: expected relu, found gelu_tanh") &&
                   Contains("h/1/attn/self_attention/attention: causal attention: expected no, found yes"));
}

TEST_CASE("what is no file of weights") {
    const testing::temporary_directory directory;
    at::model<body> model;
    CHECK_THAT(at::try_load_gpt2(model, directory.path() / "none.bin")->message(),
               Contains("expected a file, found none"));
    std::ofstream(directory.path() / "text.bin") << "some text that is no file of weights";
    CHECK_THAT(at::try_load_gpt2(model, directory.path() / "text.bin")->message(),
               Contains("expected a file of torch.save, found something else"));
    std::filesystem::copy_file(folder / "gpt2_lm.bin", directory.path() / "short.bin");
    std::filesystem::resize_file(directory.path() / "short.bin", 9000);
    CHECK(at::try_load_gpt2(model, directory.path() / "short.bin"));
    CHECK_THROWS_AS(at::load_gpt2(model, directory.path() / "short.bin"), at::load_error);
    CHECK_THROWS_AS(at::load_bert(model, directory.path() / "short.bin"), at::load_error);
}
