// SPDX-License-Identifier: BSL-1.0
/// @file torch_file.hpp
/// Reads what PyTorch's `torch.save` wrote: archives (since 1.6) and the pickles before. A pickle is read as data; nothing
/// in it is executed (pickle.hpp). Archives need libzip (`ARCHETYPE_HAS_LIBZIP`, link with -lzip).
#pragma once
#include <algorithm>
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/zip_member.hpp>
#include <archetype/interchange/pickle.hpp>
#include <archetype/interchange/tensor_entry.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The tensors of a state dict with their bytes. Copies share the bytes, so entries stay valid as long as one copy lives.
/// Packed in row-major order whatever the strides were.
class torch_file : public detail::tensor_file {
public:
    torch_file(std::string path, std::vector<detail::shared_bytes> bytes, std::vector<tensor_entry> tensors,
               std::vector<std::string> other_keys)
        : tensor_file(std::move(path), std::move(bytes), std::move(tensors)),
          other_keys_(std::move(other_keys)) {}

    /// What stands beside the state dict in a checkpoint: "epoch", "optimizer".
    std::span<const std::string> other_keys() const noexcept { return other_keys_; }

private:
    std::vector<std::string> other_keys_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Finds the state dict in the value that was saved, and its tensors.
class torch_reader {
public:
    /// @param everywhere  tensors of all dicts within, by their paths; what is none is a key
    torch_reader(std::string path, std::string member, bool everywhere = false)
        : path_(std::move(path)), member_(std::move(member)), everywhere_(everywhere) {}

    file_result<torch_file> read(std::vector<std::byte> content) {
        const auto bytes = std::make_shared<const std::vector<std::byte>>(std::move(content));
        const std::string_view text = view_of(*bytes);
        if (text.starts_with("PK\x03\x04")) return read_archive(bytes);
        if (text.starts_with("\x80")) return read_pickles(bytes);
        if (text.size() > 262 && text.substr(257, 5) == "ustar")
            return fail("a file of PyTorch 0.1.10 or later (torch.save)", "an older one, a tar archive");
        return fail("a file of torch.save", text.empty() ? "an empty file" : "something else");
    }

private:
    struct storage {
        std::string_view type{};  ///< "F32"
        std::uint64_t count = 0;  ///< elements
        shared_bytes bytes{};
        std::size_t offset = 0;  ///< of its first byte
        bool is_known = false;
    };

