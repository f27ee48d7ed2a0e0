// SPDX-License-Identifier: BSL-1.0
// What readers make of files that announce, or hold, more than they are: memory, messages, and undefined behaviour.
#include <zlib.h>

#include <archetype/data/csv.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/data/npz.hpp>
#include <archetype/data/scikit_learn.hpp>
#include <catch.hpp>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "temporary_directory.hpp"
#if ARCHETYPE_HAS_LIBZIP
#include <zip.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

namespace at = archetype;
using Catch::Contains;
using testing::temporary_directory;

namespace {

// The most memory that was asked for at once since `peak.start()`.
struct {
    std::atomic<std::size_t> now{0}, most{0};
    std::size_t before = 0;
    void start() { before = now, most = now.load(); }
    std::size_t bytes() const { return most - before; }
} peak;

}  // namespace

#if !defined(SANITIZED)  // sanitizers have these functions themselves: nothing is counted then
// Counts in a header before the memory that is given.
void* operator new(std::size_t size) {
    auto* const made = static_cast<std::size_t*>(std::malloc(size + 16));
    if (made == nullptr) throw std::bad_alloc();
    *made = size;
    const std::size_t now = peak.now += size;
    for (std::size_t most = peak.most; most < now && !peak.most.compare_exchange_weak(most, now);) {
    }
    return made + 2;
}
void operator delete(void* at) noexcept {
    if (at == nullptr) return;
    auto* const made = static_cast<std::size_t*>(at) - 2;
    peak.now -= *made;
    std::free(made);
}
void operator delete(void* at, std::size_t) noexcept { operator delete(at); }
#endif

namespace {

std::filesystem::path text_file(const temporary_directory& directory, const std::string& text) {
    std::ofstream(directory.path() / "file", std::ios::binary) << text;
    return directory.path() / "file";
}
/// `begin`, then `count` times `body`, through gzip.
std::filesystem::path compressed(const temporary_directory& directory, const std::string& begin,
                                 const std::string& body, std::size_t count) {
    const auto path = directory.path() / "file.gz";
    gzFile file = gzopen(path.c_str(), "wb9");
    gzwrite(file, begin.data(), static_cast<unsigned>(begin.size()));
    for (std::size_t i = 0; i < count; ++i) gzwrite(file, body.data(), static_cast<unsigned>(body.size()));
    gzclose(file);
    return path;
}
std::string npy(const std::string& shape, const std::string& type = "<f4") {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
    return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size() & 0xFF) +
           static_cast<char>(header.size() >> 8) + header;
}
template <class Read>
std::string error(const Read& read) {
    try {
        (void)read();
    } catch (const at::file_error& failure) {
        return failure.what();
    }
    return "none";
}
constexpr std::size_t megabyte = 1 << 20;

}  // namespace

TEST_CASE("compressed files hold no more than the limit, and nothing is made of the rest") {
    const temporary_directory directory;
    const std::string zeros(megabyte, '\0');
    // 64 MB of zeros in 64 KB
    const auto array = compressed(directory, npy("(64, 1024, 256)"), zeros, 64);
    const at::read_limits small{.decompressed_bytes = 8 * megabyte};
    peak.start();
    CHECK_THAT(
        error([&] { return at::read_npy<float>(array, small); }),
        Contains("at most 8388608 bytes after decompression (read_limits::decompressed_bytes), found 6710"));
    CHECK(peak.bytes() < megabyte);
    peak.start();
    CHECK(at::read_npy<float, 3>(array).size() == 64 * 1024 * 256);
    CHECK(peak.bytes() < 66 * megabyte);  // the result and no copy of it

    const auto images = compressed(directory, {"\0\0\x08\3\0\0\0\x40\0\0\4\0\0\0\4\0", 16}, zeros, 64);
    CHECK_THAT(error([&] { return at::read_idx_images(images, small); }),
               Contains("read_limits::decompressed_bytes"));
    CHECK_THAT(error([&] { return at::read_idx_dataset(images, images, {.limits = small}); }),
               Contains("read_limits::decompressed_bytes"));

    std::string lines;
    while (lines.size() < megabyte) lines += "1,2,3,4,5,6,7,8\n";
    const auto table = compressed(directory, "a,b,c,d,e,f,g,h\n", lines, 16);
    peak.start();
    CHECK_THAT(error([&] { return at::read_csv(table, {.limits = small}); }),
               Contains("read_limits::decompressed_bytes"));
    CHECK(peak.bytes() < 8 * 4 * megabyte + megabyte);  // what came before the limit

    // All in one field, and an end that never comes
    const auto field = compressed(directory, "a\n\"", zeros, 64);
    CHECK_THAT(error([&] { return at::read_csv(field, {.limits = small}); }),
               Contains("read_limits::decompressed_bytes"));
}

