// SPDX-License-Identifier: BSL-1.0
// A trained Llama of llama2.c: its scores, the story it tells token by token, its tokenizer; files and networks that do not fit.
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/stream/stream.hpp>
#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/text/llama2c_tokenizer.hpp>
#include <archetype/zoo/llama.hpp>
#include "stories260k.hpp"
#include "temporary_directory.hpp"

#include <catch.hpp>
#include <cmath>
#include <fstream>

namespace {

namespace at = archetype;
namespace zoo = archetype::zoo;
using stories = zoo::stories260k<>;
const std::filesystem::path folder = std::filesystem::path(ARCHETYPE_DATA_DIR) / "stories260k";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("stories260K tells its story") {
    at::model<stories> model;
    at::load_llama2c(model, folder / "stories260K.bin");
    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<stories>>(weights.weights());
    std::uint32_t token = at::llama2c_tokenizer::begin;
    double apart = 0, largest = 0;
    std::size_t right = 0;
    for (std::size_t t = 0; t + 1 < std::size(stories260k::tokens); ++t) {
        CHECK(token == stories260k::tokens[t]);
        const float number = static_cast<float>(token);
        const auto scores = stream->run(std::span<const float>(&number, 1));
        REQUIRE(scores.size() == 512);
        for (std::size_t i = 0; t < 16 && i < 6; ++i) {
            apart = std::max(apart, std::abs(double(scores[100 * i]) - double(stories260k::scores[t][i])));
            largest = std::max(largest, std::abs(double(stories260k::scores[t][i])));
        }
        token = static_cast<std::uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
        right += token == stories260k::tokens[t + 1];
    }
    CHECK(right == 256);
    CHECK(apart < 1e-5 * largest);
    // The whole text at once gives the same bits as token by token.
    at::model<zoo::stories260k<16>> whole;
    at::load_llama2c(whole, folder / "stories260K.bin");
    xt::xtensor<float, 2> tokens = xt::zeros<float>({16, 1});
    for (std::size_t t = 0; t < 16; ++t) tokens(t, 0) = static_cast<float>(stories260k::tokens[t]);
    const auto all = whole(tokens);
    stream->reset();
    bool same = true;
    for (std::size_t t = 0; t < 16; ++t) {
        const auto scores = stream->run(std::span<const float>(tokens.data() + t, 1));
        for (std::size_t i = 0; i < 512; ++i) same = same && scores[i] == all(t, i);
    }
    CHECK(same);
}

TEST_CASE("llama2.c's tokenizer") {
    const auto tokenizer = at::llama2c_tokenizer::try_read(folder / "tok512.bin");
    REQUIRE(tokenizer);
    CHECK(tokenizer->size() == 512);
    const std::string told = tokenizer->decode(stories260k::tokens);
    CHECK(told.substr(0, 52) == "Once upon a time, there was a little girl named Lily");
    const std::vector<std::uint32_t> again = tokenizer->encode(told);
    CHECK(tokenizer->decode(again) == told);
    CHECK(std::equal(again.begin(), again.begin() + 100, stories260k::tokens));
    CHECK(tokenizer->encode("") == std::vector<std::uint32_t>{1});
    // A letter that is no piece, and a byte that is no letter, are bytes.
    const std::string odd = "caf\xC3\xA9 \xFF";
    CHECK(tokenizer->decode(tokenizer->encode(odd)) == odd);

    const testing::temporary_directory place;
    const std::string good = text_of(folder / "tok512.bin");
    const auto message = [&](const std::string& bytes) {
        write(place.path() / "tok.bin", bytes);
        const auto read = at::llama2c_tokenizer::try_read(place.path() / "tok.bin");
        return read ? std::string() : read.failure().expected + "; " + read.failure().found;
    };
    CHECK(message("") == "the length of the longest piece, then pieces; 0 bytes");
    CHECK(message(good.substr(0, good.size() - 1)).find("piece 511: at most 7 bytes") == 0);
    CHECK(message(good.substr(0, 100)).find("at least 259 pieces; ") == 0);
    std::string long_piece = good;
    long_piece[8] = '\x7F';
    CHECK(message(long_piece).find("piece 0: at most 7 bytes") == 0);
}

TEST_CASE("files of llama2.c that do not fit") {
    const testing::temporary_directory place;
    const std::string good = text_of(folder / "stories260K.bin");
    at::model<zoo::stories260k<16>> model;
    const std::vector<float> before(model.data(), model.data() + model.size());
    const auto message = [&](auto& net, const std::string& bytes) {
        write(place.path() / "net.bin", bytes);
        const auto failure = at::try_load_llama2c(net, place.path() / "net.bin");
        return failure ? failure->message() : std::string();
    };
    CHECK(message(model, good.substr(0, 20)).find("expected a header of 28 bytes, found 20 bytes") !=
          std::string::npos);
    CHECK(message(model, good.substr(0, good.size() - 4))
              .find("expected 1056540 bytes, as the header says, found 1056536") != std::string::npos);
    std::string large = good;
    large[11] = '\x7F';  // layers
    CHECK(message(model, large).find("n_layers from 1 to 2^24") != std::string::npos);
    std::string many = good;
    many[10] = '\x40';
    CHECK(message(model, many).find("the floats of its header") != std::string::npos);
    std::string bad = good;
    for (std::size_t i = 0; i < 4; ++i) bad[1000 + i] = '\xFF';
    CHECK(message(model, bad).find("finite numbers, found token_embedding_table") != std::string::npos);
    std::string heads = good;
    heads[12] = 4;  // heads of 16 channels
    heads[16] = 2;
    heads += std::string(512 * 8 * 4, '\0');  // angles of heads that are twice as large
    const std::string other_heads = message(model, heads);
    INFO(other_heads);
    CHECK(other_heads.find("heads: expected 8, found 4") != std::string::npos);
    CHECK(other_heads.find("key and value heads: expected 4, found 2") != std::string::npos);
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    at::model<zoo::llama<4, 64, 172, 8, 4, 512, 16>> fewer;
    INFO(message(fewer, good));
    CHECK(message(fewer, good).find("wq, wk, wv[4]: expected no such tensor, found (64, 128)") !=
          std::string::npos);
    at::model<zoo::llama<5, 64, 172, 8, 4, 512, 16, at::dense<512, at::last_axis, at::no_bias>>> with_output;
    INFO(message(with_output, good));
    CHECK(message(with_output, good).find("output/kernel: expected (64, 512), found no such tensor") !=
          std::string::npos);
    CHECK(message(model, good).empty());
    const auto numbers = at::try_read_llama2c_numbers(folder / "stories260K.bin");
    REQUIRE(numbers);
    CHECK(numbers->width == 64);
    CHECK(numbers->vocabulary == 512);
    CHECK(!numbers->has_output);
}
