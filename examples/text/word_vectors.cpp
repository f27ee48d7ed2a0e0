// SPDX-License-Identifier: BSL-1.0
/// @file word_vectors.cpp
/// Learns vectors of words by skip-gram (Mikolov et al. 2013): each word of a text predicts its neighbours. Prints which
/// words have the most similar vectors.
///
///     bible -f gen1:1-rev22:21 > bible.txt        (Debian: bible-kjv, bible-kjv-text; public domain)
///     text_word_vectors bible.txt [EPOCHS [CHARACTERS]]
///
/// The softmax runs over all words: with 2000 of them there is no need to approximate it.
#include <archetype/training.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "text.hpp"
#include "words.hpp"

namespace at = archetype;

namespace {

constexpr std::size_t vocabulary = 2000, width = 48, reach = 2;
using skip_gram = at::network<at::input<1>, at::embedding<vocabulary, width>, at::flatten,
                              at::dense<vocabulary, at::no_bias>, at::softmax>;

/// Pairs of a word and a neighbour at most `reach` words away. Frequent words are left out most of the time: they say
/// little about their neighbours.
struct pairs {
    std::vector<float> words;
    std::vector<std::int32_t> neighbours;

    pairs(std::span<const std::int32_t> text, std::uint64_t start) {
        std::vector<double> count(vocabulary);
        for (const std::int32_t word : text)
            if (word >= 0) ++count[static_cast<std::size_t>(word)];
        at::random_source random(start);
        std::vector<std::int32_t> kept;
        for (const std::int32_t word : text) {
            if (word < 0) continue;
            const double share = count[static_cast<std::size_t>(word)] / static_cast<double>(text.size());
            if (random.uniform() < std::sqrt(3e-4 / share)) kept.push_back(word);
        }
        for (std::size_t at = 0; at < kept.size(); ++at)
            for (std::size_t other = at < reach ? 0 : at - reach; other <= at + reach && other < kept.size();
                 ++other)
                if (other != at) {
                    words.push_back(static_cast<float>(kept[at]));
                    neighbours.push_back(kept[other]);
                }
    }
};

/// The words whose vectors have the largest cosine with that of `word`.
std::vector<std::string> nearest(const std::vector<float>& vectors, const texts::words& known,
                                 std::int32_t word, std::size_t count) {
    const auto product = [&](std::size_t a, std::size_t b) {
        double sum = 0;
        for (std::size_t i = 0; i < width; ++i)
            sum += static_cast<double>(vectors[a * width + i]) * static_cast<double>(vectors[b * width + i]);
        return sum;
    };
    const auto self = static_cast<std::size_t>(word);
    std::vector<std::pair<double, std::size_t>> found;
    for (std::size_t other = 0; other < known.size(); ++other)
        if (other != self)
            found.emplace_back(-product(self, other) / std::sqrt(product(other, other)), other);
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count && i < found.size(); ++i) names.push_back(known.name(found[i].second));
    return names;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "/usr/share/state/us-constitution.gz";
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 5;
    const std::optional<std::string> whole = texts::read(path);
    if (!whole) {
        std::fprintf(stderr, "%s cannot be read (Debian: miscfiles, bible-kjv)\n", path.c_str());
        return texts::skipped;
    }
    const std::vector<std::string> text =
        texts::split(whole->substr(0, count > 3 ? std::strtoul(arguments[3], nullptr, 10) : whole->size()));
    const texts::words known(text, vocabulary);
    const std::vector<std::int32_t> numbers = known.read(text);
    at::model<skip_gram> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 2e-3}};
    for (std::size_t epoch = 1; epoch <= epochs; ++epoch) {
        const pairs made(numbers, epoch);
        if (epoch == 1)
            std::printf("%zu words, %zu kinds, %zu pairs\n", text.size(), known.size(), made.words.size());
        const std::array<std::size_t, 2> shape{made.words.size(), 1};
        trainer.fit(xt::adapt(made.words, shape),
                    xt::adapt(made.neighbours, std::array<std::size_t, 1>{shape[0]}), {.batch = 256});
    }
    const std::vector<float> vectors(net.data(), net.data() + vocabulary * width);
    std::printf("\nnearest by cosine\n");
    std::vector<std::string> asked{"king", "father", "sea",   "gold",  "bread",
                                   "hand", "priest", "seven", "state", "president"};
    for (const std::string& word : asked) {
        const std::int32_t number = known.number(word);
        if (number < 0) continue;
        std::printf("  %-10s", word.c_str());
        for (const std::string& name : nearest(vectors, known, number, 6)) std::printf(" %s", name.c_str());
        std::printf("\n");
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
