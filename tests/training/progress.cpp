// SPDX-License-Identifier: BSL-1.0
#include <archetype/training/progress.hpp>
#include <catch.hpp>
#include <limits>
#include <sstream>

namespace at = archetype;

namespace {
const at::epoch_report half{.epoch = 3,
                            .epochs = 10,
                            .samples = 50,
                            .all_samples = 100,
                            .loss = 0.5,
                            .accuracy = 0.875,
                            .seconds = 1.25};
const at::epoch_report whole{.epoch = 3,
                             .epochs = 10,
                             .samples = 100,
                             .all_samples = 100,
                             .loss = 0.25,
                             .accuracy = 0.9,
                             .validation_loss = 0.3,
                             .validation_accuracy = 0.89,
                             .seconds = 2.5};
const std::string line =
    "epoch  3/10  100 samples  loss 0.2500  accuracy 0.9000  validation loss 0.3000  accuracy 0.8900  2.5 s";
}  // namespace

TEST_CASE("a stream that is no terminal gets one line per epoch") {
    std::ostringstream out;
    at::progress report(out);
    CHECK(report.style() == at::progress_style::lines);
    report.batch(half);
    CHECK(out.str().empty());
    report.epoch(whole);
    CHECK(out.str() == line + "\n");
}

TEST_CASE("the bar is redrawn in place and replaced by the epoch's line") {
    std::ostringstream out;
    at::progress report(out, at::progress_style::bar);
    report.redraw_interval(std::chrono::seconds(0));
    report.batch(half);
    const std::string bar =
        "\repoch  3/10 [##########...........] 50/100  loss 0.5000  accuracy 0.8750  1.2 s\x1b[K";
    CHECK(out.str() == bar);
    CHECK(bar.size() == 1 + 79 + 3);
    report.batch(half);
    CHECK(out.str() == bar + bar);
    report.epoch(whole);
    CHECK(out.str() == bar + bar + "\r" + line + "\x1b[K\n");
}

TEST_CASE("the bar is not drawn more often than asked for") {
    std::ostringstream out;
    at::progress report(out, at::progress_style::bar);
    report.redraw_interval(std::chrono::hours(1));
    report.batch(half);
    const std::string once = out.str();
    report.batch(half);
    CHECK(out.str() == once);
    report.epoch(whole);
    report.batch(half);  // the next epoch starts anew
    CHECK(out.str() == once + "\r" + line + "\x1b[K\n" + once);
}

TEST_CASE("the bar fits the columns and odd numbers do no harm") {
    CHECK(at::progress::bar_text(half, 40).size() == 40);
    at::epoch_report odd;
    CHECK(at::progress::bar_text(odd, 79).find("[..............................] 0/0") != std::string::npos);
    odd.samples = 7;
    odd.loss = std::numeric_limits<double>::quiet_NaN();
    CHECK(at::progress::bar_text(odd, 79).find("[##############################] 7/0  loss nan") !=
          std::string::npos);
    odd.loss = std::numeric_limits<double>::max();
    CHECK(at::progress::line_text(odd).size() > 309);
    odd.loss = 1;
    odd.validation_accuracy = 0.5;
    CHECK(at::progress::line_text(odd) ==
          "epoch 1/1  7 samples  loss 1.0000  validation accuracy 0.5000  0.0 s");
}

TEST_CASE("silence, and FILE streams") {
    std::ostringstream out;
    at::progress silent(out, at::progress_style::silent);
    silent.batch(half);
    silent.epoch(whole);
    CHECK(out.str().empty());

    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    at::progress report(file);
    CHECK(report.style() == at::progress_style::lines);
    report.epoch(whole);
    std::rewind(file);
    std::string text(line.size() + 10, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    CHECK(text == line + "\n");
}
