// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/csv.hpp>
#include <catch.hpp>

#include <fstream>

#include "../temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;
using Catch::EndsWith;
using names = std::vector<std::string>;

namespace {

at::csv_table read(const std::string& text, const at::csv_options& options = {}) {
    const testing::temporary_directory directory;
    const auto path = directory.path() / "table.csv";
    std::ofstream(path, std::ios::binary) << text;
    return at::read_csv(path, options);
}

std::string error(const std::string& text, const at::csv_options& options = {}) {
    try {
        (void)read(text, options);
    } catch (const at::file_error& failure) {
        return failure.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("tables with header and without") {
    const auto table = read("length,width\n1,2.5\n-3e2,+4\n");
    CHECK(table.names == names{"length", "width"});
    CHECK((table.values == xt::xtensor<double, 2>{{1, 2.5}, {-300, 4}}));
    CHECK(table.labels.size() == 0);
    // Windows' ends of lines, blank lines, spaces, a mark of UTF-8, no end of the last line
    const auto other = read("\xEF\xBB\xBF 1; 2\r\n\r\n3 ;4", {.delimiter = ';', .header = false});
    CHECK(other.names.empty());
    CHECK((other.values == xt::xtensor<double, 2>{{1, 2}, {3, 4}}));
    CHECK(read("1 2\n3 4\n", {.delimiter = ' ', .header = false}).values(1, 0) == 3);
    CHECK(read("\"a, \"\"quoted\"\"\nname\",b\n\"1\",2\n").names == names{"a, \"quoted\"\nname", "b"});
}

TEST_CASE("columns of labels by number and by name") {
    const std::string numbers = "kind,x\n2,0.5\n0,1.5\n";
    for (const at::csv_column& label : {at::csv_column(0), at::csv_column(-2), at::csv_column("kind")}) {
        const auto table = read(numbers, {.label = label});
        CHECK(table.names == names{"x"});
        CHECK((table.values == xt::xtensor<double, 2>{{0.5}, {1.5}}));
        CHECK((table.labels == xt::xtensor<std::int32_t, 1>{2, 0}));
        CHECK(table.classes.empty());
    }
    const auto texts = read("1,2,virginica\n3,4,setosa\n5,6,virginica\n", {.header = false, .label = -1});
    CHECK(texts.classes == names{"setosa", "virginica"});
    CHECK((texts.labels == xt::xtensor<std::int32_t, 1>{1, 0, 1}));
    const at::dataset data = texts.samples();
    CHECK(data.samples.shape() == std::array<std::size_t, 4>{3, 1, 1, 2});
    CHECK(data.samples(2, 0, 0, 1) == 6.f);
    CHECK(data.labels(0) == 1);
}

TEST_CASE("empty fields where they are allowed") {
    const auto table = read("a,b\n1,\n,4\n", {.missing = -1});
    CHECK((table.values == xt::xtensor<double, 2>{{1, -1}, {-1, 4}}));
    CHECK_THAT(error("a,b\n1,x\n", {.missing = -1}), Contains("found \"x\""));
}

TEST_CASE("errors name file, line and column") {
    CHECK_THAT(error("a,b\n1,2\n3,x\n"),
               EndsWith("table.csv: expected a finite number at line 3, column 2, found \"x\""));
    CHECK_THAT(error("a,b\n1,\n"), Contains("line 2, column 2, found \"\""));
    CHECK_THAT(error("a,b\nnan,1\n"), Contains("finite number at line 2, column 1, found \"nan\""));
    CHECK_THAT(error("a,b\n1,1e999\n"), Contains("line 2, column 2, found \"1e999\""));
    CHECK_THAT(error("a,b\n1,2 3\n"), Contains("found \"2 3\""));
    CHECK_THAT(error("\"a\nb\",c\n1,2\n\n3\n"), Contains("expected 2 columns at line 5, found 1"));
    CHECK_THAT(error("a,b\n1,\"2\n3,4\n"), Contains("a quote that is closed at line 2"));
    CHECK_THAT(error("a,b\n"), Contains("at least one row"));
    CHECK_THAT(error(""), Contains("at least one row"));
    CHECK_THAT(error("a,b\n1,2\n", {.label = "c"}), Contains("the column of labels \"c\""));
    CHECK_THAT(error("a,b\n1,2\n", {.label = -3}),
               Contains("the column of labels -3") && Contains("2 columns"));
    CHECK_THAT(error("a,b\n1,\n", {.label = 1}), Contains("a label at line 2, column 2"));
    CHECK_THROWS_WITH(at::read_csv("no/such.csv"), Contains("no/such.csv: expected a file"));
}
