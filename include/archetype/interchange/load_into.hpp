// SPDX-License-Identifier: BSL-1.0
/// @file load_into.hpp
/// Copies the tensors of a file into a model's memory: all of them, or, if anything does not fit, none.
#pragma once
#include <archetype/interchange/safetensors.hpp>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Where a tensor goes: `destination` has room for all elements of `shape`, of type float ("F32") or double
/// ("F64").
struct load_target {
    std::string name;
    std::vector<std::size_t> shape;
    std::string dtype;
    void* destination;

    load_target(std::string tensor, std::vector<std::size_t> extents, float* to)
        : name(std::move(tensor)), shape(std::move(extents)), dtype("F32"), destination(to) {}
    load_target(std::string tensor, std::vector<std::size_t> extents, double* to)
        : name(std::move(tensor)), shape(std::move(extents)), dtype("F64"), destination(to) {}
};

struct load_options {
    bool allow_missing = false;     ///< targets that the file does not have keep their values
    bool allow_unexpected = false;  ///< tensors of the file that no target asks for are skipped
    bool allow_not_finite = false;  ///< NaN and infinities are numbers as others
    bool convert = false;  ///< other floating or integer types of the file are rounded to the target's type
};

/// What does not fit about a tensor.
enum class load_problem {
    missing,
    unexpected,
    shape,
    dtype,
    repeated_target,
    null_destination,
    not_finite,
    setting
};

struct load_mismatch {
    load_problem problem{};
    std::string tensor, expected, found;
};

/// Why a file does not fit a model: everything that is wrong, targets first, in their order.
struct load_failure {
    std::string path;
    std::vector<load_mismatch> mismatches;

    load_failure() = default;
    load_failure(std::string file, std::vector<load_mismatch> found)
        : path(std::move(file)), mismatches(std::move(found)) {}
    /// A file that cannot be read, or is of another kind.
    load_failure(const file_failure& failure)  // NOLINT: implicit
        : load_failure(failure.path, {{load_problem::missing, "file", failure.expected, failure.found}}) {}
    std::size_t unlisted = 0;  ///< further ones: of a broken file no more than a thousand are kept

    /// Names the tensors with what was expected and found, the first `limit` of them.
    std::string message(std::size_t limit = 8) const {
        const std::size_t count = mismatches.size() + unlisted;
        std::string text = path + ": " + std::to_string(count) +
                           (count == 1 ? " tensor does" : " tensors do") +
                           " not fit the model; nothing was loaded";
        // One of each kind first: what is missing and what is there instead tell together which file it is.
        std::vector<const load_mismatch*> order;
        for (const bool first : {true, false})
            for (std::size_t i = 0; i < mismatches.size(); ++i) {
                std::size_t same = 0;
                while (mismatches[same].problem != mismatches[i].problem) ++same;
                if ((same == i) == first) order.push_back(&mismatches[i]);
            }
        for (std::size_t i = 0; i < order.size() && i < limit; ++i)
            text +=
                "\n  " + order[i]->tensor + ": expected " + order[i]->expected + ", found " + order[i]->found;
        if (count > std::min(limit, mismatches.size()))
            text += "\n  and " + std::to_string(count - std::min(limit, mismatches.size())) + " more";
        return text;
    }
};

/// A file whose tensors do not fit; `what()` is the message of the failure.
class load_error : public file_error {
public:
    explicit load_error(load_failure failure)
        : file_error(failure.message(),
                     {failure.path, "tensors that fit the model",
                      std::to_string(failure.mismatches.size() + failure.unlisted) + " that do not"}),
          failure_(std::move(failure)) {}
    /// All of them, up to a thousand.
    const std::vector<load_mismatch>& mismatches() const noexcept { return failure_.mismatches; }
    [[deprecated("mismatches(); this hides failure() of file_error, the shorter form")]] const load_failure&
    failure() const noexcept {
        return failure_;
    }

private:
    load_failure failure_;
};

