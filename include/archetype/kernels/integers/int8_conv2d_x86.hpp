// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d_x86.hpp
/// Convolutions and dense layers of 8-bit numbers on x86. A block of the input is collected once, as tiles read it, and met
/// with all filters; what is computed at once is a few results anywhere in the block and up to 64 filters. The code is one
/// for all layers.
#pragma once
#include <archetype/kernels/integers/int8_geometry.hpp>
#include <archetype/kernels/integers/int8_tiles_x86.hpp>
#include <type_traits>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A convolution as numbers; distances of the input in numbers of `collected` lines.
struct int8_block_work {
    int8_tile_shape tile;
    // The input: where lines that are collected lie, and how results of the convolution step through them.
    std::size_t line_stride,
        next_line;  ///< between lines of the input, of which every `next_line` th is collected
    std::size_t line_numbers, local_line;  ///< of a line of a block, and what it takes as collected
    std::size_t filler;  ///< zeros after a line, which fill the last four taps of its last run
    std::size_t lines_down, numbers_right;  ///< between neighbouring results
    std::size_t tap_lines;                  ///< lines from the first tap of a patch to its last
    std::size_t down, right;                ///< between neighbouring results in the input
    std::size_t block_height, block_width;  ///< stored results of a block
    int8_pooling pool;
    image stored;
    std::size_t groups, group_inputs, filters, padded_filters, group_bytes;
    bool has_table, has_pool_table;
};

/// Numbers of the input that are collected at once.
inline constexpr std::size_t collected_numbers = 65536 / sizeof(collected_number);

constexpr int8_block_work block_work(const int8_conv2d_geometry& g) {
    const conv2d_geometry& conv = g.conv;
    const window& w = conv.win;
    const int8_patch patch = g.patch();
    int8_block_work work{};
    const bool single = w.kernel_height == 1;  // lines between those of two results are left out
    work.tile = {patch.rows, patch.columns,       (patch.length + 3) / 4,
                 0,          patch.column_stride, tile_bytes(weight_order::lanes, 1, patch)};
    work.line_stride = conv.in.row_stride;
    work.next_line = single ? w.stride_height : 1;
    work.lines_down = single ? 1 : w.stride_height;
    work.numbers_right = g.right();
    work.tap_lines = (w.kernel_height - 1) * w.dilation_height;
    work.down = g.down();
    work.right = g.right();
    work.pool = g.pool;
    work.stored = g.stored;
    work.groups = conv.groups;
    work.group_inputs = conv.group_inputs();
    work.filters = conv.group_filters();
    work.padded_filters = g.padded_group(weight_order::lanes);
    work.group_bytes = g.group_bytes(weight_order::lanes);
    work.has_table = g.has_table;
    work.has_pool_table = g.has_pool_table;
    // The largest block of whole lines of results that can be collected, or a part of one line.
    const std::size_t beside =
        (patch.columns - 1) * patch.column_stride + (conv.groups - 1) * conv.group_inputs() + patch.length;
    const std::size_t filler = (4 - patch.length % 4) % 4;
    const auto numbers = [&](std::size_t results) {
        return ((results - 1) * g.pool.stride_width + g.pool.width - 1) * g.right() + beside;
    };
    const auto local = [&](std::size_t results) { return (numbers(results) + filler + 63) / 64 * 64; };
    const auto lines = [&](std::size_t results) {
        return ((results - 1) * g.pool.stride_height + g.pool.height - 1) * work.lines_down + work.tap_lines +
               1;
    };
    // How many of `all` results fit in `room`, the first of which needs `first` and each other one `more`; equal blocks of them.
    const auto fitting = [](std::size_t all, std::size_t room, std::size_t first, std::size_t more) {
        const std::size_t most = first > room ? 1 : 1 + (room - first) / more;
        const std::size_t blocks = (all + most - 1) / most;
        return (all + blocks - 1) / blocks;
    };
    const std::size_t width = fitting(g.stored.width, collected_numbers / lines(1) / 64 * 64,
                                      numbers(1) + filler, g.pool.stride_width * g.right());
    work.block_width = width;
    work.block_height = fitting(g.stored.height, collected_numbers / local(width), lines(1),
                                g.pool.stride_height * work.lines_down);
    work.line_numbers = numbers(width);
    work.filler = filler;
    work.local_line = local(width);
    work.tile.down = w.dilation_height * work.local_line;
    if (local(width) * lines(1) > collected_numbers) work.block_height = 0;  // a single result needs too much
    return work;
}

template <int8_conv2d_geometry G>
inline constexpr int8_block_work block_work_of = block_work(G);

/// Whether a block of the input can be collected.
template <int8_conv2d_geometry G>
constexpr bool has_blocks() {
    return block_work_of<G>.block_height != 0;
}

/// The results of a tile on their way to where they are stored: activation and pooling.
class int8_result_sink {
public:
    ARCHETYPE_INLINE int8_result_sink(const int8_block_work& work, const int8_conv2d_weights& weights)
        : work_(work), weights_(weights) {}