TEST_CASE("a table takes the memory of its numbers") {
    const temporary_directory directory;
    std::string text = "1";
    for (std::size_t i = 1; i < 500'000; ++i) text += ",1";
    const auto one_row = text_file(directory, text + "\n");
    for (const at::csv_options& options :
         {at::csv_options{.header = false}, at::csv_options{.header = false, .label = -1}}) {
        peak.start();
        CHECK(at::read_csv(one_row, options).values.size() >= 499'999);
        CHECK(peak.bytes() < 30 * text.size() / 2);  // 4 times as values, 4 as a row
    }
    CHECK_THAT(
        error([&] { return at::read_csv(one_row, {.header = false, .limits = {.columns = 400'000}}); }),
        Contains("at most 400000 columns (read_limits::columns) at line 1"));
    CHECK_THAT(error([&] { return at::read_csv(one_row, {.limits = {.columns = 400'000}}); }),
               Contains("read_limits::columns"));

    std::string rows;
    for (std::size_t i = 0; i < 500'000; ++i) rows += "1\n";
    peak.start();
    CHECK(at::read_csv(text_file(directory, rows), {.header = false}).values.size() == 500'000);
    CHECK(peak.bytes() < 9 * rows.size());  // 4 times as values, and as long in blocks
    std::string labels;
    for (int i = 0; i < 100; ++i) labels += "0,name" + std::to_string(i) + "\n";
    CHECK_THAT(error([&] {
                   return at::read_csv(text_file(directory, labels),
                                       {.header = false, .label = 1, .limits = {.classes = 99}});
               }),
               Contains("at most 99 different labels (read_limits::classes) at line 100"));
}

TEST_CASE("rows one after the other") {
    const temporary_directory directory;
    at::csv_reader rows(text_file(directory, "x,kind,y\n1,a,2\n\n3,\"b\nc\",4\n"), {.label = "kind"});
    CHECK(rows.names() == std::vector<std::string>{"x", "y"});
    CHECK(rows.columns() == 2);
    REQUIRE(rows.next());
    CHECK(rows.values()[1] == 2);
    CHECK(rows.label() == "a");
    REQUIRE(rows.next());
    CHECK(rows.line() == 4);
    CHECK(rows.label() == "b\nc");
    CHECK(rows.values()[0] == 3);
    CHECK_FALSE(rows.next());
    CHECK_FALSE(rows.next());
}

TEST_CASE("fields across the pieces in which a file is read") {
    const temporary_directory directory;
    // Quotes, doubled quotes and ends of lines move over the place where a piece of 65,536 bytes ends.
    for (const std::size_t shift : {0, 1, 2, 3, 4, 5, 6, 7}) {
        std::string text(shift, ' ');
        while (text.size() < 70'000) text += "\"a\"\"b\nc\",1\n";
        const auto table = at::read_csv(text_file(directory, text), {.header = false, .label = 0});
        CHECK(table.classes == std::vector<std::string>{"a\"b\nc"});
        CHECK(table.values.size() == (70'000 - shift + 10) / 11);
    }
    // The mark of UTF-8 alone, and a last line of a quote
    CHECK_THAT(error([&] { return at::read_csv(text_file(directory, "\xEF\xBB\xBF")); }),
               Contains("at least one row"));
    CHECK(at::read_csv(text_file(directory, "1,\"2\""), {.header = false}).values(0, 1) == 2);
}

TEST_CASE("a size in a file makes nothing before its bytes are seen") {
    const temporary_directory directory;
    const std::string huge = "(1000000000000,)";
    peak.start();
    CHECK_THAT(error([&] { return at::read_npy<float>(text_file(directory, npy(huge) + "1234")); }),
               Contains("expected 4000000000"));
    CHECK_THAT(
        error([&] {
            return at::read_idx<float>(text_file(directory, {"\0\0\x08\2\x7F\xFF\xFF\xFF\0\0\0\2\1", 13}));
        }),
        Contains("found 13 bytes"));
    // A header that would be 4 GB
    std::string header = npy("(1,)");
    header[6] = 2;
    header.replace(8, 4, "\xFF\xFF\xFF\xFF");
    CHECK_THAT(error([&] { return at::read_npy<float>(text_file(directory, header)); }),
               Contains("a header of at most"));
    CHECK(peak.bytes() < megabyte);
}

TEST_CASE("empty arrays with an impossible extent are refused: their strides would overflow") {
    const temporary_directory directory;
    for (const char* shape : {"(0, 4611686018427387904, 4)", "(9223372036854775807, 9223372036854775807, 0)",
                              "(0, 18446744073709551615)", "(2305843009213693952, 0)"})
        CHECK_THAT(error([&] { return at::read_npy<float>(text_file(directory, npy(shape))); }),
                   Contains("extents that fit in memory"));
    CHECK(at::read_npy<float>(text_file(directory, npy("(0, 5)"))).size() == 0);
    std::string idx("\0\0\x08\4\0\0\0\0", 8);
    for (int i = 0; i < 3; ++i) idx += "\xFF\xFF\xFF\xFF";
    CHECK_THAT(error([&] { return at::read_idx<float>(text_file(directory, idx)); }),
               Contains("0 x 4294967295"));
    std::string axes = "(";
    for (int i = 0; i < 65; ++i) axes += "1,";
    CHECK_THAT(error([&] { return at::read_npy<float>(text_file(directory, npy(axes + ")"))); }),
               Contains("at most 64 axes"));
}

TEST_CASE("counts in scikit-learn's files are whole numbers") {
    const temporary_directory directory;
    const auto read = [&](const std::string& first) {
        std::ofstream(directory.path() / "iris.csv") << first << "\n1,2,0\n3,4,1\n";
        return error([&] { return at::read_iris(directory.path()); });
    };
    CHECK(read("2,2,a,b") == "none");
    for (const char* bad :
         {"-1,2,a,b", "1e300,2,a,b", "2,1.5,a,b", "2,nan,a,b", "99999999999999999999,2,a,b"})
        CHECK_THAT(read(bad), Contains("a whole number from 0 on at line 1, column"));
    CHECK_THAT(read("3,2,a,b"), Contains("expected 3 samples of 2 features, found 2 of 2"));
    CHECK_THAT(read("2,2"), Contains("a first line of samples, features and classes"));
    CHECK_THAT(read("2,2,a"), Contains("classes below 1"));
}

TEST_CASE("samples are numbers that a float can hold") {
    const temporary_directory directory;
    const at::csv_table table = at::read_csv(text_file(directory, "a,b\n1,2\n3,1e300\n"));
    CHECK_THROWS_WITH(table.samples(), Contains("row 1, column 1"));
}

#if !defined(SANITIZED)  // they end a program that asks for as much
TEST_CASE("functions that do not throw say that memory does not suffice") {
    const temporary_directory directory;
    const auto path = directory.path() / "sparse";
    std::ofstream(path).flush();
    std::error_code error;
    std::filesystem::resize_file(path, std::uintmax_t{1} << 43, error);  // 8 TB, of which nothing is stored
    if (error) return;                                                   // not on this file system
    const auto bytes = at::try_read_file(path);
    REQUIRE_FALSE(bytes);
    CHECK_THAT(bytes.failure().message(), Contains("content that fits in memory"));
}
#endif

#if ARCHETYPE_HAS_LIBZIP
TEST_CASE("archives hold no more than the limit") {
    const temporary_directory directory;
    const auto path = directory.path() / "bomb.npz";
    const std::string content = npy("(64, 1024, 256)") + std::string(64 * megabyte, '\0');
    int code = 0;
    zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE, &code);
    zip_file_add(archive, "zeros.npy", zip_source_buffer(archive, content.data(), content.size(), 0), 0);
    REQUIRE(zip_close(archive) == 0);
    CHECK(std::filesystem::file_size(path) < 100'000);
    const at::read_limits small{.decompressed_bytes = 8 * megabyte};
    peak.start();
    CHECK_THAT(
        error([&] { return at::npz_file(path, small).read<float>("zeros"); }),
        Contains(
            "zeros: expected at most 8388608 bytes after decompression (read_limits::decompressed_bytes)"));
    CHECK(peak.bytes() < megabyte);
    CHECK(at::npz_file(path).read<float, 3>("zeros").size() == 64 * 1024 * 256);
    CHECK(peak.bytes() < 66 * megabyte);
    // An archive that announces less, and one that announces more, than it holds
    const auto bytes = testing::read_bytes(path);
    const std::string mark = "PK\1\2";
    const auto central = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end()) - bytes.begin();
    for (const unsigned char size : {1, 255}) {
        auto other = bytes;
        other[static_cast<std::size_t>(central) + 27] = size;  // the highest byte of the uncompressed size
        CHECK(error([&] { return at::npz_file(directory.write("other.npz", other)).read<float>("zeros"); }) !=
              "none");
    }
}
#endif
