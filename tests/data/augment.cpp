// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/augment.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {
at::dataset numbered(std::size_t count, std::size_t height, std::size_t width) {
    at::dataset made{xt::xtensor<float, 4>::from_shape({count, height, width, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t i = 0; i < made.samples.size(); ++i) made.samples.data()[i] = static_cast<float>(i + 1);
    for (std::size_t n = 0; n < count; ++n) made.labels(n) = static_cast<std::int32_t>(n);
    return made;
}
}  // namespace

TEST_CASE("shift moves samples and fills with zeros") {
    const at::dataset data = numbered(2, 2, 3);
    const at::dataset down = at::shift(data, 1, 0), right = at::shift(data, 0, 1),
                      up_left = at::shift(data, -1, -1);
    CHECK(std::vector<float>(down.samples.begin(), down.samples.end()) ==
          std::vector<float>{0, 0, 0, 1, 2, 3, 0, 0, 0, 7, 8, 9});
    CHECK(std::vector<float>(right.samples.begin(), right.samples.end()) ==
          std::vector<float>{0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11});
    CHECK(std::vector<float>(up_left.samples.begin(), up_left.samples.end()) ==
          std::vector<float>{5, 6, 0, 0, 0, 0, 11, 12, 0, 0, 0, 0});
    CHECK(down.labels == data.labels);
    const at::dataset gone = at::shift(data, 2, 0);
    CHECK(*std::max_element(gone.samples.begin(), gone.samples.end()) == 0.f);
}

TEST_CASE("flip mirrors samples, not their channels") {
    const at::dataset data = numbered(2, 2, 3);
    const at::dataset across = at::flip(data, at::flip_direction::horizontal),
                      down = at::flip(data, at::flip_direction::vertical);
    CHECK(std::vector<float>(across.samples.begin(), across.samples.end()) ==
          std::vector<float>{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10});
    CHECK(std::vector<float>(down.samples.begin(), down.samples.end()) ==
          std::vector<float>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9});
    CHECK(across.labels == data.labels);
    at::dataset colours{xt::xtensor<float, 4>{{{{1, 2}, {3, 4}}}}, {0}};
    CHECK((at::flip(colours, at::flip_direction::horizontal).samples ==
           xt::xtensor<float, 4>{{{{3, 4}, {1, 2}}}}));
}

TEST_CASE("join puts one set after the other") {
    const at::dataset both = at::join(numbered(1, 2, 2), numbered(2, 2, 2));
    CHECK(both.size() == 3);
    CHECK(std::vector<float>(both.samples.begin(), both.samples.end()) ==
          std::vector<float>{1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(both.labels(1) == 0);
    CHECK(both.labels(2) == 1);
    CHECK_THROWS_WITH(at::join(numbered(1, 2, 2), numbered(1, 2, 3)), Catch::Contains("2 and 3 on axis 2"));
}