    /// Filters of a panel.
    ARCHETYPE_INLINE void panel(const int8_channel* channels, const std::int8_t* packed, std::size_t groups,
                                std::size_t filters) {
        panel_.is_slow = false;
        filters_ = filters < groups * lane_filters ? filters : groups * lane_filters;
        for (std::size_t group = 0; group < groups; ++group, packed += work_.tile.group_bytes)
            panel_.set_lanes(group * lane_filters, channels + group * lane_filters, packed,
                             weights_.range.zero_point);
    }
    /// Whether results are stored as tiles compute them.
    ARCHETYPE_INLINE bool is_direct() const { return work_.pool.cells() == 1 && !work_.has_table; }
    ARCHETYPE_INLINE int8_tile_results tile_results() const {
        return {panel_, weights_.range, is_direct() ? filters_ : int8_panel::most};
    }
    /// Where the results of pixel `p` of a tile wait.
    ARCHETYPE_INLINE std::int8_t* waiting(std::size_t p) { return results_ + p * int8_panel::most; }
    /// Activation and pooling of a pixel of a tile.
    [[gnu::noinline]] void finish(std::size_t p, std::int8_t* to) {
        std::int8_t* const results = waiting(p);
        if (work_.has_table)
            for (std::size_t f = 0; f < filters_; ++f) results[f] = look_up(weights_.table, results[f]);
        if (work_.pool.cells() == 1)
            __builtin_memcpy(to, results, filters_);
        else
            pool(results, to);
    }

private:
    void pool(const std::int8_t* results, std::int8_t* to) {
        if (work_.pool.is_max) {
            for (std::size_t f = 0; f < int8_panel::most; ++f) {
                const std::int8_t before = cell_ == 0 ? std::int8_t{-128} : largest_[f];
                largest_[f] = before > results[f] ? before : results[f];
            }
        } else {
            for (std::size_t f = 0; f < int8_panel::most; ++f)
                total_[f] = (cell_ == 0 ? 0 : total_[f]) + results[f];
        }
        if (++cell_ != work_.pool.cells()) return;
        cell_ = 0;
        const auto cells = static_cast<std::int32_t>(work_.pool.cells());
        for (std::size_t f = 0; f < filters_; ++f) {
            std::int8_t result =
                work_.pool.is_max ? largest_[f] : static_cast<std::int8_t>(rounded_mean(total_[f], cells));
            if (work_.has_pool_table) result = look_up(weights_.pool_table, result);
            to[f] = result;
        }
    }

    alignas(64) std::int8_t results_[most_pixels * int8_panel::most] = {};
    alignas(64) std::int8_t largest_[int8_panel::most] = {};
    alignas(64) std::int32_t total_[int8_panel::most] = {};
    int8_panel panel_;
    const int8_block_work& work_;
    const int8_conv2d_weights& weights_;
    std::size_t filters_ = 0, cell_ = 0;
};

/// Calls `body(pixel in the collected block, where its result lies)` for each result of the convolution, the cells of a window of
/// the pooling after one another.
struct int8_block {
    std::size_t first_y, first_x, height, width;  ///< stored results
};
class int8_block_walk {
public:
    ARCHETYPE_INLINE int8_block_walk(const int8_block_work& work, const int8_block& block,
                                     const collected_number* in, std::int8_t* out)
        : work_(work),
          width_(block.width),
          in_(in),
          line_in_(in),
          out_(out + work.stored.offset + block.first_y * work.stored.row_stride +
               block.first_x * work.stored.pixel_stride),
          line_out_(out_),
          left_(block.height * block.width * work.pool.cells()) {}
    ARCHETYPE_INLINE std::size_t left() const { return left_; }
    ARCHETYPE_INLINE const collected_number* in() const {
        return in_ + (work_.pool.cells() == 1
                          ? 0
                          : cell_y_ * work_.lines_down * work_.local_line + cell_x_ * work_.numbers_right);
    }
    ARCHETYPE_INLINE std::int8_t* out() const { return out_; }
    ARCHETYPE_INLINE void next() {
        --left_;
        if (work_.pool.cells() != 1) {
            if (++cell_x_ < work_.pool.width) return;
            cell_x_ = 0;
            if (++cell_y_ < work_.pool.height) return;
            cell_y_ = 0;
        }
        in_ += work_.pool.stride_width * work_.numbers_right;
        out_ += work_.stored.pixel_stride;
        if (++x_ < width_) return;
        x_ = 0;
        in_ = line_in_ += work_.pool.stride_height * work_.lines_down * work_.local_line;
        out_ = line_out_ += work_.stored.row_stride;
    }

private:
    const int8_block_work& work_;
    std::size_t width_;
    const collected_number *in_, *line_in_;
    std::int8_t *out_, *line_out_;
    std::size_t left_, x_ = 0, cell_y_ = 0, cell_x_ = 0;
};