    static std::string_view view_of(const std::vector<std::byte>& bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    file_failure fail(std::string expected, std::string found) const {
        return {path_, std::move(expected), std::move(found)};
    }
    /// The type of "FloatStorage", or nothing.
    static std::string_view type_of(std::string_view storage) {
        static constexpr std::pair<std::string_view, std::string_view> types[] = {
            {"FloatStorage", "F32"},     {"DoubleStorage", "F64"}, {"HalfStorage", "F16"},
            {"BFloat16Storage", "BF16"}, {"LongStorage", "I64"},   {"IntStorage", "I32"},
            {"ShortStorage", "I16"},     {"CharStorage", "I8"},    {"ByteStorage", "U8"},
            {"BoolStorage", "BOOL"}};
        for (const auto& [name, type] : types)
            if (name == storage) return type;
        return {};
    }

    // An archive has the pickle and each storage as a member.
    file_result<torch_file> read_archive(const shared_bytes& bytes) {
        const auto opened = zip_members::try_open(*bytes, path_);
        if (!opened) return opened.failure();
        const zip_members& archive = *opened;
        // PyTorch compresses nothing.
        constexpr bool only_stored = true;
        std::string root;
        bool found = false, is_script = false;
        for (const std::string& name : archive.names()) {
            const std::size_t slash = name.find('/');
            if (slash == std::string::npos) continue;
            const std::string_view rest = std::string_view(name).substr(slash + 1);
            if (rest == "data.pkl") root = name.substr(0, slash + 1), found = true;
            is_script = is_script || rest == "constants.pkl" || rest.starts_with("code/");
        }
        if (!found) return fail("an archive of torch.save with a data.pkl", "another zip archive");
        if (is_script)
            return fail("a state dict (torch.save(module.state_dict(), path))",
                        "a program of TorchScript (torch.jit.save)");
        if (const auto order = archive.try_read(root + "byteorder", only_stored))
            if (view_of(*order) != "little")
                return fail("a little-endian file", std::string(view_of(*order)));
        const auto pickled_bytes = archive.try_read(root + "data.pkl", only_stored);
        if (!pickled_bytes) return pickled_bytes.failure();
        auto made = try_parse_pickle(view_of(*pickled_bytes), path_ + ": data.pkl");
        if (!made) return made.failure();
        return read_dict(*made, [&](storage& to, const std::string& key) -> std::optional<file_failure> {
            auto data = archive.try_read(root + "data/" + key, only_stored);
            if (!data) return data.failure();
            to.bytes = std::make_shared<const std::vector<std::byte>>(*std::move(data));
            if (to.bytes->size() / dtype_size(to.type) < to.count)
                return file_failure{path_ + ": data/" + key,
                                    std::to_string(to.count) + " elements of " + std::string(to.type),
                                    std::to_string(to.bytes->size()) + " bytes"};
            return std::nullopt;
        });
    }

    // The format before: a magic number, a version, what the machine was, the value, the keys of the storages, and each with
    // its number of elements before it.
    file_result<torch_file> read_pickles(const shared_bytes& bytes) {
        std::size_t at = 0;
        std::vector<pickle> parts;
        while (parts.size() < 5) {
            auto made = try_parse_pickle(view_of(*bytes).substr(at), path_);
            if (!made) return made.failure();
            at += made->size();
            parts.push_back(*std::move(made));
            if (parts.size() == 1 &&
                (parts[0].root().kind != pickled::bytes || parts[0].root().text != magic))
                return fail("a file of torch.save", "a pickle of something else");
        }
        if (parts[1].root().integer != 1001)
            return fail("version 1001 of torch.save's pickles", parts[1].describe(parts[1].root()));
        if (const auto little = parts[2].find(parts[2].root(), "little_endian");
            little && parts[2][*little].integer != 1)
            return fail("a little-endian file", "another byte order");
        // Where each storage lies depends on those before it, whose types are known once the dict has been read.
        std::vector<std::string> keys;
        for (const std::uint32_t key : parts[4].root().items) keys.emplace_back(parts[4][key].text);
        std::vector<std::pair<std::string, std::size_t>> places;
        return read_dict(parts[3], [&](storage& to, const std::string& key) -> std::optional<file_failure> {
            if (places.empty()) {
                std::size_t next = at;
                for (const std::string& one : keys) {
                    const auto type = legacy_types_.find(one);
                    if (bytes->size() - next < 8 || type == legacy_types_.end())
                        return fail("the storages that the file names", "an end, or one of no tensor");
                    const auto count = little_endian_value<std::uint64_t>(bytes->data() + next);
                    const std::size_t size = dtype_size(type->second);
                    next += 8;
                    if (count > (bytes->size() - next) / size)
                        return fail(std::to_string(count) + " elements of storage " + one,
                                    std::to_string(bytes->size() - next) + " bytes");
                    places.emplace_back(one, next);
                    next += static_cast<std::size_t>(count) * size;
                }
                if (next != bytes->size())
                    return fail("a file that ends with its last storage",
                                std::to_string(bytes->size() - next) + " trailing bytes");
            }
            for (const auto& [one, place] : places)
                if (one == key) {
                    if (little_endian_value<std::uint64_t>(bytes->data() + place - 8) != to.count) break;
                    to.bytes = bytes;
                    to.offset = place;
                    return std::nullopt;
                }
            return fail("storage " + key + " of " + std::to_string(to.count) + " elements", "none like it");
        });
    }

    template <class Load>
    file_result<torch_file> read_dict(const pickle& made, const Load& load) {
        const pickle_value* dict = &made.root();
        std::vector<std::string> others;
        if (everywhere_ && dict->kind == pickled::dict) {
            remember_types(made);
            std::vector<tensor_entry> tensors;
            std::size_t left = 1 << 20;
            if (auto problem = read_within(made, *dict, "", 0, left, load, tensors, others))
                return *std::move(problem);
            return torch_file(path_, std::move(kept_), std::move(tensors), std::move(others));
        }
        if (!member_.empty()) {
            const auto found = made.find(made.root(), member_);
            if (!found) return fail("a dict with \"" + member_ + '"', keys_of(made, made.root()));
            for (std::size_t i = 0; i + 1 < made.root().items.size(); i += 2)
                if (made.root().items[i + 1] != *found) others.emplace_back(made[made.root().items[i]].text);
            dict = &made[*found];
        }
        if (dict->kind != pickled::dict)
            return fail("a state dict (torch.save(module.state_dict(), path))", made.describe(*dict));
        for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2)
            if (member_.empty() && made[dict->items[i + 1]].kind == pickled::dict)
                return fail("a state dict", "a checkpoint with " + keys_of(made, *dict) +
                                                ": say which is the state dict (options.member)");
        remember_types(made);
        std::vector<tensor_entry> tensors;
        std::set<std::string_view> names;
        for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
            const pickle_value& key = made[dict->items[i]];
            if (key.kind != pickled::text)
                return fail("a state dict with names", "a key that is " + made.describe(key));
            if (!names.insert(key.text).second)
                return fail("every name once", std::string(key.text) + " twice");
            const pickle_value& value = made[without_flag(made, dict->items[i + 1])];
            auto problem = read_tensor(made, std::string(key.text), value, load, tensors);
            if (problem) return *std::move(problem);
        }
        return torch_file(path_, std::move(kept_), std::move(tensors), std::move(others));
    }

