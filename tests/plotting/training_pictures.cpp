// SPDX-License-Identifier: BSL-1.0
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/plotting/training_report.hpp>
#include <catch.hpp>
#include <sstream>

#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;
using Catch::Equals;

TEST_CASE("learning curves show what reports have") {
    std::vector<at::epoch_report> history(3);
    for (std::size_t i = 0; i < 3; ++i) {
        history[i].loss = 3.0 - static_cast<double>(i);
        history[i].accuracy = 0.5 * static_cast<double>(i);
    }
    const std::string alone = at::learning_curves(history).text();
    CHECK_THAT(alone, Contains("Loss (up: loss)") && Contains("\n3 |*") && Contains("\n1 |") &&
                          Contains("* training") && !Contains("validation"));
    history[1].validation_loss = 5;
    history[1].validation_accuracy = 0.25;
    CHECK_THAT(at::learning_curves(history, "Cost").text(),
               Contains("Cost") && Contains("\n5 |") && Contains("o validation"));
    CHECK_THAT(at::accuracy_curves(history).text(),
               Contains("up: accuracy") && Contains("\n1 |") && Contains("o validation"));
}

TEST_CASE("a confusion matrix with names and without") {
    at::confusion_matrix matrix(2);
    matrix.add(0, 0), matrix.add(1, 0), matrix.add(1, 1), matrix.add(1, 1);
    CHECK_THAT(at::confusion_picture(matrix, {"no", "yes"}).text(),
               Equals("Confusion matrix (across: predicted)\n"
                      "true |   no  yes\n"
                      "-----+----------\n"
                      "  no |    1    0\n"
                      " yes |    1    2\n"));
    CHECK_THAT(at::confusion_picture(matrix).text(), Contains("   1 |  1  2\n"));
    CHECK_THROWS_WITH(at::confusion_picture(matrix, {"no"}), Contains("2 classes, found 1"));
}

namespace {
/// Whether every tag that is opened is closed, in order.
bool is_balanced(const std::string& page) {
    std::vector<std::string> open;
    for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
        const std::string tag = page.substr(at + 1, page.find('>', at) - at - 1);
        if (tag.starts_with("!") || tag.starts_with("meta") || tag.ends_with("/")) continue;
        if (!tag.starts_with("/")) {
            open.push_back(tag.substr(0, tag.find(' ')));
        } else {
            if (open.empty() || open.back() != tag.substr(1)) return false;
            open.pop_back();
        }
    }
    return open.empty();
}
}  // namespace

TEST_CASE("a training as a page that needs nothing else") {
    at::report_contents contents{.title = "Digits <1 & \"2\">", .epochs = at::history(11)};
    for (std::size_t i = 0; i < 11; ++i) {
        at::epoch_report& epoch = contents.epochs[i];
        epoch.all_epochs = i + 1;
        epoch.loss = 10.0 - static_cast<double>(i);
        if (i != 4) epoch.validation_loss = i == 5 ? std::nan("") : 5;
        epoch.rate = i < 5 ? 0.1 : 0.01;
        epoch.metrics = {{"F1 < 1", 0.5}};
    }
    at::confusion_matrix matrix(2);
    matrix.add(0, 0), matrix.add(1, 0), matrix.add(1, 1), matrix.add(1, 1);
    contents.confusion = matrix;
    contents.classes = {"no", "<yes>"};
    contents.network = "layer | a & b";
    const at::dataset held_out;
    contents.options = at::option_list(
        {.epochs = 11, .validation = &held_out, .clip = at::clip_by_norm{2}, .class_weights = {1, 0.5}});
    const std::string page = at::training_report_html(contents);
    CHECK(is_balanced(page));
    for (const char* none : {"<script", "http", "src=", "url(", "@import", "<yes>"})
        CHECK_THAT(page, !Contains(none));
    CHECK_THAT(page, Contains("<h1>Digits &lt;1 &amp; &quot;2&quot;&gt;</h1>") && Contains("&lt;yes&gt;") &&
                         Contains("layer | a &amp; b") && Contains("F1 &lt; 1"));
    CHECK_THAT(page, Contains("4 samples, accuracy 0.75") &&
                         Contains("<th>no</th><td style=\"background:rgba(47,145,80,0.85)\">1</td>"));
    CHECK_THAT(page, Contains("clip_by_norm{2}") && Contains("<th>class_weights</th><td>1, 0.5</td>"));
    // The training curve goes from the corner above left, 10 of 0 to 10, to the first mark from below on the right, 0 of them.
    CHECK_THAT(page, Contains("d=\"M70 40L125 62L180 84L"));
    CHECK_THAT(page, Contains(">Rate</text>") && !Contains(">Accuracy</text>"));
    // A gap where there is no value: two parts of the line of validation.
    CHECK_THAT(page, Contains("L235 150M400 150L"));

    const testing::temporary_directory folder;
    at::write_training_report(folder.path() / "report.html", contents);
    std::ostringstream written;
    written << std::ifstream(folder.path() / "report.html").rdbuf();
    CHECK(written.str() == page);
    CHECK_THROWS_WITH(at::write_training_report(folder.path() / "none" / "a.html", contents),
                      Contains("cannot be written"));
    contents.classes = {"one"};
    CHECK_THROWS_WITH(at::training_report_html(contents),
                      Contains("each of 2 classes") && Contains("found 1"));
    CHECK(is_balanced(at::training_report_html({})));
}
