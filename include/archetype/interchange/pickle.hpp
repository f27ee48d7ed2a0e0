// SPDX-License-Identifier: BSL-1.0
/// @file pickle.hpp
/// Values of a Python pickle, protocols 0 to 5, as data: nothing of it is imported, called or executed. A function that the
/// pickle calls stays an unfinished call, an object of a class its name and arguments. The opcodes are those of Python's
/// pickletools.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/interchange/tensor_entry.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What kind of value a pickle made. A `call` has the function and its arguments as items, `persistent` what its writer named.
enum class pickled {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    list,
    tuple,
    dict,
    global,
    call,
    persistent,
    mark
};

/// One value. Items of a dict are keys and values in turn.
struct pickle_value {
    pickled kind = pickled::none;
    std::int64_t integer = 0;  ///< also of a boolean
    double real = 0;
    std::string_view text{};  ///< of a text, bytes, or the module of a global
    std::string_view name{};  ///< of a global
    std::vector<std::uint32_t> items{};
};

/// The values of one pickle; they refer to its bytes.
class pickle {
public:
    /// More values, and items of containers, than any state dict has: a bound on memory, as one byte can make a value.
    static constexpr std::size_t value_limit = 1'000'000, item_limit = 4'000'000;

    const pickle_value& operator[](std::size_t value) const { return values_[value]; }
    const pickle_value& root() const { return values_[root_]; }
    std::size_t count() const { return values_.size(); }
    /// Bytes that it took, if something follows.
    std::size_t size() const { return size_; }

    /// The value of a key that is a text, in a dict.
    std::optional<std::uint32_t> find(const pickle_value& dict, std::string_view key) const {
        if (dict.kind != pickled::dict) return std::nullopt;
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
            if (values_[dict.items[i]].kind == pickled::text && values_[dict.items[i]].text == key)
                return dict.items[i + 1];
        return std::nullopt;
    }
    bool is_global(std::uint32_t value, std::string_view module, std::string_view name) const {
        const pickle_value& found = values_[value];
        return found.kind == pickled::global && found.text == module && found.name == name;
    }
    /// For messages: "a dict", "an object of argparse.Namespace".
    std::string describe(const pickle_value& value) const {
        switch (value.kind) {
            case pickled::none:
                return "None";
            case pickled::boolean:
                return value.integer != 0 ? "True" : "False";
            case pickled::integer:
                return std::to_string(value.integer);
            case pickled::real:
                return "a float";
            case pickled::text:
                return "a text";
            case pickled::bytes:
                return "bytes";
            case pickled::list:
                return "a list";
            case pickled::tuple:
                return "a tuple";
            case pickled::dict:
                return "a dict";
            case pickled::global:
                return std::string(value.text) + "." + std::string(value.name);
            case pickled::call:
                return value.items.empty() || values_[value.items[0]].kind != pickled::global
                           ? "an object"
                           : "an object of " + describe(values_[value.items[0]]);
            case pickled::persistent:
                return "a storage";
            case pickled::mark:
                break;
        }
        return "nothing";
    }

private:
    friend class pickle_machine;
    std::vector<pickle_value> values_{};
    std::size_t root_ = 0, size_ = 0;
};

