// SPDX-License-Identifier: BSL-1.0
/// @file masked.cpp
/// A small BERT learns words that are masked (Devlin and others 2018), from both sides of them:
///
///     text_masked                                  (the constitution that Debian's miscfiles has, which is small)
///     text_masked bible.txt 2                      (bible -f gen1:1-rev22:21 > bible.txt; two epochs)
///     text_masked bible.txt 2 .                    (and what its attention looks at, as pictures in this folder)
///
/// Prints how many masked words of sentences that training has not seen are found, beside two ways of counting: the most
/// frequent word, and the word that was met most often between the two neighbours; then some guesses.
#include <archetype/plotting/heat_map.hpp>
#include <archetype/training.hpp>
#include <archetype/zoo/bert.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>

#include "text.hpp"
#include "words.hpp"

namespace at = archetype;

namespace {

constexpr std::size_t steps = 24, vocabulary = 2000, batch = 32;
constexpr std::int32_t padding = 0, mask = 1, unknown = 2, first_word = 3, not_asked = -1;
using learner = at::zoo::bert_for_masked_words<2, 96, 3, steps, vocabulary>;

using sentence = std::vector<std::int32_t>;

/// Runs of words between marks, as class numbers; of at least 4 words, the first `steps` of long ones.
std::vector<sentence> read(const std::string& text, const texts::words& known) {
    std::vector<sentence> made;
    std::size_t begin = 0;
    for (std::size_t end = 0; end <= text.size(); ++end) {
        if (end < text.size() && std::string(".;:!?").find(text[end]) == std::string::npos) continue;
        sentence words;
        for (const std::int32_t word : known.read(texts::split(text.substr(begin, end - begin))))
            if (words.size() < steps) words.push_back(word < 0 ? unknown : word + first_word);
        if (words.size() >= 4) made.push_back(words);
        begin = end + 1;
    }
    return made;
}

/// Sentences with some words masked: what the network takes, and the words that were there.
struct masked {
    xt::xtensor<std::int32_t, 2> words, types, there, targets;  ///< (sentences, steps)
    auto samples() const { return std::make_tuple(words, types, there); }
};

/// About 15 % of the words are asked for, at least one of each sentence. Of these 80 % are masked, 10 % are another word,
/// 10 % are left as they are; all are masked if `only_masks`.
masked hide(std::span<const sentence> sentences, bool only_masks, at::random_source& random) {
    const std::array<std::size_t, 2> extents{sentences.size(), steps};
    masked made{xt::zeros<std::int32_t>(extents), xt::zeros<std::int32_t>(extents),
                xt::zeros<std::int32_t>(extents), xt::ones<std::int32_t>(extents) * not_asked};
    const auto below = [&](std::size_t count) {
        return std::min(count - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(count)));
    };
    for (std::size_t n = 0; n < sentences.size(); ++n) {
        const sentence& words = sentences[n];
        const std::size_t always = below(words.size());
        for (std::size_t t = 0; t < words.size(); ++t) {
            made.words(n, t) = words[t];
            made.there(n, t) = 1;
            const bool asked = t == always || random.uniform() < 0.15;
            if (!asked || words[t] == unknown) continue;
            made.targets(n, t) = words[t];
            const double chance = only_masks ? 0 : random.uniform();
            if (chance < 0.8)
                made.words(n, t) = mask;
            else if (chance < 0.9)
                made.words(n, t) = first_word + static_cast<std::int32_t>(below(vocabulary - first_word));
        }
    }
    return made;
}

