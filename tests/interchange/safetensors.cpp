// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <archetype/interchange/safetensors.hpp>
#include <catch.hpp>
#include <cstring>

#include "../temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

/// A file of this header (its length in front) and so many zero bytes.
std::vector<std::byte> file_of(std::string header, std::size_t data, std::uint64_t length = ~0ull) {
    std::vector<std::byte> bytes;
    if (length == ~0ull) length = header.size();
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::byte>(length >> 8 * i & 0xFF));
    for (char c : header) bytes.push_back(static_cast<std::byte>(c));
    bytes.resize(bytes.size() + data);
    return bytes;
}

std::string error_of(std::vector<std::byte> bytes) {
    const auto file = at::try_parse_safetensors(std::move(bytes), "weights");
    return file ? "none" : file.failure().message();
}
std::string error_of(const std::string& header, std::size_t data) { return error_of(file_of(header, data)); }

std::string tensor(const std::string& name, const std::string& shape, const std::string& offsets,
                   const std::string& dtype = "F32") {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

std::filesystem::path beside(const char* name) {
    return std::filesystem::path(__FILE__).parent_path() / name;
}

const float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("a file written by numpy and json is read") {
    const at::safetensors_file file = at::read_safetensors(beside("reference.safetensors"));
    CHECK(file.metadata() == at::safetensors_metadata{{"format", "pt"}, {"note", "line\nbreak"}});
    REQUIRE(file.tensors().size() == 9);

    const at::tensor_entry* kernel = file.find("conv1/kernel");
    REQUIRE(kernel != nullptr);
    CHECK(kernel->dtype == "F32");
    CHECK(kernel->shape == std::vector<std::size_t>{1, 2, 3});
    const auto values = at::values_of<float>(*kernel);
    REQUIRE(values->size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK((*values)[i] == static_cast<float>(i) / 3.0f - 1.0f);

    CHECK(*at::values_of<double>(*file.find("double")) == std::vector<double>{0.1, -2.5e300});
    CHECK(*at::values_of<float>(*file.find("double")) == std::vector<float>{0.1f, -infinity});
    CHECK(file.find("scalar")->shape.empty());
    CHECK(*at::values_of<float>(*file.find("scalar")) == std::vector<float>{7.25f});
    const auto half = *at::values_of<float>(*file.find("half"));
    CHECK(half == std::vector<float>{1.5f, 65504.0f, 0x1p-24f, -infinity, -0.0f});
    CHECK(std::signbit(half[4]));
    CHECK(*at::values_of<float>(*file.find("brain")) == std::vector<float>{1.5f, -123.5f, 0x1p-133f});
    CHECK(*at::values_of<double>(*file.find("int64")) == std::vector<double>{-1099511627776.0, 3.0});
    CHECK(*at::values_of<float>(*file.find("bytes")) == std::vector<float>{0.0f, 255.0f});
    CHECK(file.find("empty")->shape == std::vector<std::size_t>{3, 0});
    CHECK(at::values_of<float>(*file.find("empty"))->empty());
    CHECK(*at::values_of<float>(*file.find("na\u00efve \"name\"")) == std::vector<float>{1, 0, 1});
    CHECK(file.find("absent") == nullptr);
}

TEST_CASE("writing is deterministic, in the order of the format's own library, and survives a round trip") {
    const testing::temporary_directory directory;
    const at::safetensors_file file = at::read_safetensors(beside("reference.safetensors"));
    std::vector<at::tensor_entry> entries(file.tensors().begin(), file.tensors().end());
    const auto first = directory.path() / "first", second = directory.path() / "second";
    at::write_safetensors(entries, first, file.metadata());
    std::reverse(entries.begin(), entries.end());
    at::write_safetensors(entries, second, file.metadata());
    CHECK(testing::read_bytes(first) == testing::read_bytes(second));
    // make_reference.py check accepts this file.
    CHECK(testing::read_bytes(first) == testing::read_bytes(beside("written.safetensors")));

    const at::safetensors_file again = at::read_safetensors(first);
    CHECK(again.metadata() == file.metadata());
    REQUIRE(again.tensors().size() == entries.size());
    for (const at::tensor_entry& entry : entries) {
        const at::tensor_entry* found = again.find(entry.name);
        REQUIRE(found != nullptr);
        CHECK(found->dtype == entry.dtype);
        CHECK(found->shape == entry.shape);
        CHECK(std::equal(found->data.begin(), found->data.end(), entry.data.begin(), entry.data.end()));
    }
    // nothing but the two files is left
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
}

TEST_CASE("entries of arrays in memory") {
    const testing::temporary_directory directory;
    const std::vector<float> weights{1, 2, 3, 4, 5, 6};
    const std::vector<double> bias{0.5};
    const std::vector<at::tensor_entry> entries{at::make_tensor_entry<float>("w", {2, 3}, weights),
                                                at::make_tensor_entry<double>("b", {}, bias)};
    at::write_safetensors(entries, directory.path() / "file");
    const auto bytes = testing::read_bytes(directory.path() / "file");
    std::string header = R"({"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                         R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}})";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    CHECK(std::string(bytes.begin() + 8, bytes.end() - 32) == header);
    CHECK(bytes.size() % 8 == 0);
    // The order of arguments that goes with the next version.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    at::write_safetensors(directory.path() / "old", entries);
    CHECK(!at::try_write_safetensors(directory.path() / "tried", entries));