/// Runs the opcodes that build data.
class pickle_machine {
public:
    pickle_machine(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

    file_result<pickle> read() {
        while (problem_.empty()) {
            if (at_ >= bytes_.size()) return fail("a pickle that ends with a stop");
            if (made_.values_.size() > pickle::value_limit || items_ > pickle::item_limit)
                return file_failure{path_,
                                    "a pickle of at most " + std::to_string(pickle::value_limit) +
                                        " values with " + std::to_string(pickle::item_limit) + " items",
                                    "more"};
            const char opcode = bytes_[at_++];
            if (opcode == '.') {
                if (stack_.empty()) return fail("a value before the stop");
                made_.root_ = stack_.back();
                made_.size_ = at_;
                return std::move(made_);
            }
            step(opcode);
        }
        return fail(problem_);
    }

private:
    using value = pickle_value;

    file_failure fail(const std::string& expected) const {
        return {path_, "a pickle: " + expected, "something else at byte " + std::to_string(at_)};
    }

    // Reading of arguments. After a problem they give nothing, and the loop ends.
    std::string_view take(std::uint64_t count) {
        if (count > bytes_.size() - at_) {
            problem_ = std::to_string(count) + " bytes more";
            return {};
        }
        const std::string_view found = bytes_.substr(at_, static_cast<std::size_t>(count));
        at_ += found.size();
        return found;
    }
    template <class T>
    T number() {
        const std::string_view raw = take(sizeof(T));
        return raw.size() == sizeof(T)
                   ? little_endian_value<T>(reinterpret_cast<const std::byte*>(raw.data()))
                   : T{};
    }
    std::string_view line() {
        const std::size_t end = bytes_.find('\n', at_);
        if (end == std::string_view::npos) {
            problem_ = "the end of a line";
            return {};
        }
        const std::string_view found = bytes_.substr(at_, end - at_);
        at_ = end + 1;
        return found;
    }
    void read_integer(std::string_view text) {
        if (!text.empty() && text.back() == 'L') text.remove_suffix(1);
        const bool negative = !text.empty() && text.front() == '-';
        if (negative) text.remove_prefix(1);
        std::uint64_t sum = 0;
        if (text.empty() || text.size() > 18) problem_ = "an integer of at most 18 digits";
        for (const char c : text) {
            if (c < '0' || c > '9') problem_ = "an integer";
            sum = sum * 10 + static_cast<std::uint64_t>(c - '0');
        }
        push({.kind = pickled::integer,
              .integer = negative ? -static_cast<std::int64_t>(sum) : static_cast<std::int64_t>(sum)});
    }
    /// Two's complement of any length, little-endian.
    void read_long(std::string_view raw) {
        if (raw.size() > 8)
            return push({.kind = pickled::bytes, .text = raw});  // the magic number of a file is one
        std::uint64_t sum = !raw.empty() && (raw.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
        for (std::size_t i = raw.size(); i-- > 0;) sum = sum << 8 | static_cast<unsigned char>(raw[i]);
        push({.kind = pickled::integer, .integer = static_cast<std::int64_t>(sum)});
    }
    void read_real(std::string_view text) {
        const std::string copy(text);
        char* end = nullptr;
        const double found = std::strtod(copy.c_str(), &end);
        if (copy.empty() || *end != 0) problem_ = "a number";
        push({.kind = pickled::real, .real = found});
    }

    // The stack.
    std::uint32_t add(value made) {
        items_ += made.items.size();
        made_.values_.push_back(std::move(made));
        return static_cast<std::uint32_t>(made_.values_.size() - 1);
    }
    void push(value made) { stack_.push_back(add(std::move(made))); }
    void push_text(pickled kind, std::string_view text) { push({.kind = kind, .text = text}); }
    std::uint32_t pop() {
        if (stack_.empty() || made_.values_[stack_.back()].kind == pickled::mark) {
            problem_ = "a value on the stack";
            return add({});
        }
        const std::uint32_t found = stack_.back();
        stack_.pop_back();
        return found;
    }
    /// What stands after the last mark, which goes too.
    std::vector<std::uint32_t> pop_to_mark() {
        for (std::size_t i = stack_.size(); i-- > 0;)
            if (made_.values_[stack_[i]].kind == pickled::mark) {
                std::vector<std::uint32_t> found(stack_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                                 stack_.end());
                stack_.resize(i);
                return found;
            }
        problem_ = "a mark on the stack";
        return {};
    }
    void push_tuple(std::size_t count) {
        std::vector<std::uint32_t> items(count);
        for (std::size_t i = count; i-- > 0;) items[i] = pop();
        push({.kind = pickled::tuple, .items = std::move(items)});
    }
    /// The container on the top takes items; objects with items of their own (OrderedDict) are dicts already.
    void extend(pickled kind, const std::vector<std::uint32_t>& items) {
        if (stack_.empty()) {
            problem_ = "a container on the stack";
            return;
        }
        value& to = made_.values_[stack_.back()];
        if (kind == pickled::dict && items.size() % 2 != 0) problem_ = "a value for each key";
        if (to.kind == pickled::call) return;  // items of an object that nobody knows
        if (to.kind != kind) {
            problem_ = kind == pickled::dict ? "a dict for its items" : "a list for its items";
            return;
        }
        to.items.insert(to.items.end(), items.begin(), items.end());
        items_ += items.size();
    }
    void call(std::uint32_t function, std::uint32_t arguments) {
        // An ordered dict is a dict; its items follow, or are its argument.
        if (made_.is_global(function, "collections", "OrderedDict")) {
            value dict{.kind = pickled::dict};
            const value given = made_.values_[arguments];
            if (given.kind == pickled::tuple && !given.items.empty())
                for (const std::uint32_t pair : made_.values_[given.items[0]].items)
                    if (made_.values_[pair].items.size() == 2)
                        dict.items.insert(dict.items.end(), made_.values_[pair].items.begin(),
                                          made_.values_[pair].items.end());
            return push(std::move(dict));
        }
        push({.kind = pickled::call, .items = {function, arguments}});
    }
    void memoize(std::uint64_t key) {
        if (stack_.empty()) {
            problem_ = "a value to remember";
            return;
        }
        // Keys count up; a gap would be memory that nothing fills.
        if (key > memo_.size() + 1000) {
            problem_ = "a memo that is counted up";
            return;
        }
        if (key >= memo_.size()) memo_.resize(static_cast<std::size_t>(key) + 1, no_value);
        memo_[static_cast<std::size_t>(key)] = stack_.back();
    }
    void recall(std::uint64_t key) {
        if (key >= memo_.size() || memo_[static_cast<std::size_t>(key)] == no_value)
            problem_ = "a value that was remembered";
        else
            stack_.push_back(memo_[static_cast<std::size_t>(key)]);
    }
    std::uint64_t memo_key(std::string_view text) {
        std::uint64_t key = 0;
        if (text.empty() || text.size() > 9) problem_ = "a key of the memo";
        for (const char c : text) {
            if (c < '0' || c > '9') problem_ = "a key of the memo";
            key = key * 10 + static_cast<std::uint64_t>(c - '0');
        }
        return key;
    }
    static std::string_view without_quotes(std::string_view text) {
        return text.size() >= 2 ? text.substr(1, text.size() - 2) : text;
    }

    void step(char opcode) {
        switch (static_cast<unsigned char>(opcode)) {
            case 0x80:
                return void(take(1));  // protocol
            case 0x95:
                return void(take(8));  // frame
            case '(':
                return push({.kind = pickled::mark});
            case 'N':
                return push({});
            case 0x88:
                return push({.kind = pickled::boolean, .integer = 1});
            case 0x89:
                return push({.kind = pickled::boolean});
            case 'J':
                return push({.kind = pickled::integer, .integer = number<std::int32_t>()});
            case 'K':
                return push({.kind = pickled::integer, .integer = number<std::uint8_t>()});
            case 'M':
                return push({.kind = pickled::integer, .integer = number<std::uint16_t>()});
            case 'I': {
                const std::string_view text = line();
                if (text == "00" || text == "01")
                    return push({.kind = pickled::boolean, .integer = text == "01" ? 1 : 0});
                return read_integer(text);
            }
            case 'L':
                return read_integer(line());
            case 0x8a:
                return read_long(take(number<std::uint8_t>()));
            case 0x8b:
                return read_long(take(number<std::uint32_t>()));
            case 'F':
                return read_real(line());
            case 'G': {
                std::uint64_t bits = 0;
                for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
                return push({.kind = pickled::real, .real = std::bit_cast<double>(bits)});
            }
            case 'S':
                return push_text(pickled::text, without_quotes(line()));
            case 'V':
                return push_text(pickled::text, line());
            case 'T':
                return push_text(pickled::text, take(number<std::uint32_t>()));
            case 'U':
                return push_text(pickled::text, take(number<std::uint8_t>()));
            case 'X':
                return push_text(pickled::text, take(number<std::uint32_t>()));
            case 0x8c:
                return push_text(pickled::text, take(number<std::uint8_t>()));
            case 0x8d:
                return push_text(pickled::text, take(number<std::uint64_t>()));
            case 'B':
                return push_text(pickled::bytes, take(number<std::uint32_t>()));
            case 'C':
                return push_text(pickled::bytes, take(number<std::uint8_t>()));
            case 0x8e:
            case 0x96:
                return push_text(pickled::bytes, take(number<std::uint64_t>()));
            case ']':
                return push({.kind = pickled::list});
            case ')':
                return push({.kind = pickled::tuple});
            case '}':
                return push({.kind = pickled::dict});
            case 0x8f:
                return push({.kind = pickled::list});  // a set
            case 'l':
                return push({.kind = pickled::list, .items = pop_to_mark()});
            case 't':
                return push({.kind = pickled::tuple, .items = pop_to_mark()});
            case 0x91:
                return push({.kind = pickled::list, .items = pop_to_mark()});  // a frozen set
            case 'd': {
                push({.kind = pickled::dict});
                const std::uint32_t made = pop();
                const auto items = pop_to_mark();
                stack_.push_back(made);
                return extend(pickled::dict, items);
            }
            case 0x85:
                return push_tuple(1);
            case 0x86:
                return push_tuple(2);
            case 0x87:
                return push_tuple(3);
            case 'a': {
                const std::uint32_t item = pop();
                return extend(pickled::list, {item});
            }
            case 's': {
                const std::uint32_t item = pop(), key = pop();
                return extend(pickled::dict, {key, item});
            }
            case 'e':
            case 0x90: {
                const auto items = pop_to_mark();
                return extend(pickled::list, items);
            }
            case 'u': {
                const auto items = pop_to_mark();
                return extend(pickled::dict, items);
            }
            case '0':
                if (stack_.empty())
                    problem_ = "a value on the stack";
                else
                    stack_.pop_back();
                return;
            case '1':
                return void(pop_to_mark());
            case '2': {
                const std::uint32_t top = pop();
                stack_.push_back(top);
                return stack_.push_back(top);
            }
            case 'p':
                return memoize(memo_key(line()));
            case 'q':
                return memoize(number<std::uint8_t>());
            case 'r':
                return memoize(number<std::uint32_t>());
            case 0x94:
                return memoize(memo_.size());
            case 'g':
                return recall(memo_key(line()));
            case 'h':
                return recall(number<std::uint8_t>());
            case 'j':
                return recall(number<std::uint32_t>());
            case 'c': {
                const std::string_view module = line(), name = line();
                return push({.kind = pickled::global, .text = module, .name = name});
            }
            case 0x93: {
                const std::uint32_t name = pop(), module = pop();
                return push({.kind = pickled::global,
                             .text = made_.values_[module].text,
                             .name = made_.values_[name].text});
            }
            case 'R':
            case 0x81: {
                const std::uint32_t arguments = pop(), function = pop();
                return call(function, arguments);
            }
            case 0x92: {
                (void)pop();
                const std::uint32_t arguments = pop(), function = pop();
                return call(function, arguments);
            }
            // The attributes of an object: of a dict they are no items (a state dict's `_metadata`).
            case 'b':
                return void(pop());
            case 'Q':
                return push({.kind = pickled::persistent, .items = {pop()}});
            default:
                problem_ =
                    "an opcode that makes data, not " + std::to_string(static_cast<unsigned char>(opcode));
        }
    }

    static constexpr std::uint32_t no_value = 0xFFFFFFFF;
    std::string_view bytes_;
    const std::string& path_;
    std::size_t at_ = 0, items_ = 0;
    pickle made_{};
    std::vector<std::uint32_t> stack_{}, memo_{};
    std::string problem_{};
};

/// @param path  for messages
inline file_result<pickle> try_parse_pickle(std::string_view bytes, const std::string& path) {
    return without_throwing(path, [&] { return pickle_machine(bytes, path).read(); });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
