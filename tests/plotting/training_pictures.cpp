// SPDX-License-Identifier: BSL-1.0
#include <archetype/plotting/training_pictures.hpp>
#include <catch.hpp>

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
