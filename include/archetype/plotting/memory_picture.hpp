// SPDX-License-Identifier: BSL-1.0
/// @file memory_picture.hpp
/// The arena of a network over its steps as SVG: who lies where and for how long, and who is there where most is.
#pragma once
#include <archetype/architecture/path.hpp>
#include <archetype/architecture/plan.hpp>
#include <archetype/error.hpp>
#include <archetype/plotting/markup_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Something that lies in the arena from step `first` to step `last`; sizes and places in bytes.
struct memory_piece {
    enum class kinds : std::uint8_t { input, value, concatenation, scratch };
    std::string name;    ///< the layer that makes it
    std::string detail;  ///< its shape, its halo, who else uses it
    kinds kind = kinds::value;
    std::size_t first = 0, last = 0;
    std::uint64_t offset = 0, size = 0;
};

/// The plan of memory of a network, as values.
struct memory_map {
    std::vector<std::string> steps;   ///< the layers that each step is made of
    std::vector<std::uint64_t> live;  ///< bytes that are needed while it runs
    std::vector<memory_piece> pieces;
    std::uint64_t arena_bytes = 0;

    /// The first step at which most is needed.
    std::size_t peak() const {
        return static_cast<std::size_t>(std::max_element(live.begin(), live.end()) - live.begin());
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net>
std::string memory_label(std::size_t layer) {
    constexpr const auto& facts = unchecked_facts<Net>;
    if (layer == none) return "input";
    text_length measured;
    append_path(measured, facts, facts.nodes[layer].scope);
    std::string path(measured.size, ' ');
    text_writer writer{path.data()};
    append_path(writer, facts, facts.nodes[layer].scope);
    return path;
}

inline std::string extents_text(const shape& extents) {
    std::string text;
    for (std::size_t axis = 0; axis < extents.rank; ++axis)
        text += (axis == 0 ? "" : " x ") + std::to_string(extents[axis]);
    return text;
}

/// The layers that a step is made of.
template <class Net>
std::string step_label(const step& now) {
    if (now.copies) return "copy for " + memory_label<Net>(now.anchor);
    std::string text = memory_label<Net>(now.anchor);
    const auto add = [&](std::size_t layer) {
        if (layer != none && layer != now.anchor) text += " + " + memory_label<Net>(layer);
    };
    const auto add_all = [&](std::size_t first, std::size_t last) {
        for (std::size_t layer = first; first != none && layer < last; ++layer) add(layer);
    };
    add(now.batch_norm);
    add_all(now.activation_first, now.activation_last);
    add(now.join);
    add_all(now.join_activation_first, now.join_activation_last);
    add(now.pool);
    add_all(now.pool_activation_first, now.pool_activation_last);
    return text;
}

inline std::string bytes_text(std::uint64_t bytes) {
    char text[32];
    if (bytes < 10240)
        std::snprintf(text, sizeof text, "%llu bytes", static_cast<unsigned long long>(bytes));
    else if (bytes < 10240 * 1024)
        std::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
    else
        std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / 1048576);
    return text;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What lies in the arena of `Net` at inference, one sample, numbers of type `Number`: float, std::int8_t or std::int16_t.
template <class Net, class Number = float>
memory_map memory_map_of() {
    constexpr const auto& plan = inference_plan_of<Net>;
    const auto bytes = [](std::uint64_t elements) { return sizeof(Number) * elements; };
    memory_map made;
    made.arena_bytes = bytes(plan.arena_elements);
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        made.steps.push_back(detail::step_label<Net>(now));
        made.live.push_back(bytes(plan.live_at[s]));
        if (now.scratch != 0)
            made.pieces.push_back({detail::memory_label<Net>(now.anchor), "scratch while it runs",
                                   memory_piece::kinds::scratch, s, s, bytes(now.scratch_offset),
                                   bytes(now.scratch)});
    }
    for (std::size_t v = plan.input_in_arena ? 0 : 1; v < plan.value_count; ++v) {
        const value& of = plan.values[v];
        if (of.storage != v) continue;
        memory_piece piece;
        const detail::storage_use use = detail::use_of(plan, v);
        piece.kind = plan.is_input(v)           ? memory_piece::kinds::input
                     : plan.is_concatenation(v) ? memory_piece::kinds::concatenation
                                                : memory_piece::kinds::value;
        piece.name = plan.is_input(v) ? "input" : detail::memory_label<Net>(plan.steps[of.written].anchor);
        piece.detail = detail::extents_text(of.extents);
        if (of.has_halo())
            piece.detail += ", a halo of " + std::to_string(of.top) + ", " + std::to_string(of.bottom) +
                            " rows and " + std::to_string(of.left) + ", " + std::to_string(of.right) +
                            " columns";
        if (use.in_place != 0) piece.detail += ", " + std::to_string(use.in_place) + " later in place";
        if (use.parts != 0) piece.detail += ", " + std::to_string(use.parts) + " within";
        piece.first = use.first;
        piece.last = use.last;
        piece.offset = bytes(of.offset);
        piece.size = bytes(of.size);
        made.pieces.push_back(std::move(piece));
    }
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A memory map while it is drawn: each part adds its elements to the text.
class memory_drawing {
public:
    memory_drawing(const memory_map& of, const std::string& title)
        : of_(of), title_(title), peak_(of.live.empty() ? 0 : of.peak()) {}

    std::string text() {
        grid();
        peak_column();
        for (const memory_piece& piece : of_.pieces) block(piece);
        live_line();
        step_names();
        list_of_peak();
        legend();
        return frame();
    }

private:
    static constexpr const char* colours[] = {"#8fa7bd", "#1f6fb4", "#2f9150", "#d9601a"};
    static constexpr double left = 90, top = 50, height = 360, bottom = top + height;

    static std::string number(double x) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f", x);
        return text;
    }
    static const char* colour_of(const memory_piece& piece) {
        return colours[static_cast<std::size_t>(piece.kind)];
    }
    double step_width() const {
        const std::size_t steps = std::max<std::size_t>(1, of_.steps.size());
        return std::clamp(900 / static_cast<double>(steps), 6.0, 90.0);
    }
    double width() const {
        return step_width() * static_cast<double>(std::max<std::size_t>(1, of_.steps.size()));
    }
    double scale() const { return of_.arena_bytes == 0 ? 0 : height / static_cast<double>(of_.arena_bytes); }
    double x(std::size_t step) const { return left + step_width() * static_cast<double>(step); }
    double y(std::uint64_t place) const { return bottom - scale() * static_cast<double>(place); }

    void grid() {
        for (std::uint64_t mark = 0; mark <= 4; ++mark) {
            const std::uint64_t place = of_.arena_bytes * mark / 4;
            drawn_ += "<path class=\"grid\" d=\"M" + number(left) + " " + number(y(place)) + "h" +
                      number(width()) + "\"/><text class=\"mark\" text-anchor=\"end\" x=\"" +
                      number(left - 8) + "\" y=\"" + number(y(place) + 4) + "\">" + bytes_text(place) +
                      "</text>\n";
        }
    }

    void peak_column() {
        drawn_ += "<rect class=\"peak\" x=\"" + number(x(peak_)) + "\" y=\"" + number(top) + "\" width=\"" +
                  number(step_width()) + "\" height=\"" + number(height) + "\"/>\n";
    }

    void block(const memory_piece& piece) {
        const double wide = step_width() * static_cast<double>(piece.last - piece.first + 1);
        const double high = scale() * static_cast<double>(piece.size), up = y(piece.offset + piece.size);
        drawn_ += "<g><title>" + markup_text(piece.name + ": " + piece.detail) + ", " +
                  bytes_text(piece.size) + " from " + std::to_string(piece.offset) + " on, steps " +
                  std::to_string(piece.first + 1) + " to " + std::to_string(piece.last + 1) +
                  "</title><rect class=\"piece\" fill=\"" + colour_of(piece) + "\" x=\"" +
                  number(x(piece.first)) + "\" y=\"" + number(up) + "\" width=\"" + number(wide) +
                  "\" height=\"" + number(high) + "\"/>";
        const auto room = static_cast<std::size_t>(wide / 6.2);
        if (high >= 13 && room >= 3) {
            const std::string name = piece.name.size() <= room
                                         ? piece.name
                                         : ".." + piece.name.substr(piece.name.size() - room + 2);
            drawn_ += "<text class=\"name\" x=\"" + number(x(piece.first) + 3) + "\" y=\"" +
                      number(up + high / 2 + 4) + "\">" + markup_text(name) + "</text>";
        }
        drawn_ += "</g>\n";
    }

    void live_line() {
        if (of_.live.empty()) return;
        std::string live = "M";
        for (std::size_t s = 0; s < of_.live.size(); ++s)
            live += (s == 0 ? "" : "L") + number(x(s)) + " " + number(y(of_.live[s])) + "h" +
                    number(step_width());
        drawn_ += "<path class=\"live\" d=\"" + live + "\"/>\n";
    }

    /// As many as can be read. Lines of text begin below the longest.
    void step_names() {
        const auto every = static_cast<std::size_t>(std::ceil(13 / step_width()));
        std::size_t longest = 0;
        for (std::size_t s = 0; s < of_.steps.size(); s += every) {
            const std::string& full = of_.steps[s];
            const std::string name = full.size() <= 40 ? full : full.substr(0, 38) + "..";
            longest = std::max(longest, name.size());
            const std::string place = number(x(s) + step_width() / 2 + 4) + " " + number(bottom + 8);
            drawn_ += "<text class=\"mark\" text-anchor=\"end\" transform=\"translate(" + place +
                      ") rotate(-60)\"><title>" + markup_text(full) + "</title>" + std::to_string(s + 1) +
                      " " + markup_text(name) + "</text>\n";
        }
        line_ = bottom + 40 + 5.6 * static_cast<double>(longest);
    }

    void write(const std::string& text, const char* colour = nullptr) {
        if (colour != nullptr)
            drawn_ += "<rect x=\"" + number(left) + "\" y=\"" + number(line_ - 10) +
                      "\" width=\"10\" height=\"10\" fill=\"" + colour + "\"/>";
        drawn_ += "<text x=\"" + number(left + (colour != nullptr ? 16 : 0)) + "\" y=\"" + number(line_) +
                  "\">" + markup_text(text) + "</text>\n";
        line_ += 18;
    }

    /// What is there at the step that needs most, the largest first.
    void list_of_peak() {
        if (!of_.steps.empty())
            write("Most is needed at step " + std::to_string(peak_ + 1) + ", " + of_.steps[peak_] + ": " +
                  bytes_text(of_.live[peak_]) + " in an arena of " + bytes_text(of_.arena_bytes));
        std::vector<const memory_piece*> there;
        for (const memory_piece& piece : of_.pieces)
            if (piece.first <= peak_ && peak_ <= piece.last) there.push_back(&piece);
        std::sort(there.begin(), there.end(), [](const auto* a, const auto* b) {
            return a->size != b->size ? a->size > b->size : a->offset < b->offset;
        });
        for (const memory_piece* piece : there) {
            char share[16];
            std::snprintf(share, sizeof share, "%.0f %%",
                          100 * static_cast<double>(piece->size) / static_cast<double>(of_.live[peak_]));
            write(std::string(share) + "  " + bytes_text(piece->size) + "  " + piece->name + ": " +
                      piece->detail,
                  colour_of(*piece));
        }
    }

    void legend() {
        line_ += 8;
        write("input", colours[0]);
        write("result of a layer", colours[1]);
        write("concatenation", colours[2]);
        write("scratch of one step", colours[3]);
        write("The line is what is alive; what is above it and below the arena's end is a gap.");
    }

    std::string frame() const {
        const double whole = std::max(left + width() + 30, 760.0);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(whole) + " " +
               number(line_) + "\" role=\"img\" aria-label=\"" + markup_text(title_) +
               "\">\n<style>svg{font:13px "
               "system-ui,sans-serif;background:#fff}.title{font-weight:600;font-size:15px}"
               ".grid{stroke:#e4e4e4}.mark{fill:#666;font-size:11px}.name{fill:#fff;font-size:11px}"
               ".piece{stroke:#fff;fill-opacity:.85}.peak{fill:#fbe3d4}.live{fill:none;stroke:#222;stroke-"
               "width:1.5}"
               "</style>\n<text x=\"" +
               number(left) + "\" y=\"24\" class=\"title\">" + markup_text(title_) + "</text>\n" + drawn_ +
               "</svg>\n";
    }

    const memory_map& of_;
    const std::string& title_;
    std::size_t peak_;
    double line_ = 0;
    std::string drawn_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A memory map as SVG: a column for each step, places from the bottom up. The step that needs most is marked, and what is
/// there then stands in a list, the largest first.
inline std::string memory_picture(const memory_map& of, const std::string& title) {
    return detail::memory_drawing(of, title).text();
}

/// Writes `memory_picture` to a file. @throws std::runtime_error if it cannot be written
inline void write_memory_picture(const memory_map& of, const std::filesystem::path& path,
                                 const std::string& title) {
    std::ofstream file(path, std::ios::binary);
    file << memory_picture(of, title);
    file.close();
    if (!file)
        throw detail::thrown<std::runtime_error>(path.string() + ": expected a file that can be written");
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
