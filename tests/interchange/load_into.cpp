// SPDX-License-Identifier: BSL-1.0
#include <archetype/interchange/load_into.hpp>
#include <catch.hpp>

#include "../temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

struct stored {
    std::string name;
    std::vector<std::size_t> shape;
};

/// A file of float tensors; element i of each is i.
at::safetensors_file file_of(const std::vector<stored>& tensors) {
    const testing::temporary_directory directory;
    std::vector<std::vector<float>> values;
    std::vector<at::tensor_entry> entries;
    values.reserve(tensors.size());
    for (const stored& tensor : tensors) {
        std::vector<float>& data = values.emplace_back(*at::tensor_bytes(tensor.shape, 1));
        for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(i);
        entries.push_back(at::make_tensor_entry<float>(tensor.name, tensor.shape, data));
    }
    at::write_safetensors(entries, directory.path() / "model.safetensors");
    return at::read_safetensors(directory.path() / "model.safetensors");
}

}  // namespace

TEST_CASE("a file for another number of units is refused and the model unchanged (FL-20)") {
    const at::safetensors_file file = file_of({{"lstm/kernel", {1, 80}},
                                               {"lstm/recurrent_kernel", {20, 80}},
                                               {"lstm/bias", {80}},
                                               {"dense/kernel", {20, 1}},
                                               {"dense/bias", {1}}});
    std::size_t lstm_values = 0;
    for (const auto& tensor : file.tensors())
        if (tensor.name.starts_with("lstm")) lstm_values += tensor.data.size() / 4;
    CHECK(lstm_values == 1760);

    std::vector<float> model(1152 + 17, -1.0f);  // one allocation: a write beyond a tensor's end would show
    float* const p = model.data();
    const std::vector<at::load_target> targets{{"lstm/kernel", {1, 64}, p},
                                               {"lstm/recurrent_kernel", {16, 64}, p + 64},
                                               {"lstm/bias", {64}, p + 64 + 1024},
                                               {"dense/kernel", {16, 1}, p + 1152},
                                               {"dense/bias", {1}, p + 1168}};
    const auto failure = at::try_load_into(file, targets);
    REQUIRE(failure.has_value());
    REQUIRE(failure->mismatches.size() == 4);
    CHECK(failure->mismatches[1].problem == at::load_problem::shape);
    CHECK(failure->mismatches[1].tensor == "lstm/recurrent_kernel");
    CHECK(failure->mismatches[1].expected == "F32 of shape (16, 64)");
    CHECK(failure->mismatches[1].found == "F32 of shape (20, 80)");
    CHECK_THROWS_AS(at::load_into(file, targets), at::load_error);
    CHECK_THROWS_WITH(
        at::load_into(file, targets),
        Contains("model.safetensors") && Contains("4 tensors do not fit") &&
            Contains("lstm/kernel: expected F32 of shape (1, 64), found F32 of shape (1, 80)") &&
            Contains("lstm/bias: expected F32 of shape (64), found F32 of shape (80)"));
    try {
        at::load_into(file, targets);
    } catch (const at::load_error& error) {
        REQUIRE(error.mismatches().size() == 4);
        CHECK(error.mismatches()[1].tensor == "lstm/recurrent_kernel");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        CHECK(&error.failure().mismatches == &error.mismatches());
#pragma GCC diagnostic pop
        const at::file_error& shorter = error;
        CHECK(shorter.failure().expected == "tensors that fit the model");
    }
    CHECK_THROWS_AS(at::load_into(file, targets), at::error);
    CHECK(model == std::vector<float>(model.size(), -1.0f));
}

TEST_CASE("a file that fits is loaded") {
    const at::safetensors_file file = file_of({{"a", {2, 3}}, {"b", {}}, {"e", {0}}});
    float a[6] = {}, b[1] = {-1};
    at::load_into(file, std::vector<at::load_target>{
                            {"e", {0}, static_cast<float*>(nullptr)}, {"a", {2, 3}, a}, {"b", {}, b}});
    for (int i = 0; i < 6; ++i) CHECK(a[i] == static_cast<float>(i));
    CHECK(b[0] == 0.0f);
}

TEST_CASE("missing, unexpected and repeated tensors and other types are refused unless allowed") {
    const at::safetensors_file file = file_of({{"a", {2}}, {"b", {2}}});
    std::vector<float> a(2, -1.0f), c(2, -1.0f);
    std::vector<double> d(2, -1.0);
    using targets = std::vector<at::load_target>;

    auto failure = at::try_load_into(file, targets{{"a", {2}, a.data()}, {"c", {2}, c.data()}});
    REQUIRE(failure);
    REQUIRE(failure->mismatches.size() == 2);
    CHECK(failure->mismatches[0].problem == at::load_problem::missing);
    CHECK(failure->mismatches[0].tensor == "c");
    CHECK(failure->mismatches[1].problem == at::load_problem::unexpected);
    CHECK(failure->mismatches[1].tensor == "b");
    CHECK(a[1] == -1.0f);

    CHECK_FALSE(at::try_load_into(file, targets{{"a", {2}, a.data()}, {"c", {2}, c.data()}},
                                  {.allow_missing = true, .allow_unexpected = true}));
    CHECK(a[1] == 1.0f);
    CHECK(c[1] == -1.0f);

    a.assign(2, -1.0f);
    failure = at::try_load_into(file, targets{{"a", {2}, a.data()}, {"b", {2}, d.data()}});
    REQUIRE(failure);
    REQUIRE(failure->mismatches.size() == 1);
    CHECK(failure->mismatches[0].problem == at::load_problem::dtype);
    CHECK_THAT(failure->message(),
               Contains("1 tensor does not fit") && Contains("b: expected F64 of shape (2), found F32"));
    CHECK(a[1] == -1.0f);
    CHECK_FALSE(
        at::try_load_into(file, targets{{"a", {2}, a.data()}, {"b", {2}, d.data()}}, {.convert = true}));
    CHECK(d[1] == 1.0);

    failure =
        at::try_load_into(file, targets{{"a", {2}, a.data()}, {"a", {2}, c.data()}, {"b", {2}, c.data()}});
    REQUIRE(failure);
    CHECK(failure->mismatches[0].problem == at::load_problem::repeated_target);
    failure =
        at::try_load_into(file, targets{{"a", {2}, a.data()}, {"b", {2}, static_cast<float*>(nullptr)}});
    REQUIRE(failure);
    CHECK(failure->mismatches[0].problem == at::load_problem::null_destination);
    // same number of values, another shape
    failure = at::try_load_into(file, targets{{"a", {2, 1}, a.data()}, {"b", {2}, c.data()}});
    REQUIRE(failure);
    CHECK(failure->mismatches[0].problem == at::load_problem::shape);
}

TEST_CASE("a long list of mismatches is cut in the message only") {
    std::vector<stored> tensors;
    for (int i = 0; i < 20; ++i) tensors.push_back({"t" + std::to_string(i), {1}});
    const auto failure = at::try_load_into(file_of(tensors), {});
    REQUIRE(failure);
    CHECK(failure->mismatches.size() == 20);
    CHECK_THAT(failure->message(), Contains("20 tensors do not fit") && Contains("and 12 more"));
    // One of each kind is among the first.
    at::load_failure mixed{
        "file", std::vector<at::load_mismatch>(10, {at::load_problem::missing, "a", "one", "none"})};
    mixed.mismatches.push_back({at::load_problem::unexpected, "other", "none", "one"});
    CHECK_THAT(mixed.message(2), Contains("other: expected none") && Contains("and 9 more"));
}
