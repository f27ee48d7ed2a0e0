// SPDX-License-Identifier: BSL-1.0
// What is JSON and what is not, after RFC 8259 and RFC 3629; cases named as in its parsers' common test suite.
#include <archetype/interchange/json.hpp>
#include <catch2/catch.hpp>

using archetype::detail::is_utf8;
using archetype::detail::json_reader;
using archetype::detail::json_text;
using kind = archetype::detail::json_value::kind;
using namespace std::string_literals;

TEST_CASE("documents that are JSON") {
    for (const std::string text : {"null", " true\n", "false", "0", "-0", "-1.5e+3", "1E9", "0e0", "\"\"",
                                   "[]", "[ ]", "{}", "{ }", "[[[1,2],[]],{}]", "{\"\":0}", "\t[\r1\n,\n2 ]",
                                   "\"\x7f\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""}) {
        INFO(text);
        CHECK(json_reader(text).document());
    }
}

TEST_CASE("documents that are not JSON") {
    for (const std::string& text : {""s,
                                    " "s,
                                    "tru"s,
                                    "nul"s,
                                    "01"s,
                                    "-"s,
                                    "+1"s,
                                    ".5"s,
                                    "1."s,
                                    "1e"s,
                                    "1e+"s,
                                    "0x1"s,
                                    "NaN"s,
                                    "1 2"s,
                                    "[1"s,
                                    "[1,]"s,
                                    "[,1]"s,
                                    "[1 2]"s,
                                    "{"s,
                                    "{1:2}"s,
                                    "{\"a\"}"s,
                                    "{\"a\":}"s,
                                    "{\"a\":1,}"s,
                                    "{a:1}"s,
                                    "'a'"s,
                                    "\"a"s,
                                    "\"\n\""s,
                                    "\"\\x\""s,
                                    "\"\\u12\""s,
                                    "\"\\ud800\""s,
                                    "\"\\udc00\""s,
                                    "\"\\ud800\\u0041\""s,
                                    "\"\xff\""s,
                                    "\"\xc0\x80\""s,
                                    "\"\xed\xa0\x80\""s,
                                    "\"\xf4\x90\x80\x80\""s,
                                    "\"\xe2\x82\""s,
                                    "\"\\"s,
                                    "\xef\xbb\xbf{}"s,
                                    "{}\0"s,
                                    "\0"s,
                                    "\"\0\""s,
                                    "/**/1"s}) {
        INFO(text);
        CHECK_FALSE(json_reader(text).document());
    }
    CHECK(json_reader(std::string(60, '[') + std::string(60, ']')).document());
    CHECK_FALSE(json_reader(std::string(100'000, '[')).document());
}

TEST_CASE("values of a document") {
    const std::string text =
        R"({"a": [1, 20, 18446744073709551615], "b\u00e4\ud83d\ude00\/\n": "x\ty", "c": {"d": null}, "e": [1.0], "f": [-1]})";
    const auto read = json_reader(text).document();
    REQUIRE(read);
    CHECK(read->type == kind::object);
    CHECK(read->members[1].first == "b\xc3\xa4\xf0\x9f\x98\x80/\n");
    CHECK(read->members[1].second.text == "x\ty");
    CHECK(read->find("c")->find("d")->type == kind::null);
    CHECK(read->find("missing") == nullptr);
    CHECK(read->find("a")->summary() == "[1,20,18446744073709551615]");
    CHECK(read->find("a")->sizes() == std::vector<std::size_t>{1, 20, 18446744073709551615u});
    CHECK_FALSE(read->find("c")->sizes());
    CHECK_FALSE(read->find("e")->sizes());
    CHECK_FALSE(read->find("f")->sizes());
    CHECK_FALSE(json_reader("[18446744073709551616]").document()->sizes());
}

TEST_CASE("a key that is there twice is named") {
    const std::string text = R"({"x": {"k": 1, "\u006b": 2}})";
    json_reader reader(text);
    CHECK_FALSE(reader.document());
    CHECK(reader.duplicate() == "\"k\"");
    json_reader other(R"({"x": {"k": 1}, "k": 2})");
    CHECK(other.document());
}

TEST_CASE("text and sizes are written as JSON") {
    CHECK(json_text("a\"\\\b\f\n\r\t\x01\x1f\x7f\xc3\xa4"s) ==
          "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\xc3\xa4\"");
    CHECK(json_text("\0"s) == "\"\\u0000\"");
    CHECK(json_text(std::vector<std::size_t>{}) == "[]");
    CHECK(json_text(std::vector<std::size_t>{2, 3}) == "[2,3]");
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    CHECK(json_reader(json_text(all)).document()->text == all);
    CHECK(is_utf8(all));
    CHECK_FALSE(is_utf8("\x80"));
    CHECK_FALSE(is_utf8("a\xc3"));
}
