// SPDX-License-Identifier: BSL-1.0
// Word pieces: the numbers of published texts, what is cut where, inputs of BERT, vocabularies that are none.
#include <archetype/text/word_piece_tokenizer.hpp>
#include "temporary_directory.hpp"
#include "texts.hpp"

namespace {

namespace at = archetype;
using tokens = std::vector<std::uint32_t>;

at::word_piece_tokenizer of(const std::string& vocabulary, const at::word_piece_options& options = {}) {
    return at::word_piece_tokenizer::try_parse(texts::bytes_of(vocabulary), "memory", options).value();
}
const std::string special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

}  // namespace

TEST_CASE("published texts as word pieces") {
    const auto bert = at::word_piece_tokenizer::try_read(texts::folder("bert") / "vocab.txt");
    REQUIRE(bert);
    CHECK(bert->size() == 30522);
    CHECK(bert->class_token() == 101);
    CHECK(bert->separator() == 102);
    CHECK(bert->mask() == 103);
    CHECK(bert->unknown() == 100);
    CHECK(bert->padding() == 0);
    const auto examples = texts::of("bert");
    CHECK(examples.size() == 47);
    for (const texts::example& one : examples) {
        INFO(one.text);
        CHECK(bert->encode(one.text) == one.tokens);
    }
    CHECK(bert->decode(bert->encode("Unaffable  Café-goers, 1990!")) == "unaffable cafe - goers , 1990 !");
    CHECK(bert->find("##ing") == 2075u);
    CHECK(!bert->find("no such piece"));
    CHECK(bert->piece(30522).empty());
}

TEST_CASE("the longest pieces from the beginning on") {
    const auto made = of(special + "un\n##aff\n##able\n##a\nun,\n,\nrunning\n##b\n");
    CHECK(made.encode("unaffable") == tokens{5, 6, 7});
    CHECK(made.encode("UNaffable un,un") == tokens{5, 6, 7, 5, 10, 5});
    CHECK(made.encode("unx, unaa") == tokens{1, 10, 5, 8, 8});  // what cannot be cut is unknown as a whole
    CHECK(made.decode(tokens{5, 6, 7, 10, 99, 5}) == "unaffable , un");
}

TEST_CASE("words of letters, accents, ideographs and blanks") {
    const auto small = of(special + "cafe\nnaive\n我\n想\n!\nß\ni\n##ο\nσοσ\n\xE2\x82\xAC\n$\n");
    CHECK(small.encode("Caf\xC3\xA9 NA\xC3\x8FVE cafe\xCC\x81") == tokens{5, 6, 5});
    CHECK(small.encode("我想!我") == tokens{7, 8, 9, 7});
    CHECK(small.encode("i\u3000i\u00A0i\u2003i\ti") == tokens{11, 11, 11, 11, 11});
    CHECK(small.encode("\xC4\xB0 \xC3\x9F") == tokens{11, 10});     // I with a dot; sharp s stays
    CHECK(small.encode("\xCE\xA3\xCE\x9F\xCE\xA3") == tokens{13});  // no final sigma: letter by letter
    CHECK(small.encode("$\xE2\x82\xAC$") == tokens{15, 14, 15});  // ASCII's symbols are words, others are not
    CHECK(small.encode("$ \xE2\x82\xAC") == tokens{15, 14});
    // Controls, bytes that are no UTF-8, U+FFFD, zeros and soft hyphens are left out.
    const std::string dirty = std::string("ca\0f\x01", 5) + "e\xFF\xC3 \xEF\xBF\xBD" +
                              "na\xC2\xADi\xE2\x80\x8Bve\xED\xA0\x80 \xC0\x80i\xF8";
    CHECK(small.encode(dirty) == tokens{5, 6, 11});
    CHECK(small.encode(std::string(101, 'i')) == tokens{1});
    CHECK(of(special + "i\n##i\n", {.longest_word = 101}).encode(std::string(101, 'i')).size() == 101);
    const auto cased = of(special + "Caf\xC3\xA9\nCafe\n##\xCC\x81\n我想\n",
                          {.lower_case = false, .split_ideographs = false});
    CHECK(cased.encode("Caf\xC3\xA9 Cafe\xCC\x81 我想 cafe") == tokens{5, 6, 7, 8, 1});
}

TEST_CASE("special tokens in texts are letters unless they are asked for") {
    const auto made = of(special + "a\n[\n]\nmask\nsep\n");
    CHECK(made.encode("a [MASK]a") == tokens{5, 6, 8, 7, 5});
    CHECK(made.encode("a [MASK]a[SEP]", at::special_tokens::as_tokens) == tokens{5, 4, 5, 3});
    CHECK(made.encode("[mask]", at::special_tokens::as_tokens) == tokens{6, 8, 7});
    CHECK(made.decode(tokens{2, 5, 4, 3, 0}) == "[CLS] a [MASK] [SEP] [PAD]");
}

TEST_CASE("inputs of BERT") {
    const auto made = of(special + "a\nb\nc\n");
    const auto one = made.encode_input<6>("a b");
    CHECK(one.tokens == std::array<std::uint32_t, 6>{2, 5, 6, 3, 0, 0});
    CHECK(one.types == std::array<std::uint32_t, 6>{});
    CHECK(one.mask == std::array<std::uint32_t, 6>{1, 1, 1, 1, 0, 0});
    CHECK(one.length == 4);
    const auto two = made.encode_input<8>("a b", "c");
    CHECK(two.tokens == std::array<std::uint32_t, 8>{2, 5, 6, 3, 7, 3, 0, 0});
    CHECK(two.types == std::array<std::uint32_t, 8>{0, 0, 0, 0, 1, 1, 0, 0});
    CHECK(two.length == 6);
    const auto cut = made.encode_input<7>("a b a b a", "c c a");
    CHECK(cut.tokens == std::array<std::uint32_t, 7>{2, 5, 6, 3, 7, 7, 3});
    CHECK(made.encode_input<6>("a b c", "c c a").tokens == std::array<std::uint32_t, 6>{2, 5, 6, 3, 7, 3});
    CHECK(made.encode_input<4>("a b c").tokens == std::array<std::uint32_t, 4>{2, 5, 6, 3});
    CHECK(made.encode_input<4>("a [MASK]", at::special_tokens::as_tokens).tokens ==
          std::array<std::uint32_t, 4>{2, 5, 4, 3});
    CHECK(made.encode_input<3>("a", "b").tokens == std::array<std::uint32_t, 3>{2, 3, 3});
}

TEST_CASE("vocabularies that are none") {
    const auto message = [](const std::string& text) {
        const auto found = at::word_piece_tokenizer::try_parse(texts::bytes_of(text), "memory");
        return found ? std::string() : found.failure().message();
    };
    using Catch::Contains;
    CHECK_THAT(message(special + "a\n\nb\n"), Contains("expected line 7: a piece, found an empty line"));
    CHECK_THAT(message(special + "a\nb\na\n"),
               Contains("line 8: a piece that stands nowhere before, found \"a\" again"));
    CHECK_THAT(message("[PAD]\n[UNK]\n[CLS]\n[MASK]\na\n"), Contains("[SEP] among the pieces"));
    CHECK_THAT(message(""), Contains("[PAD] among the pieces, found no such piece"));
    CHECK(message("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]").empty());
    CHECK_THAT(at::word_piece_tokenizer::try_read("nowhere/vocab.txt").failure().message(),
               Contains("nowhere/vocab.txt: expected a file, found none"));
}