#pragma GCC diagnostic pop
    CHECK(testing::read_bytes(directory.path() / "old") == bytes);
    CHECK(*at::values_of<float>(*at::read_safetensors(directory.path() / "file").find("w")) == weights);
}

TEST_CASE("a header that is not one JSON object is refused (FL-25 c)") {
    std::string text = R"({},"__metadata__":{"key":"value"}})";
    text.resize(40, ' ');
    CHECK_THAT(error_of(text, 0), Contains("weights") && Contains("one JSON object"));
    std::string valid = R"({"__metadata__":{"key":"value"}})";
    valid.resize(40, ' ');
    const auto file = at::try_parse_safetensors(file_of(valid, 0), "weights");
    REQUIRE(file);
    CHECK(file->tensors().empty());
    CHECK(file->metadata() == at::safetensors_metadata{{"key", "value"}});
}

TEST_CASE("ill-posed safetensors files are errors") {
    const std::string a = tensor("a", "[2]", "[0,8]");
    CHECK(error_of("{" + a + "}", 8) == "none");
    CHECK(error_of("{" + tensor("b", "[1]", "[8,12]") + "," + a + "}", 12) == "none");
    CHECK(error_of("{" + tensor("z", "[0]", "[8,8]") + "," + a + "}", 8) == "none");
    CHECK(error_of("{}", 0) == "none");

    CHECK_THAT(error_of(std::vector<std::byte>(7)), Contains("8 bytes or more, found 7 bytes"));
    CHECK_THAT(error_of(std::vector<std::byte>(8)), Contains("begins with '{', found an empty one"));
    CHECK_THAT(error_of(file_of("{}", 0, 3)), Contains("at most 2 bytes, found a length field of 3"));
    CHECK_THAT(error_of(file_of("{}", 0, ~0ull - 1)), Contains("18446744073709551614"));
    CHECK_THAT(error_of(file_of("{}", 100'000'001, 100'000'001)), Contains("at most 100000000 bytes"));
    CHECK_THAT(error_of(" {}", 0), Contains("begins with '{'"));
    CHECK_THAT(error_of("[]", 0), Contains("begins with '{'"));
    for (const char* broken : {"{", "{\"a\":}", "{} x", "{}{}", "{\"a\":1,}", "{/**/}", "{\"\xff\":1}"})
        CHECK_THAT(error_of(broken, 0), Contains("one JSON object"));
    CHECK_THAT(error_of(std::string("{}\0x", 4), 0), Contains("one JSON object"));
    CHECK_THAT(error_of("{" + a + "," + a + "}", 8), Contains("key \"a\" twice"));
    CHECK_THAT(error_of(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8),
               Contains("key \"dtype\" twice"));
    CHECK_THAT(error_of(R"({"a":[]})", 0), Contains("tensor \"a\": an object, found array"));
    CHECK_THAT(error_of(R"({"__metadata__":{"k":1}})", 0), Contains("\"k\"") && Contains("number"));
    CHECK_THAT(error_of(R"({"a":{"dtype":"F32","shape":[2]}})", 8), Contains("data_offsets"));
    CHECK_THAT(error_of(R"({"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}})", 8),
               Contains("dtype as text"));
    CHECK_THAT(error_of("{" + tensor("a", "[2]", "[0,8]", "F31") + "}", 8), Contains("F31"));
    CHECK_THAT(error_of("{" + tensor("a", "[-2]", "[0,8]") + "}", 8), Contains("[-2]"));
    CHECK_THAT(error_of("{" + tensor("a", "[2.0]", "[0,8]") + "}", 8), Contains("[2.0]"));
    CHECK_THAT(error_of("{" + tensor("a", "2", "[0,8]") + "}", 8), Contains("array of sizes, found 2"));
    for (const char* offsets :
         {"[0]", "[0,8,8]", "[8,0]", "[0,12]", "[-8,0]", "\"0,8\"", "[0,18446744073709551616]"})
        CHECK_THAT(error_of("{" + tensor("a", "[2]", offsets) + "}", 8),
                   Contains("[begin, end] within 8 bytes, found"));
    CHECK_THAT(error_of("{" + tensor("a", "[3]", "[0,8]") + "}", 8),
               Contains("12 bytes for F32 of shape (3), found 8 bytes"));
    // 2^62 * 4 and 2^32 * 2^32 * 4 wrap to zero in 64 bits
    CHECK_THAT(error_of("{" + tensor("a", "[4611686018427387904]", "[0,0]") + "}", 0),
               Contains("fits in memory"));
    CHECK_THAT(error_of("{" + tensor("a", "[4294967296,4294967296]", "[0,0]") + "}", 0),
               Contains("fits in memory"));
    CHECK_THAT(error_of("{" + tensor("a", "[2]", "[4,12]") + "}", 12),
               Contains("offset 0") && Contains("a hole"));
    CHECK_THAT(error_of("{" + a + "," + tensor("b", "[2]", "[4,12]") + "}", 12),
               Contains("\"b\" at offset 8") && Contains("an overlap"));
    CHECK_THAT(error_of("{" + a + "," + tensor("b", "[2]", "[0,8]") + "}", 8), Contains("an overlap"));
    CHECK_THAT(error_of("{" + a + "}", 9), Contains("1 trailing bytes"));
    CHECK_THROWS_AS(at::read_safetensors("no/such/file"), at::file_error);
}

