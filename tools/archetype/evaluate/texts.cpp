// SPDX-License-Identifier: BSL-1.0
// Operators of texts.
#include "indexing.hpp"
#include "operators.hpp"

#include <cctype>
#include <map>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

const texts& text_input(const call& at, std::size_t index) {
    at.expect(at.in(index).type == element_type::text, "texts as " + at.name_of_input(index),
              std::string(name_of(at.in(index).type)));
    return at.in(index).as_texts();
}

std::string changed_case(std::string text, bool upper) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 128)
            c = static_cast<char>(upper ? std::toupper(c) : std::tolower(c));
    return text;
}

void string_normalizer(call& at) {
    const array& from = at.in(0);
    const std::string action = at.text("case_change_action", "NONE");
    at.expect(action == "NONE" || action == "LOWER" || action == "UPPER",
              "case_change_action NONE, LOWER or UPPER", action);
    const bool sensitive = at.integer("is_case_sensitive", 0) != 0;
    std::vector<std::string> stopwords = at.texts_of("stopwords");
    at.expect(from.rank() == 1 || (from.rank() == 2 && from.shape[0] == 1), "texts {C} or {1, C}",
              shape_text(from.shape));
    for (const std::string& one : text_input(at, 0))
        for (const char c : one)
            at.expect(action == "NONE" || static_cast<unsigned char>(c) < 128,
                      "ASCII where letters change their case", "\"" + one + "\"");
    if (!sensitive)
        for (std::string& one : stopwords) one = changed_case(one, false);
    texts made;
    for (const std::string& one : text_input(at, 0)) {
        const std::string compared = sensitive ? one : changed_case(one, false);
        if (std::find(stopwords.begin(), stopwords.end(), compared) != stopwords.end()) continue;
        made.push_back(action == "NONE" ? one : changed_case(one, action == "UPPER"));
    }
    if (made.empty()) made.emplace_back();
    shape_type to = from.shape;
    to.back() = static_cast<whole>(made.size());
    at.give(array(element_type::text, to, std::move(made)));
}

void string_concat(call& at) {
    const shape_type whole_shape = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(array(element_type::text, whole_shape,
                  combined<std::string>(at, whole_shape, at.in(0).shape, text_input(at, 0), at.in(1).shape,
                                        text_input(at, 1),
                                        [](const std::string& a, const std::string& b) { return a + b; })));
}

void string_split(call& at) {
    const std::string delimiter = at.text("delimiter", "");
    const whole most = at.integer("maxsplit", INT64_MAX);
    std::vector<texts> parts;
    std::size_t widest = 0;
    wholes counts;
    for (const std::string& one : text_input(at, 0)) {
        texts made;
        std::size_t start = 0;
        const auto blank = [&](std::size_t k) {
            return std::isspace(static_cast<unsigned char>(one[k])) != 0;
        };
        if (delimiter.empty()) {
            while (start < one.size() && blank(start)) ++start;
            while (start < one.size()) {
                std::size_t end = start;
                while (end < one.size() && !blank(end)) ++end;
                if (static_cast<whole>(made.size()) == most) end = one.size();
                made.push_back(one.substr(start, end - start));
                start = end;
                while (start < one.size() && blank(start)) ++start;
            }
        } else if (!one.empty()) {
            for (;;) {
                const std::size_t end =
                    static_cast<whole>(made.size()) == most ? std::string::npos : one.find(delimiter, start);
                made.push_back(one.substr(start, end == std::string::npos ? end : end - start));
                if (end == std::string::npos) break;
                start = end + delimiter.size();
            }
        }
        counts.push_back(static_cast<whole>(made.size()));
        widest = std::max(widest, made.size());
        parts.push_back(std::move(made));
    }
    shape_type to = at.in(0).shape;
    to.push_back(static_cast<whole>(widest));
    at.count(to);
    texts all;
    for (texts& one : parts) {
        one.resize(widest);
        all.insert(all.end(), one.begin(), one.end());
    }
    at.give(array(element_type::text, to, std::move(all)));
    at.give(element_type::int64, at.in(0).shape, std::move(counts));
}