/// The tiles of a block for `Groups` times sixteen filters.
template <std::size_t Groups>
void convolve_panel(const int8_block_work& work, const int8_block& block, const collected_number* in,
                    const std::int8_t* packed, std::int8_t* out, int8_result_sink& sink,
                    const std::int8_t* next) {
    const std::size_t panel_bytes = Groups * work.tile.group_bytes;
    const std::int8_t* const weights = packed + sizeof(std::int32_t) * lane_filters;
    // Numbers, as what is fetched ahead may lie past the end.
    auto ahead = reinterpret_cast<std::uintptr_t>(next);
    const std::uintptr_t end = ahead + panel_bytes;
    const std::size_t steps = 64 * work.tile.rows * work.tile.columns * work.tile.fours;
    const int8_tile_results results = sink.tile_results();
    const bool is_direct = sink.is_direct();
    int8_block_walk walk(work, block, in, out);
    const auto run = [&]<std::size_t Pixels>(std::integral_constant<std::size_t, Pixels>, std::size_t count)
        __attribute__((always_inline)) {
        const collected_number* from[Pixels];
        std::int8_t *to[Pixels], *place[Pixels];
#pragma GCC unroll 1
        for (std::size_t p = 0; p < Pixels; ++p) {
            from[p] = p < count ? walk.in() : from[0];
            place[p] = p < count ? walk.out() : place[0];
            to[p] = is_direct ? place[p] : sink.waiting(p);
            if (p < count) walk.next();
        }
        int8_tile<Pixels, Groups>(work.tile, from, weights, results, to, ahead);
        if (ahead + steps < end) ahead += steps;
        if (!is_direct)
            for (std::size_t p = 0; p < count; ++p) sink.finish(p, place[p]);
    };
    while (walk.left() >= most_pixels) run(std::integral_constant<std::size_t, most_pixels>{}, most_pixels);
    // A tile of fewer pixels takes less time where the sums of many filters keep all multipliers busy.
    constexpr std::size_t least = Groups * lane_vectors >= 4 ? 2 : 3;
    if constexpr (least == 2 && most_pixels > 4)
        if (walk.left() >= 4) run(std::integral_constant<std::size_t, 4>{}, 4);
    if (walk.left() >= least) {
        if constexpr (least == 2)
            run(std::integral_constant<std::size_t, 2>{}, 2);
        else
            run(std::integral_constant<std::size_t, most_pixels>{}, walk.left());
    }
    while (walk.left() != 0) run(std::integral_constant<std::size_t, 1>{}, 1);
}

/// One sample; `in` is where the first tap of the first result lies.
[[gnu::noinline]] inline void convolve_in_blocks(const int8_block_work& work, const std::int8_t* in,
                                                 std::int8_t* out, const int8_conv2d_weights& weights) {
    alignas(64) collected_number collected[collected_numbers];
    int8_result_sink sink(work, weights);
    for (std::size_t y = 0; y < work.stored.height; y += work.block_height)
        for (std::size_t x = 0; x < work.stored.width; x += work.block_width) {
            // The last block of a line may begin earlier, and compute some results again.
            const int8_block block{
                y, x + work.block_width <= work.stored.width ? x : work.stored.width - work.block_width,
                work.block_height < work.stored.height - y ? work.block_height : work.stored.height - y,
                work.block_width};
            const std::int8_t* line = in + block.first_y * work.pool.stride_height * work.down +
                                      block.first_x * work.pool.stride_width * work.right;
            const std::size_t lines =
                ((block.height - 1) * work.pool.stride_height + work.pool.height - 1) * work.lines_down +
                work.tap_lines + 1;
            for (std::size_t i = 0; i < lines; ++i, line += work.next_line * work.line_stride)
                collect_numbers(line, collected + i * work.local_line, work.line_numbers, work.filler);
            const int8_channel* channels = weights.channels;
            for (std::size_t group = 0; group < work.groups; ++group) {
                const std::int8_t* packed = weights.packed + group * work.group_bytes;
                const collected_number* const from = collected + group * work.group_inputs;
                for (std::size_t f = 0; f < work.filters;) {
                    const std::size_t left = (work.filters - f + lane_filters - 1) / lane_filters;
                    std::int8_t* const to = out + group * work.filters + f;
                    const auto run = [&]<std::size_t Groups>(std::integral_constant<std::size_t, Groups>) {
                        sink.panel(channels, packed, Groups, work.filters - f);
                        const std::int8_t* const next = packed + Groups * work.tile.group_bytes;
                        convolve_panel<Groups>(work, block, from, packed, to, sink,
                                               left > Groups ? next : packed);
                        packed = next;
                        channels += Groups * lane_filters;
                        f += Groups * lane_filters;
                    };
                    if constexpr (most_groups >= 4)
                        if (left >= 4) {
                            run(std::integral_constant<std::size_t, 4>{});
                            continue;
                        }
                    if constexpr (most_groups >= 2)
                        if (left >= 2) {
                            run(std::integral_constant<std::size_t, 2>{});
                            continue;
                        }
                    run(std::integral_constant<std::size_t, 1>{});
                }
            }
        }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