    /// A parameter is a tensor with a flag.
    template <class Index>
    static Index without_flag(const pickle& made, Index of) {
        const pickle_value& value = made[of];
        if (value.kind == pickled::call && value.items.size() == 2 &&
            (made.is_global(value.items[0], "torch._utils", "_rebuild_parameter") ||
             made.is_global(value.items[0], "torch._utils", "_rebuild_parameter_with_state")) &&
            !made[value.items[1]].items.empty())
            return made[value.items[1]].items[0];
        return of;
    }
    /// Dicts may be in each other many times over: `left` are still looked at.
    template <class Load>
    std::optional<file_failure> read_within(const pickle& made, const pickle_value& dict,
                                            const std::string& prefix, int depth, std::size_t& left,
                                            const Load& load, std::vector<tensor_entry>& tensors,
                                            std::vector<std::string>& others) {
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
            if (depth == 16 || left-- == 0) return fail("at most 2^20 entries, 16 deep", "more");
            const pickle_value& key = made[dict.items[i]];
            std::string name =
                prefix + (key.kind == pickled::text ? std::string(key.text) : std::to_string(key.integer));
            const pickle_value& value = made[without_flag(made, dict.items[i + 1])];
            std::optional<file_failure> problem;
            if (value.kind == pickled::dict)
                problem = read_within(made, value, name + "/", depth + 1, left, load, tensors, others);
            else if (value.kind == pickled::call && !value.items.empty() &&
                     made.is_global(value.items[0], "torch._utils", "_rebuild_tensor_v2"))
                problem = read_tensor(made, name, value, load, tensors);
            else
                others.push_back(std::move(name));
            if (problem) return problem;
        }
        return std::nullopt;
    }

    std::string keys_of(const pickle& made, const pickle_value& dict) const {
        if (dict.kind != pickled::dict) return made.describe(dict);
        std::string text;
        for (std::size_t i = 0; i + 1 < dict.items.size() && text.size() < 200; i += 2)
            text += (text.empty() ? "" : ", ") + std::string(made[dict.items[i]].text);
        return text.empty() ? "an empty dict" : text;
    }

    /// The types of all storages that the pickle speaks of.
    void remember_types(const pickle& made) {
        for (std::uint32_t v = 0; v < made.count(); ++v)
            if (made[v].kind == pickled::persistent)
                if (const auto named = storage_of(made, v))
                    legacy_types_.emplace(named->first, named->second.type);
    }
    /// Of ("storage", type, key, place, count): its key, type and size.
    std::optional<std::pair<std::string, storage>> storage_of(const pickle& made, std::uint32_t value) const {
        const pickle_value& id = made[value];
        if (id.kind != pickled::persistent || id.items.size() != 1) return std::nullopt;
        const pickle_value& parts = made[id.items[0]];
        if (parts.kind != pickled::tuple || parts.items.size() < 5 ||
            made[parts.items[0]].text != "storage" || made[parts.items[1]].kind != pickled::global ||
            made[parts.items[4]].kind != pickled::integer || made[parts.items[4]].integer < 0)
            return std::nullopt;
        storage found;
        found.type = type_of(made[parts.items[1]].name);
        found.count = static_cast<std::uint64_t>(made[parts.items[4]].integer);
        if (found.type.empty()) return std::nullopt;
        return std::pair(std::string(made[parts.items[2]].text), found);
    }

    std::optional<std::vector<std::size_t>> sizes_of(const pickle& made, std::uint32_t value) const {
        // torch.Size is a tuple in a call.
        const pickle_value* tuple = &made[value];
        if (tuple->kind == pickled::call && tuple->items.size() == 2 && !made[tuple->items[1]].items.empty())
            tuple = &made[made[tuple->items[1]].items[0]];
        if (tuple->kind != pickled::tuple || tuple->items.size() > 32) return std::nullopt;
        std::vector<std::size_t> sizes;
        for (const std::uint32_t item : tuple->items) {
            if (made[item].kind != pickled::integer || made[item].integer < 0) return std::nullopt;
            sizes.push_back(static_cast<std::size_t>(made[item].integer));
        }
        return sizes;
    }

    template <class Load>
    std::optional<file_failure> read_tensor(const pickle& made, const std::string& name,
                                            const pickle_value& value, const Load& load,
                                            std::vector<tensor_entry>& to) {
        const std::string label = "tensor \"" + name + "\": ";
        const bool is_tensor = value.kind == pickled::call && value.items.size() == 2 &&
                               (made.is_global(value.items[0], "torch._utils", "_rebuild_tensor_v2") ||
                                made.is_global(value.items[0], "torch._utils", "_rebuild_tensor"));
        if (!is_tensor) return fail(label + "a dense tensor", made.describe(value));
        const pickle_value& given = made[value.items[1]];
        const std::size_t known = given.items.size();
        if (given.kind != pickled::tuple || known < 4 || made[given.items[1]].kind != pickled::integer)
            return fail(label + "a storage, an offset, sizes and strides", "something else");
        const auto named = storage_of(made, given.items[0]);
        if (!named) return fail(label + "a storage of real numbers, integers or booleans", "another one");
        const auto shape = sizes_of(made, given.items[2]), strides = sizes_of(made, given.items[3]);
        if (!shape || !strides || shape->size() != strides->size())
            return fail(label + "as many strides as sizes, none of them negative", "others");
        auto [place, is_new] = storages_.try_emplace(named->first, named->second);
        storage& from = place->second;
        if (is_new) {
            if (auto problem = load(from, named->first)) return problem;
            kept_.push_back(from.bytes);
        }
        if (from.type != named->second.type || from.count != named->second.count)
            return fail(label + "a storage that all tensors name alike", "one with two types or sizes");

        // Every element lies in the storage, and a tensor has no more elements than it.
        const std::size_t element = dtype_size(from.type);
        const auto bytes = tensor_bytes(*shape, element);
        const std::int64_t first = made[given.items[1]].integer;
        if (!bytes || *bytes / element > from.count || first < 0)
            return fail(label + "at most the " + std::to_string(from.count) + " elements of its storage",
                        "shape " + archetype::shape_text(*shape));
        std::uint64_t last = static_cast<std::uint64_t>(first);
        bool is_packed = true;
        std::uint64_t dense = 1;
        for (std::size_t axis = shape->size(); axis-- > 0;) {
            const std::uint64_t extent = (*shape)[axis], stride = (*strides)[axis];
            if (extent == 0) continue;
            if (extent > 1 && stride > from.count)
                last = from.count;
            else
                last += (extent - 1) * stride;
            is_packed = is_packed && (extent == 1 || stride == dense);
            dense *= extent;
        }
        if (*bytes != 0 && last >= from.count)
            return fail(label + "elements within the " + std::to_string(from.count) + " of its storage",
                        "one at " + std::to_string(last));
        tensor_entry entry{name, std::string(from.type), *shape, {}};
        if (*bytes == 0 || is_packed) {
            const std::size_t begin =
                *bytes == 0 ? 0 : from.offset + static_cast<std::size_t>(first) * element;
            entry.data = std::span(*from.bytes).subspan(begin, *bytes);
        } else {
            if (*bytes > unpacked_limit() - unpacked_)
                return fail(
                    "tensors with strides of at most " + std::to_string(unpacked_limit()) + " bytes together",
                    "more");
            unpacked_ += *bytes;
            auto packed = std::make_shared<std::vector<std::byte>>(*bytes);
            pack(*from.bytes, from.offset + static_cast<std::size_t>(first) * element, *shape, *strides,
                 element, packed->data());
            kept_.push_back(packed);
            entry.data = std::span<const std::byte>(*kept_.back());
        }
        to.push_back(std::move(entry));
        return std::nullopt;
    }

    /// Tensors that are transposed or cut out are copied: views of one storage may be many.
    std::size_t unpacked_limit() const {
        std::size_t sum = 0;
        for (const auto& [key, one] : storages_)
            sum += static_cast<std::size_t>(one.count) * dtype_size(one.type);
        return 4 * sum;
    }
    static void pack(const std::vector<std::byte>& from, std::size_t first,
                     const std::vector<std::size_t>& shape, const std::vector<std::size_t>& strides,
                     std::size_t element, std::byte* to) {
        std::vector<std::size_t> place(shape.size());
        for (;;) {
            std::size_t at = first;
            for (std::size_t axis = 0; axis < shape.size(); ++axis)
                at += place[axis] * strides[axis] * element;
            to = std::copy_n(from.data() + at, element, to);
            std::size_t axis = shape.size();
            for (; axis > 0; --axis) {
                if (++place[axis - 1] != shape[axis - 1]) break;
                place[axis - 1] = 0;
            }
            if (axis == 0) return;
        }
    }

    // 0x1950a86a20f9469cfc6c, little-endian.
    static constexpr std::string_view magic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};
    std::string path_, member_;
    bool everywhere_ = false;
    std::map<std::string, storage> storages_{};
    std::map<std::string, std::string_view> legacy_types_{};
    std::vector<shared_bytes> kept_{};
    std::size_t unpacked_ = 0;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What `try_read_torch` may be told.