/// The word met most often between two neighbours, else after the one before, else at all; 0 stands for an end. Where a
/// neighbour is masked too, it is not known.
class neighbours {
public:
    explicit neighbours(std::span<const sentence> sentences) {
        for (const sentence& words : sentences)
            for (std::size_t t = 0; t < words.size(); ++t)
                if (words[t] != unknown)
                    for (const auto& key : keys(words, t)) ++counts_[key][words[t]];
        for (const auto& [key, words] : counts_) {
            auto& best = best_[key];
            std::size_t most = 0;
            for (const auto& [word, times] : words)
                if (times > most) most = times, best = word;
        }
    }
    std::int32_t guess(const sentence& words, std::size_t t) const {
        for (const auto& key : keys(words, t))
            if (const auto found = best_.find(key); found != best_.end()) return found->second;
        return unknown;
    }
    std::int32_t most_frequent() const { return best_.at({padding, padding, 0}); }

private:
    using key = std::tuple<std::int32_t, std::int32_t, int>;
    static std::array<key, 3> keys(const sentence& words, std::size_t t) {
        const std::int32_t before = t > 0 ? words[t - 1] : padding,
                           after = t + 1 < words.size() ? words[t + 1] : padding;
        return {key{before, after, 2}, key{before, padding, 1}, key{padding, padding, 0}};
    }
    std::map<key, std::map<std::int32_t, std::size_t>> counts_;
    std::map<key, std::int32_t> best_;
};

std::string name(const texts::words& known, std::int32_t word) {
    if (word == mask) return "[MASK]";
    return word < first_word ? "[UNK]" : known.name(static_cast<std::size_t>(word - first_word));
}

/// A sentence and the three best words for each mask.
void show(at::model<learner>& net, const masked& asked, std::size_t n, const texts::words& known) {
    const auto row = [&](const auto& all) { return xt::xtensor<float, 1>(xt::view(all, n)); };
    const auto scores = net(row(asked.words), row(asked.types), row(asked.there));
    for (std::size_t t = 0; t < steps && asked.there(n, t) != 0; ++t)
        std::printf("%s%s", t == 0 ? "\n" : " ", name(known, asked.words(n, t)).c_str());
    std::printf("\n");
    for (std::size_t t = 0; t < steps; ++t) {
        if (asked.targets(n, t) == not_asked) continue;
        std::vector<std::int32_t> order(vocabulary);
        for (std::size_t k = 0; k < vocabulary; ++k) order[k] = static_cast<std::int32_t>(k);
        std::partial_sort(order.begin(), order.begin() + 3, order.end(), [&](std::int32_t a, std::int32_t b) {
            return scores(t, static_cast<std::size_t>(a)) > scores(t, static_cast<std::size_t>(b));
        });
        std::printf("    %s: %s, %s, %s\n", name(known, asked.targets(n, t)).c_str(),
                    name(known, order[0]).c_str(), name(known, order[1]).c_str(),
                    name(known, order[2]).c_str());
    }
}

/// Two digits after the point.
double rounded(float share) { return std::round(100 * static_cast<double>(share)) / 100; }

