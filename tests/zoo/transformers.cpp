// SPDX-License-Identifier: BSL-1.0
// Counts and sizes of BERT, DistilBERT, GPT-2, GPT-3, Llama, vision and keyword transformers. Everything is a static_assert: the test passes by compiling.
#include <archetype/inference.hpp>
#include <archetype/zoo/bert.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/kwt.hpp>
#include <archetype/zoo/llama.hpp>
#include <archetype/zoo/vit.hpp>

namespace at = archetype;
namespace zoo = archetype::zoo;
using at::shape;

namespace {

// A block: 4 W^2 + 4 W of attention, 8 W^2 + 5 W of the dense layers, 4 W of two norms.
constexpr std::uint64_t block(std::uint64_t width) { return 12 * width * width + 13 * width; }
constexpr std::uint64_t bert(std::uint64_t layers, std::uint64_t width) {
    return (30522 + 512 + 2) * width + 2 * width + layers * block(width) + width * width + width;
}
constexpr std::uint64_t gpt(std::uint64_t layers, std::uint64_t width, std::uint64_t positions) {
    return (50257 + positions) * width + layers * block(width) + 2 * width;
}

static_assert(at::parameter_count<zoo::bert_tiny<>> == 4'385'920 && bert(2, 128) == 4'385'920);
static_assert(at::parameter_count<zoo::bert_mini<>> == 11'170'560 && bert(4, 256) == 11'170'560);
static_assert(at::parameter_count<zoo::bert_small<>> == 28'763'648 && bert(4, 512) == 28'763'648);
static_assert(at::parameter_count<zoo::bert_medium<>> == 41'373'184 && bert(8, 512) == 41'373'184);
static_assert(at::parameter_count<zoo::bert_base<>> == 109'482'240 && bert(12, 768) == 109'482'240);
static_assert(at::parameter_count<zoo::bert_large<>> == 335'141'888 && bert(24, 1024) == 335'141'888);
static_assert(at::parameter_count<zoo::distilbert<>> == 66'362'880);
static_assert(at::output_shape<zoo::bert_base<128>> == shape{768});
static_assert(at::output_shape<zoo::distilbert<>> == shape{512, 768});
static_assert(at::parameter_count<zoo::bert_base<128>, "layer/11/attention"> ==
              4 * 768 * 768 + 4 * 768 + 2 * 768);

// With the heads of their training: BertForMaskedLM has no pooler.
using pre_training = zoo::bert_for_pre_training<12, 768, 12, 128>;
static_assert(at::parameter_count<pre_training> == 110'106'428);
static_assert(at::parameter_count<zoo::bert_for_masked_words<12, 768, 12, 128>> == 109'514'298);
static_assert(at::output_shape<pre_training> == shape{128, 30522});
static_assert(at::output_shape<pre_training, "next_sentence"> == shape{2});
static_assert(at::parameter_count<zoo::bert_masked_encoder<12, 768, 12, 128, 30522, zoo::bert_pooler<768>>> ==
              109'482'240);

static_assert(at::parameter_count<zoo::gpt2_small<>> == 124'439'808 && gpt(12, 768, 1024) == 124'439'808);
static_assert(at::parameter_count<zoo::gpt2_medium<>> == 354'823'168 && gpt(24, 1024, 1024) == 354'823'168);
static_assert(at::parameter_count<zoo::gpt2_large<>> == 774'030'080 && gpt(36, 1280, 1024) == 774'030'080);
static_assert(at::parameter_count<zoo::gpt2_xl<>> == 1'557'611'200 && gpt(48, 1600, 1024) == 1'557'611'200);
static_assert(at::output_shape<zoo::gpt2_small<256>> == shape{256, 768});
// Products of the dense layers for each step, and of attention: two for each channel of each of T (T + 1) / 2 pairs.
static_assert(at::multiply_accumulate_count<zoo::gpt2_small<256>> ==
              12 * (256ull * 12 * 768 * 768 + 2ull * 768 * (256 * 257 / 2)));

static_assert(at::parameter_count<zoo::gpt3_small<>> == gpt(12, 768, 2048));
static_assert(at::parameter_count<zoo::gpt3_medium<>> == gpt(24, 1024, 2048));
static_assert(at::parameter_count<zoo::gpt3_large<>> == gpt(24, 1536, 2048));
static_assert(at::parameter_count<zoo::gpt3_2_7b<>> == gpt(32, 2560, 2048));
static_assert(at::parameter_count<zoo::gpt3_6_7b<>> == gpt(32, 4096, 2048));
static_assert(at::parameter_count<zoo::gpt3_175b<>> == 174'604'259'328 &&
              gpt(96, 12288, 2048) == 174'604'259'328);
// Heads of two sizes do not make up the width: 24 * 128 of 2048, 40 * 128 of 5140.
static_assert(at::parameter_count<zoo::gpt3_xl<>> ==
              gpt(24, 2048, 2048) + 24 * (4 * (24 * 128 - 2048) * 2048ull + 3 * (24 * 128 - 2048)));
static_assert(at::parameter_count<zoo::gpt3_13b<>> ==
              gpt(40, 5140, 2048) - 40 * (4 * (5140 - 40 * 128) * 5140ull + 3 * (5140 - 40 * 128)));

// Scores of tokens share the table.
using language_model = zoo::gpt_language_model<12, 768, 12, 256>;
static_assert(at::parameter_count<language_model> == 124'439'808);
static_assert(at::output_shape<language_model> == shape{256, 50257});

// The same as a stream: keys and values of 256 steps in 12 layers, at most 1024 steps.
using gpt2_stream = zoo::gpt_stream<12, 768, 12, 256>;
static_assert(at::parameter_count<gpt2_stream> == 124'439'808 && at::stream_steps_of<gpt2_stream> == 1024);
static_assert(at::state_bytes<gpt2_stream> == 12 * 256 * 2 * 768 * 4);

// torchvision's counts, and those of the paper's table 1 (5M, 22M).
static_assert(at::parameter_count<zoo::vit_tiny_16<>> == 5'717'416);
static_assert(at::parameter_count<zoo::vit_small_16<>> == 22'050'664);
static_assert(at::parameter_count<zoo::vit_b_16<>> == 86'567'656);
static_assert(at::parameter_count<zoo::vit_b_32<>> == 88'224'232);
static_assert(at::parameter_count<zoo::vit_l_16<>> == 304'326'632);
static_assert(at::parameter_count<zoo::vit_l_32<>> == 306'535'400);
static_assert(at::parameter_count<zoo::vit_h_14<>> == 632'045'800);
static_assert(at::output_shape<zoo::vit_b_16<>> == shape{1000} &&
              at::output_shape<zoo::vit_b_16<>, "encoder/layers/encoder_layer_11"> == shape{197, 768});

// 607k, 2,394k and 5,361k in the paper.
static_assert(at::parameter_count<zoo::kwt_1<>> == 607'308);
static_assert(at::parameter_count<zoo::kwt_2<>> == 2'394'252);
static_assert(at::parameter_count<zoo::kwt_3<>> == 5'360'844);
static_assert(at::output_shape<zoo::kwt_1<35>> == shape{35});

static_assert(at::parameter_count<zoo::stories260k<>> == 260'032);
static_assert(at::parameter_count<zoo::stories15m<>> == 15'191'712);
static_assert(at::parameter_count<zoo::stories42m<>> == 41'689'600);
static_assert(at::parameter_count<zoo::stories110m<>> == 109'529'856);
static_assert(at::parameter_count<zoo::llama2_7b<>> == 6'738'415'616);
static_assert(at::output_shape<zoo::stories260k<16>> == shape{16, 512});
// Keys and values of 512 steps, 4 heads of 8 channels, in 5 layers.
static_assert(at::streamable<zoo::stories260k<>> &&
              at::state_bytes<zoo::stories260k<>> == 5 * 512 * 2 * 4 * 8 * 4);

// Multi-head attention alone: whatever the heads, unless they are given a size (Keras' key_dim).
using pytorch = at::network<at::input<16, 512>, at::self_attention<512, 8>>;
static_assert(at::parameter_count<pytorch> == 1'050'624);
static_assert(at::parameter_count<at::network<at::input<16, 512>, at::self_attention<512, 2>>> == 1'050'624);
static_assert(at::parameter_count<at::network<at::input<16, 512>, at::self_attention<512, 8, at::no_bias>>> ==
              1'048'576);
using keras = at::network<at::input<16, 512>, at::self_attention<512, 8, at::head_size<512>>>;
static_assert(at::parameter_count<keras> == 8'401'408);
static_assert(
    at::parameter_count<at::network<at::input<16, 512>, at::self_attention<512, 1, at::head_size<512>>>> ==
    1'050'624);
static_assert(at::parameter_count<pytorch, "self_attention/in_proj"> == 3 * 512 * 513);
static_assert(at::output_shape<pytorch, "self_attention/attention"> == shape{16, 512});

// What a result of causal attention with a window depends on.
using windowed =
    at::network<at::input<16, 12>, at::scaled_dot_product_attention<2, at::causal, at::window<4>>>;
static_assert(at::output_shape<windowed> == shape{16, 4});
static_assert(at::multiply_accumulate_count<windowed> == 2 * 4 * (1 + 2 + 3 + 13 * 4));
using both_sides = at::network<at::input<16, 12>, at::scaled_dot_product_attention<2, at::window<4>>>;
static_assert(at::multiply_accumulate_count<both_sides> == 2 * 4 * 2 * (4 + 5 + 6 + 5 * 7));
using all = at::network<at::input<3, 12>, at::scaled_dot_product_attention<2, at::window<4>>>;
static_assert(at::multiply_accumulate_count<all> == 2 * 4 * 9);

}  // namespace