struct torch_options {
    std::string
        member{};  ///< of a checkpoint: the key of its state dict ("state_dict", "model"); "": the file is one
    /// The tensors of all dicts of a checkpoint, by their paths ("state_dict/0.weight"): to look at. `other_keys` has the rest.
    bool everywhere = false;
};

/// The tensors of a file that `torch.save` wrote of a state dict, or of a checkpoint that holds one. Tensors may share a
/// storage, be transposed or cut out. Objects of other kinds are no error unless they stand where a tensor should.
inline file_result<torch_file> try_parse_torch(std::vector<std::byte> bytes, const std::string& path,
                                               const torch_options& options = {}) {
    return detail::without_throwing(path, [&] {
        return detail::torch_reader(path, options.member, options.everywhere).read(std::move(bytes));
    });
}
/// The same of a file.
inline file_result<torch_file> try_read_torch(const std::filesystem::path& path,
                                              const torch_options& options = {}) {
    auto bytes = try_read_file(path);
    if (!bytes) return bytes.failure();
    return try_parse_torch(*std::move(bytes), path.string(), options);
}

#if defined(__cpp_exceptions)
/// The same. @throws file_error
inline torch_file read_torch(const std::filesystem::path& path, const torch_options& options = {}) {
    return try_read_torch(path, options).value();
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