/// What heads look at in a short sentence with one mask: all heads at the mask, and one head at every word. Returns whether there
/// are pictures.
bool draw(const at::model<learner>& net, const masked& asked, const texts::words& known,
          const std::filesystem::path& folder) {
    for (std::size_t n = 0; n < asked.words.shape()[0]; ++n) {
        std::vector<std::string> shown;
        std::vector<std::size_t> masks;
        for (std::size_t t = 0; t < steps && asked.there(n, t) != 0; ++t) {
            if (asked.targets(n, t) != not_asked) masks.push_back(t);
            shown.push_back(name(known, asked.words(n, t)));
        }
        if (shown.size() < 8 || shown.size() > 12 || masks.size() != 1) continue;
        const auto maps = at::attention_maps(net, xt::view(asked.words, n), xt::view(asked.types, n),
                                             xt::view(asked.there, n));
        std::vector<std::string> heads;
        std::vector<double> of_mask, of_head;
        for (std::size_t block = 0; block < maps.size(); ++block)
            for (std::size_t h = 0; h < maps[block].shares.shape()[0]; ++h) {
                heads.push_back("block " + std::to_string(block + 1) + ", head " + std::to_string(h + 1));
                for (std::size_t j = 0; j < shown.size(); ++j)
                    of_mask.push_back(rounded(maps[block].shares(h, masks[0], j)));
            }
        for (std::size_t t = 0; t < shown.size(); ++t)
            for (std::size_t j = 0; j < shown.size(); ++j)
                of_head.push_back(rounded(maps[0].shares(0, t, j)));
        const at::heat_map mask_map(
            "What each head looks at from [MASK]; there was: " + name(known, asked.targets(n, masks[0])),
            "head", heads, "word", shown, of_mask),
            head_map("Block 1, head 1: what each word looks at", "from", shown, "to", shown, of_head);
        std::printf("\n%s", mask_map.text().c_str());
        return mask_map.write_png(folder / "attention_of_a_mask.png", 1200, 450) &&
               head_map.write_png(folder / "attention_of_a_head.png", 1200, 700);
    }
    return false;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "/usr/share/state/us-constitution.gz";
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 60;
    const std::optional<std::string> whole = texts::read(path);
    if (!whole) {
        std::fprintf(stderr, "%s cannot be read (Debian: miscfiles, bible-kjv)\n", path.c_str());
        return texts::skipped;
    }
    const texts::words known(texts::split(*whole), vocabulary - first_word);
    std::vector<sentence> training, held_out;  // every tenth is kept back
    for (const sentence& one : read(*whole, known))
        (training.size() % 9 == 8 && held_out.size() * 9 < training.size() ? held_out : training)
            .push_back(one);
    if (held_out.size() < 4 || epochs == 0) {
        std::fprintf(stderr, "expected at least 40 sentences and 1 epoch, found %zu and %zu\n",
                     training.size() + held_out.size(), epochs);
        return 1;
    }
    std::printf("%zu sentences to learn from, %zu to judge by, %zu words known, %llu parameters\n",
                training.size(), held_out.size(), known.size(),
                static_cast<unsigned long long>(at::parameter_count<learner>));

    at::random_source random(1);
    const masked judged = hide(held_out, true, random);
    const neighbours counted(training);
    std::size_t asked = 0, by_frequency = 0, by_neighbours = 0;
    for (std::size_t n = 0; n < held_out.size(); ++n) {
        const auto row = xt::view(judged.words, n);
        const sentence seen(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(held_out[n].size()));
        for (std::size_t t = 0; t < seen.size(); ++t) {
            if (judged.targets(n, t) == not_asked) continue;
            ++asked;
            by_frequency += judged.targets(n, t) == counted.most_frequent() ? 1 : 0;
            by_neighbours += judged.targets(n, t) == counted.guess(seen, t) ? 1 : 0;
        }
    }

    at::model<learner> net{at::seed{1}, at::random_normal<0.02>{}};
    at::trainer trainer{net, at::cross_entropy{.ignore_class = not_asked}, at::adamw{}};
    const std::size_t updates = epochs * ((training.size() + batch - 1) / batch);
    double found = 0;
    for (std::size_t epoch = 1; epoch <= epochs; ++epoch) {
        const masked hidden = hide(training, false, random);  // others in each epoch
        const at::history made = trainer.fit(
            hidden.samples(), hidden.targets,
            {.batch = batch,
             .schedule = at::warm_up{updates / 20 + 1,
                                     at::cosine_restarts{.rate = 1e-3, .period = updates, .least = 5e-5}},
             .clip = at::clip_by_global_norm{1.0},
             .progress = at::progress_style::silent});
        if (epoch != epochs && epoch % (epochs / 10 + 1) != 0) continue;
        const auto result = trainer.evaluate(judged.samples(), judged.targets);
        found = result.accuracy;
        std::printf("epoch %zu: loss %.3f learned, %.3f unseen; %.1f %% of masked words found, %.1f s\n",
                    epoch, made[0].loss, result.loss, 100 * found, made[0].seconds);
        std::fflush(stdout);
    }
    const auto share = [&](std::size_t hits) {
        return 100 * static_cast<double>(hits) / static_cast<double>(asked);
    };
    std::printf(
        "\nof %zu masked words of unseen sentences\n  this model finds       %.1f %%\n"
        "  counts of neighbours   %.1f %%\n  the most frequent word %.1f %%\n",
        asked, 100 * found, share(by_neighbours), share(by_frequency));
    for (std::size_t n = 0; n < 4; ++n) show(net, judged, n * held_out.size() / 4, known);
    if (count > 3)
        std::printf(draw(net, judged, known, arguments[3])
                        ? "written: attention_of_a_mask.png, attention_of_a_head.png\n"
                        : "no pictures: gnuplot is not installed, or no short sentence has one mask\n");
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
