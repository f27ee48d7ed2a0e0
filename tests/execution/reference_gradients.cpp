// SPDX-License-Identifier: BSL-1.0
// Loss and gradients of whole networks against PyTorch.
#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

namespace {
/// `wanted`: the loss, then the gradients of the trainable parameters and of the samples.
template <class Net, class T, std::size_t Count, class Loss, class Targets>
void compare(const double (&wanted)[Count], Loss loss, const Targets& targets, double tolerance) {
    at::model<Net, T> net;
    numbers::set_parameters(net);
    at::gradients of{net, loss};
    std::vector<double> found{of(numbers::samples<Net, T>(4), targets)};
    boost::hana::for_each(of.parameters(), [&](const auto& pair) {
        for (const auto value : boost::hana::second(pair)) found.push_back(static_cast<double>(value));
    });
    for (const T value : of.input()) found.push_back(static_cast<double>(value));
    REQUIRE(found.size() == Count);
    CHECK(checks::largest_difference(found, wanted, Count) < tolerance);
}
const xt::xtensor<int, 1> labels{0, 1, 2, 4};
}  // namespace

TEST_CASE("LeNet-like gradients in double precision") {
    compare<networks::lenet, double>(references::lenet_gradients, at::cross_entropy{}, labels, 1e-12);
}
TEST_CASE("LeNet-like gradients in single precision") {
    compare<networks::lenet, float>(references::lenet_gradients, at::cross_entropy{}, labels, 2e-6);
}
TEST_CASE("gradients through the statistics of the batch") {
    const xt::xtensor<double, 4> targets =
        xt::full_like(xt::xtensor<double, 4>::from_shape({4, 4, 4, 2}), 0.25);
    compare<networks::normalized_late, double>(references::normalized_late_gradients,
                                               at::mean_squared_error{}, targets, 1e-12);
    compare<networks::normalized_late, float>(references::normalized_late_gradients, at::mean_squared_error{},
                                              targets, 1e-5);
}
