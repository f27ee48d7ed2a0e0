// SPDX-License-Identifier: BSL-1.0
/// @file state_dict_tensors.hpp
/// Named tensors of a file, in JSON or binary: looked up by name, their shape known before their numbers are read.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/interchange/json_tensor.hpp>
#include <archetype/interchange/tensor_entry.hpp>
#include <span>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

class state_dict_tensors {
public:
    virtual ~state_dict_tensors() = default;
    virtual std::size_t size() const = 0;
    virtual std::string name(std::size_t tensor) const = 0;
    /// The tensor of this name, or `size()`.
    virtual std::size_t find(std::string_view name) const = 0;
    /// The shape that the network has for it, before it is asked for its own.
    virtual void want(std::size_t /*tensor*/, const std::vector<std::size_t>& /*shape*/) const {}
    /// Its shape, or nothing and what was expected and found.
    virtual std::optional<std::vector<std::size_t>> shape(std::size_t tensor, std::string& expected,
                                                          std::string& found) const = 0;
    /// Its numbers, or false and what was expected and found.
    virtual bool read(std::size_t tensor, float* to, std::string& expected, std::string& found) const = 0;
    virtual bool read(std::size_t tensor, double* to, std::string& expected, std::string& found) const = 0;
};

/// The members of a JSON object. Their keys are remembered by their place: four bytes each.
class json_tensors final : public state_dict_tensors {
public:
    json_tensors(const json_document& document, const json_value& object)
        : document_(document), begin_(object.cursor()) {
        std::size_t count = 0;
        object.for_each_member([&](std::string_view, json_value) { ++count; });
        keys_.reserve(count);
        object.for_each_member([&](std::string_view quoted, json_value) {
            keys_.push_back(static_cast<std::uint32_t>(quoted.data() - begin_.at));
        });
    }
    std::size_t size() const override { return keys_.size(); }
    std::string name(std::size_t tensor) const override { return json_value(key(tensor)).text(); }
    std::size_t find(std::string_view name) const override {
        std::size_t tensor = 0;
        while (tensor < size() && !json_value::same_key(json_value(key(tensor)).raw(), name)) ++tensor;
        return tensor;
    }
    std::optional<std::vector<std::size_t>> shape(std::size_t tensor, std::string& expected,
                                                  std::string& found) const override {
        tensor_problem problem;
        auto shape = shape_of_tensor(value(tensor), problem);
        if (!shape) {
            expected = problem.expected;
            found = problem.found_in(document_);
        }
        return shape;
    }
    bool read(std::size_t tensor, float* to, std::string& expected, std::string& found) const override {
        return read_numbers(tensor, to, expected, found);
    }
    bool read(std::size_t tensor, double* to, std::string& expected, std::string& found) const override {
        return read_numbers(tensor, to, expected, found);
    }

private:
    json_cursor key(std::size_t tensor) const { return {begin_.at + keys_[tensor], begin_.end}; }
    json_value value(std::size_t tensor) const {
        json_cursor at = key(tensor);
        at.string();
        at.next();
        return json_value(at);
    }
    template <class T>
    bool read_numbers(std::size_t tensor, T* to, std::string& expected, std::string& found) const {
        tensor_problem problem;
        if (read_tensor(value(tensor), to, problem)) return true;
        expected = problem.expected;
        found = problem.found_in(document_);
        return false;
    }

    const json_document& document_;
    json_cursor begin_;
    std::vector<std::uint32_t> keys_{};
};

/// The tensors of a binary file: floating types, rounded to the model's; integers are codes whose scale is elsewhere.
class entry_tensors final : public state_dict_tensors {
public:
    /// @param entries  must outlive this
    explicit entry_tensors(std::span<const tensor_entry> entries) : entries_(entries) {}
    std::size_t size() const override { return entries_.size(); }
    std::string name(std::size_t tensor) const override { return entries_[tensor].name; }
    std::size_t find(std::string_view name) const override {
        std::size_t tensor = 0;
        while (tensor < size() && entries_[tensor].name != name) ++tensor;
        return tensor;
    }
    std::optional<std::vector<std::size_t>> shape(std::size_t tensor, std::string& expected,
                                                  std::string& found) const override {
        const tensor_entry& entry = entries_[tensor];
        for (const std::string_view type : {"F32", "F64", "F16", "BF16"})
            if (entry.dtype == type) return entry.shape;
        expected = "a floating type";
        found = entry.dtype + " of shape " + archetype::shape_text(entry.shape);
        return std::nullopt;
    }
    bool read(std::size_t tensor, float* to, std::string& expected, std::string& found) const override {
        return read_numbers(tensor, to, expected, found);
    }
    bool read(std::size_t tensor, double* to, std::string& expected, std::string& found) const override {
        return read_numbers(tensor, to, expected, found);
    }

private:
    template <class T>
    bool read_numbers(std::size_t tensor, T* to, std::string& expected, std::string& found) const {
        const tensor_entry& entry = entries_[tensor];
        if (!copy_values(entry, to)) return false;
        const std::size_t count = entry.data.size() / dtype_size(entry.dtype);
        for (std::size_t i = 0; i < count; ++i)
            if (!expression::is_finite(to[i])) {
                expected = sizeof(T) == 4 ? "numbers of single precision" : "numbers of double precision";
                found = number_text(static_cast<double>(to[i])) + " at element " + std::to_string(i);
                return false;
            }
        return true;
    }
    std::span<const tensor_entry> entries_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
