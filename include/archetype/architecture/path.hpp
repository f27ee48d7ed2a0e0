// SPDX-License-Identifier: BSL-1.0
/// @file path.hpp
/// Names of parts as text: "stage3/block2/conv1".
#pragma once
#include <archetype/architecture/facts.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How often the name of scope `which` stood at its level before it.
template <class Facts>
constexpr std::size_t occurrence(const Facts& facts, std::size_t which) {
    const scope& own = facts.scopes[which];
    std::size_t count = 0;
    for (std::size_t i = 1; i < which; ++i)
        if (facts.scopes[i].parent == own.parent && facts.scopes[i].text == own.text) ++count;
    return count;
}

/// Appends the path of a scope to anything with `append(text_view)` and
/// `append_number(std::uint64_t)`.
template <class Facts, class Text>
constexpr void append_path(Text& text, const Facts& facts, std::size_t which) {
    if (which == 0) return;
    if (facts.scopes[which].parent != 0) {
        append_path(text, facts, facts.scopes[which].parent);
        text.append("/");
    }
    text.append(facts.scopes[which].text);
    if (const std::size_t before = occurrence(facts, which); before != 0) {
        text.append("_");
        text.append_number(before);
    }
}

/// The index of the scope with this path, 0 for the empty path; the number of scopes if there is none.
template <class Facts>
constexpr std::size_t find_scope(const Facts& facts, text_view path) {
    std::size_t parent = 0;
    while (!path.empty()) {
        std::size_t length = 0;
        while (length < path.size() && path.data()[length] != '/') ++length;
        const text_view text = path.part(0, length);
        path = path.part(length == path.size() ? length : length + 1);
        std::size_t found = facts.scope_count;
        for (std::size_t i = 1; i < facts.scope_count && found == facts.scope_count; ++i) {
            const scope& candidate = facts.scopes[i];
            if (candidate.parent != parent || !text.starts_with(candidate.text)) continue;
            char digits[24]{};
            text_writer writer{digits};
            if (const std::size_t before = occurrence(facts, i); before != 0) {
                writer.append("_");
                writer.append_number(before);
            }
            if (text.part(candidate.text.size()) == text_view(digits, writer.size)) found = i;
        }
        if (found == facts.scope_count) return found;
        parent = found;
    }
    return parent;
}

/// The same for a path that is a template argument, looked for once.
template <class Net, name Path>
inline constexpr std::size_t scope_of = find_scope(unchecked_facts<Net>, Path.view());
template <class Net, name Path>
inline constexpr bool has_part = scope_of<Net, Path> != unchecked_facts<Net>.scope_count;

/// The path of a scope of `Net` as a structural value.
template <class Net, std::size_t Scope>
consteval auto path_name() {
    constexpr std::size_t length = [] {
        text_length measured;
        append_path(measured, unchecked_facts<Net>, Scope);
        return measured.size;
    }();
    char text[length + 1]{};
    text_writer writer{text};
    append_path(writer, unchecked_facts<Net>, Scope);
    return name<length + 1>(text);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