/// What a reader has to tell, or why it loaded nothing. True if it loaded.
template <class T>
class [[nodiscard]] load_result {
public:
    load_result(T value) : value_(std::move(value)) {}
    load_result(load_failure failure) : failure_(std::move(failure)) {}

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// Only if `has_value()`.
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return &*value_; }
    /// Only if not `has_value()`; otherwise empty.
    const load_failure& failure() const noexcept { return failure_; }

#if defined(__cpp_exceptions)
    /// The value. @throws load_error if there is none
    T value() && {
        if (!value_) throw load_error(std::move(failure_));
        return *std::move(value_);
    }
#endif

private:
    std::optional<T> value_;
    load_failure failure_{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `try_load_into` with what is already known to be wrong, which is named first.
inline std::optional<load_failure> try_load_all(const safetensors_file& file,
                                                std::span<const load_target> targets,
                                                const load_options& options,
                                                std::vector<load_mismatch> known) {
    return without_throwing(file.path(), [&]() -> std::optional<load_failure> {
        load_failure failure{file.path(), std::move(known)};
        const auto report = [&](load_problem problem, const std::string& tensor, std::string expected,
                                std::string found) {
            failure.mismatches.push_back({problem, tensor, std::move(expected), std::move(found)});
        };
        std::map<std::string_view, const tensor_entry*> entries;
        for (const tensor_entry& entry : file.tensors()) entries.emplace(entry.name, &entry);
        const auto text = [](const std::string& dtype, std::span<const std::size_t> shape) {
            return dtype + " of shape " + archetype::shape_text(shape);
        };

        std::map<std::string_view, const tensor_entry*> wanted;
        std::vector<const tensor_entry*> sources;
        for (const load_target& target : targets) {
            const auto at = entries.find(target.name);
            const tensor_entry* const entry = at == entries.end() ? nullptr : at->second;
            sources.push_back(entry);
            const std::string expected = text(target.dtype, target.shape);
            if (!wanted.emplace(target.name, entry).second)
                report(load_problem::repeated_target, target.name, "one target of this name", "two");
            else if (entry == nullptr && !options.allow_missing)
                report(load_problem::missing, target.name, expected, "no tensor of this name");
            else if (entry == nullptr)
                continue;
            else if (entry->shape != target.shape)
                report(load_problem::shape, target.name, expected, text(entry->dtype, entry->shape));
            else if (entry->dtype != target.dtype && !(options.convert && has_real_values(entry->dtype)))
                report(load_problem::dtype, target.name, expected, text(entry->dtype, entry->shape));
            else if (target.destination == nullptr && !entry->data.empty())
                report(load_problem::null_destination, target.name, "a destination", "a null pointer");
            else if (!options.allow_not_finite) {
                const auto bad = target.dtype == "F32" ? detail::first_bad_number<float>(*entry)
                                                       : detail::first_bad_number<double>(*entry);
                if (bad)
                    report(load_problem::not_finite, target.name,
                           "finite numbers (load_options::allow_not_finite)", bad->message(target.shape));
            }
        }
        if (!options.allow_unexpected)
            for (const tensor_entry& entry : file.tensors())
                if (!wanted.contains(entry.name))
                    report(load_problem::unexpected, entry.name, "no tensor of this name",
                           text(entry.dtype, entry.shape));
        if (!failure.mismatches.empty()) return failure;

        for (std::size_t i = 0; i < targets.size(); ++i) {
            if (sources[i] == nullptr) continue;
            if (targets[i].dtype == "F32")
                copy_values(*sources[i], static_cast<float*>(targets[i].destination));
            else
                copy_values(*sources[i], static_cast<double*>(targets[i].destination));
        }
        return std::nullopt;
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Checks every target and every tensor of the file, then copies. Returns what does not fit, with nothing
/// written, or nothing. Works with -fno-exceptions.
inline std::optional<load_failure> try_load_into(const safetensors_file& file,
                                                 std::span<const load_target> targets,
                                                 const load_options& options = {}) {
    return detail::try_load_all(file, targets, options, {});
}

#if defined(__cpp_exceptions)
/// The same with an exception. @throws load_error with nothing written
inline void load_into(const safetensors_file& file, std::span<const load_target> targets,
                      const load_options& options = {}) {
    if (auto failure = try_load_into(file, targets, options)) throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
