// SPDX-License-Identifier: BSL-1.0
// What is JSON and what is not, after RFC 8259 and RFC 3629; cases named as in its parsers' common test suite.
#include <archetype/interchange/json_reader.hpp>
#include <catch.hpp>

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
    CHECK(read->type() == kind::object);
    const auto members = read->members();
    REQUIRE(members.size() == 5);
    CHECK(members[1].name == "b\xc3\xa4\xf0\x9f\x98\x80/\n");
    CHECK(members[1].value.text() == "x\ty");
    CHECK(read->find("b\xc3\xa4\xf0\x9f\x98\x80/\n")->text() == "x\ty");
    CHECK(read->find("c")->find("d")->type() == kind::null);
    CHECK_FALSE(read->find("missing"));
    CHECK(read->find("a")->elements().size() == 3);
    CHECK(read->find("a")->summary() == "[1,20,18446744073709551615]");
    CHECK(read->find("a")->sizes() == std::vector<std::size_t>{1, 20, 18446744073709551615u});
    CHECK_FALSE(read->find("c")->sizes());
    CHECK_FALSE(read->find("e")->sizes());
    CHECK_FALSE(read->find("f")->sizes());
    CHECK_FALSE(json_reader("[18446744073709551616]").document()->sizes());
    for (const std::string scalar : {" 12", "true ", "null", " \"a\" "}) {
        const auto one = json_reader(scalar).document();
        REQUIRE(one);
        CHECK(scalar.find(one->raw()) != scalar.npos);
        CHECK(one->raw().find(' ') == scalar.npos);
        CHECK(one->elements().empty());
        CHECK(one->members().empty());
    }
    CHECK(json_reader(" [ ] ").document()->elements().empty());
    CHECK(json_reader("{ }").document()->members().empty());
}

// B-31: Python writes NaN and Infinity.
TEST_CASE("what is wrong with a document is said with its place") {
    const auto problem = [](const std::string& text) {
        json_reader reader(text);
        CHECK_FALSE(reader.document());
        return reader.problem();
    };
    CHECK(problem("{\"a\": [1,\n  NaN]}") == "line 2, column 3: NaN, a number that JSON does not have");
    CHECK(problem("[-Infinity]").find("-Infinity, a number that JSON does not have") != std::string::npos);
    CHECK(problem("[Infinity]").find("line 1, column 2: Infinity") == 0);
    CHECK(problem("[nan]").find("nan, a number") != std::string::npos);
    CHECK(problem("[1 2]") == "line 1, column 4: Missing a comma or ']' after an array element.");
    CHECK(problem("").find("line 1, column 1: ") == 0);
    CHECK(problem("[1e400]").find("line 1, column 2: ") == 0);
    CHECK(problem(std::string(100'000, '[')) == "line 1, column 66: values nested more than 64 deep");
    CHECK(problem("[\"\\udc00\"]").find("half of a surrogate pair") != std::string::npos);
    CHECK(problem("{\"a\": 1,\n \"b\": {}, \"\\u0061\": 2}") == "line 2, column 11: the key \"a\" twice");
    CHECK(problem("[1]\0"s) == "line 1, column 4: a zero byte");
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
    CHECK(json_reader(json_text(all)).document()->text() == all);
    CHECK(is_utf8(all));
    CHECK_FALSE(is_utf8("\x80"));
    CHECK_FALSE(is_utf8("a\xc3"));
}