TEST_CASE("what cannot be written is refused and the old file stays") {
    const testing::temporary_directory directory;
    const auto path = directory.write("file", std::vector<unsigned char>{'o', 'l', 'd'});
    const std::vector<float> values{1, 2};
    const auto entry = [&](std::string name, std::vector<std::size_t> shape) {
        return at::make_tensor_entry<float>(std::move(name), std::move(shape), values);
    };
    const auto error = [&](std::vector<at::tensor_entry> entries,
                           const at::safetensors_metadata& metadata = {}) {
        const auto failure = at::try_write_safetensors(entries, path, metadata);
        return failure ? failure->message() : "none";
    };
    CHECK_THAT(error({entry("a", {3})}), Contains("\"a\"") && Contains("(3)") && Contains("8 bytes"));
    CHECK_THAT(error({entry("a", {2}), entry("a", {1, 2})}), Contains("twice"));
    CHECK_THAT(error({entry("__metadata__", {2})}), Contains("__metadata__"));
    CHECK_THAT(error({entry("\xff", {2})}), Contains("UTF-8"));
    CHECK_THAT(error({}, {{"key", "\xc0\x80"}}), Contains("UTF-8"));
    at::tensor_entry unknown = entry("a", {2});
    unknown.dtype = "F31";
    CHECK_THAT(error({unknown}), Contains("F31"));
    CHECK(testing::read_bytes(path) == std::vector<unsigned char>{'o', 'l', 'd'});
    CHECK_THROWS_AS(at::write_safetensors({}, directory.path() / "none" / "file"), at::file_error);
    // a directory in the way: the temporary file is removed again
    std::filesystem::create_directory(directory.path() / "taken");
    CHECK(at::try_write_safetensors({}, directory.path() / "taken").has_value());
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
    CHECK(error({entry("a", {2})}) == "none");
}

TEST_CASE("half and bfloat16 agree with their definitions") {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
        const double sign = bits & 0x8000 ? -1 : 1;
        const float value = at::half_to_float(half);
        if (exponent == 31 && fraction != 0) {
            REQUIRE(std::isnan(value));
        } else {
            const double expected = exponent == 31 ? HUGE_VAL
                                                   : std::ldexp(exponent == 0 ? fraction : 1024 + fraction,
                                                                std::max(exponent, 1) - 25);
            REQUIRE(static_cast<double>(value) == sign * expected);
            REQUIRE(std::signbit(value) == (sign < 0));
        }
    }
    CHECK(at::bfloat16_to_float(0x4049) == 3.140625f);
}
