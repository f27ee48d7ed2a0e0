// SPDX-License-Identifier: BSL-1.0
// Byte pairs: the numbers of published texts, where words end, the order of merges, vocabularies that are none.
#include <archetype/text/byte_pair_tokenizer.hpp>
#include "texts.hpp"

#include <random>

namespace {

namespace at = archetype;
using tokens = std::vector<std::uint32_t>;

at::file_result<at::byte_pair_tokenizer> gpt2() {
    return at::byte_pair_tokenizer::try_read(texts::folder("gpt2") / "encoder.json",
                                             texts::folder("gpt2") / "vocab.bpe");
}

/// The letters of the 256 bytes, then more tokens, as a JSON object.
std::string encoder(const std::vector<std::string>& more, std::size_t left_out = 256) {
    std::string made = "{";
    std::size_t number = 0;
    const auto add = [&](const std::string& key) {
        made += (made.size() > 1 ? ", \"" : "\"") + key + "\": " + std::to_string(number++);
    };
    for (std::size_t byte = 0; byte < 256; ++byte) {
        if (byte == left_out) continue;
        std::string letter;
        at::detail::append_letter(letter, at::detail::letters_of_bytes[byte]);
        add(letter == "\"" || letter == "\\" ? "\\" + letter : letter);
    }
    for (const std::string& one : more) add(one);
    return made + "}";
}
auto of(const std::string& tokens_text, const std::string& merges,
        const at::byte_pair_options& options = {{}}) {
    return at::byte_pair_tokenizer::try_parse(texts::bytes_of(tokens_text), "encoder",
                                              texts::bytes_of(merges), "merges", options);
}
std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> made;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = at::detail::end_of_word(text, begin);
        made.emplace_back(text.substr(begin, end - begin));
        begin = end;
    }
    return made;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("published texts as byte pairs") {
    const auto made = gpt2();
    REQUIRE(made);
    CHECK(made->size() == 50257);
    CHECK(made->find("<|endoftext|>") == 50256u);
    CHECK(made->find(" the") == 262u);
    const auto examples = texts::of("gpt2");
    CHECK(examples.size() == 47);
    for (const texts::example& one : examples) {
        INFO(one.text);
        CHECK(made->encode(one.text) == one.tokens);
        CHECK(made->decode(one.tokens) == one.text);
    }
    CHECK(made->encode("a<|endoftext|>", at::special_tokens::as_tokens) == tokens{64, 50256});
    CHECK(made->encode("a<|endoftext|>").size() > 2);
    CHECK(made->decode(std::uint32_t{50257}).empty());
    // Any bytes at all come back.
    std::mt19937 random(1);
    std::string bytes(5000, ' ');
    for (char& byte : bytes) byte = static_cast<char>(random() % 256);
    CHECK(made->decode(made->encode(bytes)) == bytes);
}

TEST_CASE("words end where GPT-2's pattern says") {
    CHECK(words("Hello world's end") == list{"Hello", " world", "'s", " end"});
    CHECK(words("I'll 've'D don't''t") == list{"I", "'ll", " '", "ve", "'", "D", " don", "'t", "''", "t"});
    CHECK(words("a1b22  c") == list{"a", "1", "b", "22", " ", " c"});
    CHECK(words("  x\n\n y \n") == list{" ", " x", "\n\n", " y", " \n"});
    CHECK(words(" ") == list{" "});
    CHECK(words("\n\nx") == list{"\n", "\n", "x"});
    CHECK(words("x \t ?!") == list{"x", " \t", " ?!"});
    CHECK(words("\u3000\u00A0x") == list{"\u3000", "\u00A0", "x"});
    CHECK(words("\u0416\u00E9\u4E2D\u0660\u00BD\u2167") ==
          list{"\u0416\u00E9\u4E2D", "\u0660\u00BD\u2167"});  // letters, numbers
    CHECK(words("e\u0301 \U0001F600\u200D") ==
          list{"e", "\u0301", " \U0001F600\u200D"});  // marks are neither
    CHECK(words("a\xFF\xFE b") == list{"a", "\xFF\xFE", " b"});
}

TEST_CASE("pairs are joined in the order of the merges, each everywhere in a word") {
    const auto made =
        of(encoder({"ab", "bc", "abc", "aa", "aaa"}), "#version: 0.2\nb c\na b\na bc\na a\naa a\n\n");
    REQUIRE(made);
    const std::uint32_t a = *made->find("a"), b = *made->find("b");
    CHECK(made->encode("abc") == tokens{258});
    CHECK(made->encode("ababc") == tokens{256, 258});
    CHECK(made->encode("abab") == tokens{256, 256});
    CHECK(made->encode("aaaa") == tokens{259, 259});  // both pairs before three letters
    CHECK(made->encode("aaaaa") == tokens{259, 260});
    CHECK(made->encode("baab") == tokens{b, a, 256});
    // A word of a million letters takes no time that grows with its square.
    const std::string is_long(1 << 20, 'a');
    CHECK(made->encode(is_long).size() == is_long.size() / 2);
}

TEST_CASE("byte pairs that are none") {
    const auto message = [](const std::string& tokens_text, const std::string& merges,
                            const at::byte_pair_options& options = {{}}) {
        const auto found = of(tokens_text, merges, options);
        return found ? std::string() : found.failure().message();
    };
    using Catch::Contains;
    CHECK(message(encoder({"ab"}), "a b").empty());
    CHECK_THAT(message("[1]", ""),
               Contains("encoder: expected an object of tokens and their numbers, found array"));
    CHECK_THAT(message("{", ""), Contains("encoder: expected a JSON document"));
    CHECK_THAT(message("{\"a\": 1}", ""), Contains("numbers 0 to 0, each once, found 1 of \"a\""));
    CHECK_THAT(message("{\"a\": 0, \"b\": 0}", ""), Contains("numbers 0 to 1, each once, found 0 of \"b\""));
    CHECK_THAT(message("{\"a\": 0.5}", ""), Contains("found 0.5 of \"a\""));
    CHECK_THAT(message(encoder({"a"}), ""), Contains("the key \"a\" twice"));
    CHECK_THAT(message(encoder({"a b"}), ""),
               Contains("tokens whose letters stand for bytes, found \"a b\""));
    CHECK_THAT(message(encoder({}, 17), ""),
               Contains("a token for each of the 256 bytes, found none for byte 17"));
    CHECK_THAT(message(encoder({}), "", {}),
               Contains("\"<|endoftext|>\" among the tokens, found no such token"));
    CHECK_THAT(message(encoder({"ab"}), "a b\nb"),
               Contains("merges: expected line 2: two tokens with a blank between them, found \"b\""));
    CHECK_THAT(message(encoder({"ab"}), "a b c"), Contains("line 1: two tokens"));
    CHECK_THAT(message(encoder({"ab"}), "b a"), Contains("line 1: a pair that makes a token, found \"b a\""));
    CHECK_THAT(message(encoder({"ab"}), "a b\na b"), Contains("line 2: a pair that stands nowhere before"));
    CHECK_THAT(at::byte_pair_tokenizer::try_read("nowhere.json", "x").failure().message(),
               Contains("nowhere.json: expected a file"));
}