/// Counts of n-grams, as they are or weighted.
void tf_idf_vectorizer(call& at) {
    const array& from = at.in(0);
    const std::string mode = at.text("mode", "");
    at.expect(mode == "TF" || mode == "IDF" || mode == "TFIDF", "mode TF, IDF or TFIDF", "\"" + mode + "\"");
    const whole shortest = at.integer("min_gram_length");
    const whole longest = at.integer("max_gram_length");
    const whole skips = at.integer("max_skip_count");
    const std::vector<whole> starts = at.integers("ngram_counts");
    const std::vector<whole> columns = at.integers("ngram_indexes");
    const std::vector<double> weights = at.numbers("weights");
    texts pool = at.texts_of("pool_strings");
    for (const whole one : at.integers("pool_int64s")) pool.push_back(std::to_string(one));
    at.expect(shortest >= 1 && longest >= shortest && skips >= 0 && skips < 65536 &&
                  longest <= static_cast<whole>(starts.size()) && (from.rank() == 1 || from.rank() == 2),
              "lengths of n-grams with counts for each, an input {C} or {N, C}", shape_text(from.shape));
    std::map<texts, std::size_t> known;
    std::size_t number = 0;
    for (std::size_t k = 0; k < starts.size(); ++k) {
        const auto end =
            static_cast<whole>(k + 1 < starts.size() ? starts[k + 1] : static_cast<whole>(pool.size()));
        const auto length = static_cast<whole>(k) + 1;
        at.expect(starts[k] >= 0 && starts[k] <= end && end <= static_cast<whole>(pool.size()),
                  "counts within the pool", std::to_string(starts[k]));
        for (whole place = starts[k]; place + length <= end; place += length, ++number)
            known[texts(pool.begin() + place, pool.begin() + place + length)] = number;
    }
    at.expect(columns.size() == number && (weights.empty() || weights.size() == number),
              "an index for each n-gram", std::to_string(columns.size()));
    whole width = 0;
    for (const whole one : columns) {
        at.expect(one >= 0, "indexes", std::to_string(one));
        width = std::max(width, one + 1);
    }
    texts words;
    if (from.type == element_type::text) {
        words = from.as_texts();
    } else {
        for (const whole one : at.whole(0)) words.push_back(std::to_string(one));
    }
    const whole rows = from.rank() == 1 ? 1 : from.shape[0];
    const whole length = from.shape.back();
    shape_type to{width};
    if (from.rank() == 2) to.insert(to.begin(), rows);
    reals counts(at.count(to), 0.0);
    for (whole row = 0; row < rows; ++row)
        for (whole n = shortest; n <= longest; ++n)
            for (whole skip = 0; skip <= (n == 1 ? 0 : skips); ++skip)
                for (whole start = 0; start + (n - 1) * (skip + 1) < length; ++start) {
                    texts gram;
                    for (whole k = 0; k < n; ++k)
                        gram.push_back(
                            words[static_cast<std::size_t>(row * length + start + k * (skip + 1))]);
                    if (const auto found = known.find(gram); found != known.end())
                        counts[static_cast<std::size_t>(row * width + columns[found->second])] += 1;
                }
    if (mode != "TF")
        for (std::size_t k = 0; k < number; ++k)
            for (whole row = 0; row < rows; ++row) {
                double& one = counts[static_cast<std::size_t>(row * width + columns[k])];
                const double weight = weights.empty() ? 1 : weights[k];
                one = mode == "IDF" ? (one > 0 ? weight : 0) : one * weight;
            }
    at.give(element_type::float32, to, std::move(counts));
}

constexpr operation table[] = {
    {"", "StringNormalizer", string_normalizer, 1, 1, 1,
     "case_change_action is_case_sensitive locale stopwords", 10},
    {"", "StringConcat", string_concat, 2, 2, 1, "", 20},
    {"", "StringSplit", string_split, 1, 1, 2, "delimiter maxsplit", 20},
    {"", "TfIdfVectorizer", tf_idf_vectorizer, 1, 1, 1,
     "max_gram_length max_skip_count min_gram_length mode ngram_counts ngram_indexes pool_int64s "
     "pool_strings weights",
     9},
};

}  // namespace

std::span<const operation> text_operations() { return table; }

}  // namespace archetype::evaluate
