// SPDX-License-Identifier: BSL-1.0
/// @file winograd_transform.hpp
/// Winograd's minimal filtering F(Tile, 3) from points, as Toom and Cook multiply polynomials (Lavin and Gray 2016,
/// arXiv:1509.09308): exact fractions at compile time, and loops over vectors of channels that apply them.
#pragma once
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>
#include <cstdint>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An exact number over / under, in lowest terms.
struct fraction {
    std::int64_t over = 0, under = 1;

    constexpr fraction() = default;
    constexpr fraction(std::int64_t whole) : over(whole) {}
    constexpr fraction(std::int64_t a, std::int64_t b) : over(a), under(b) {
        std::int64_t divisor = a < 0 ? -a : a, rest = b < 0 ? -b : b;
        while (rest != 0) {
            const std::int64_t next = divisor % rest;
            divisor = rest, rest = next;
        }
        if (b < 0) divisor = -divisor;
        over /= divisor, under /= divisor;
    }
    constexpr fraction operator-() const { return {-over, under}; }
    friend constexpr fraction operator+(fraction a, fraction b) {
        return {a.over * b.under + b.over * a.under, a.under * b.under};
    }
    friend constexpr fraction operator*(fraction a, fraction b) {
        return {a.over * b.over, a.under * b.under};
    }
    friend constexpr fraction operator/(fraction a, fraction b) {
        return {a.over * b.under, a.under * b.over};
    }
    constexpr bool operator==(const fraction&) const = default;
    constexpr double value() const { return static_cast<double>(over) / static_cast<double>(under); }
};

/// The finite points of F(Tile, 3): zero, then pairs p, -p, so that transforms share sums. Infinity is the last point.
template <std::size_t Tile>
struct winograd_points;
template <>
struct winograd_points<2> {
    static constexpr fraction at[]{0, 1, -1};
};
/// With 5/8 and 3/2 errors are less than half of those with the usual 1 and 2; all products of them that stand in the
/// transforms of the input and of the results are exact in single precision.
template <>
struct winograd_points<4> {
    static constexpr fraction at[]{0, {5, 8}, {-5, 8}, {3, 2}, {-3, 2}};
};

/// y = results * ((filter * g) . (input * d)): the `Tile` results of a filter g of three taps over Tile + 2 cells d.
template <std::size_t Tile, class Points = winograd_points<Tile>>
struct winograd_matrices {
    static constexpr std::size_t points = Tile + 2;
    fraction results[Tile][points]{}, filter[points][3]{}, input[points][points]{};

    constexpr winograd_matrices() {
        constexpr std::size_t finite = points - 1;
        // Coefficients of the product of x - q over all points q but one; of all of them for infinity.
        for (std::size_t p = 0; p < points; ++p) {
            fraction polynomial[points]{1};
            std::size_t degree = 0;
            for (std::size_t q = 0; q < finite; ++q) {
                if (q == p) continue;
                for (std::size_t k = ++degree; k != 0; --k)
                    polynomial[k] = polynomial[k - 1] + -Points::at[q] * polynomial[k];
                polynomial[0] = -Points::at[q] * polynomial[0];
            }
            for (std::size_t k = 0; k < points; ++k) input[p][k] = polynomial[k];
        }
        for (std::size_t p = 0; p < finite; ++p) {
            fraction distances = 1, power = 1;
            for (std::size_t q = 0; q < finite; ++q)
                if (q != p) distances = distances * (Points::at[p] + -Points::at[q]);
            for (std::size_t k = 0; k < points; ++k, power = power * Points::at[p]) {
                if (k < 3) filter[p][k] = power / distances;
                if (k < Tile) results[k][p] = power;
            }
        }
        filter[points - 1][2] = results[Tile - 1][points - 1] = 1;
    }
};
template <std::size_t Tile>
inline constexpr winograd_matrices<Tile> winograd_exact{};

// Each matrix says where its entries are, and whether points p and -p are neighbouring rows or columns.
template <std::size_t Tile>
struct winograd_input {
    static constexpr std::size_t rows = Tile + 2, columns = Tile + 2;
    static constexpr bool pairs_rows = true;
    static constexpr double at(std::size_t r, std::size_t c) {
        return winograd_exact<Tile>.input[r][c].value();
    }
};
template <std::size_t Tile>
struct winograd_filter {
    static constexpr std::size_t rows = Tile + 2, columns = 3;
    static constexpr bool pairs_rows = true;
    static constexpr double at(std::size_t r, std::size_t c) {
        return winograd_exact<Tile>.filter[r][c].value();
    }
};
template <std::size_t Tile>
struct winograd_results {
    static constexpr std::size_t rows = Tile, columns = Tile + 2;
    static constexpr bool pairs_rows = false;
    static constexpr double at(std::size_t r, std::size_t c) {
        return winograd_exact<Tile>.results[r][c].value();
    }
};
template <class Matrix>
struct transposed {
    static constexpr std::size_t rows = Matrix::columns, columns = Matrix::rows;
    static constexpr bool pairs_rows = !Matrix::pairs_rows;
    static constexpr double at(std::size_t r, std::size_t c) { return Matrix::at(c, r); }
};

/// The term to begin the sum of row `Row` over columns First, First + Step, ... with: one that needs no product, if there is one.
template <class Matrix, std::size_t Row, std::size_t First, std::size_t Step>
inline constexpr std::size_t winograd_start = [] {
    std::size_t start = Matrix::columns;
    for (std::size_t c = First; c < Matrix::columns; c += Step)
        if (const double entry = Matrix::at(Row, c); entry != 0 && (start == Matrix::columns || entry == 1))
            start = c;
    return start;
}();

/// sum over columns First, First + Step, ... of entry times in[column * distance]; none of them: zero.
template <class Matrix, std::size_t Row, std::size_t First, std::size_t Step, class T>
ARCHETYPE_INLINE lanes<T> winograd_sum(const lanes<T>* in, std::size_t distance) {
    constexpr std::size_t start = winograd_start<Matrix, Row, First, Step>;
    if constexpr (start == Matrix::columns) {
        return broadcast(T(0));
    } else {
        lanes<T> sum = in[start * distance];
        if constexpr (Matrix::at(Row, start) != 1)
            sum = sum * broadcast(static_cast<T>(Matrix::at(Row, start)));
        each_index<Matrix::columns>([&]<std::size_t Column>() ARCHETYPE_INLINE_LAMBDA {
            constexpr double entry = Matrix::at(Row, Column);
            if constexpr (Column % Step == First % Step && Column >= First && Column != start && entry != 0) {
                if constexpr (entry == 1)
                    sum = sum + in[Column * distance];
                else if constexpr (entry == -1)
                    sum = sum - in[Column * distance];
                else
                    sum = multiply_add(broadcast(static_cast<T>(entry)), in[Column * distance], sum);
            }
        });
        return sum;
    }
}

/// out[r * to] = sum over c of Matrix[r][c] in[c * from]. Rows (or columns) 2i - 1 and 2i, of points p and -p, differ in
/// the signs of odd columns (rows), so that they share sums.
template <class Matrix, class T>
ARCHETYPE_INLINE void winograd_multiply(const lanes<T>* in, std::size_t from, lanes<T>* out, std::size_t to) {
    if constexpr (Matrix::pairs_rows) {
        each_index<Matrix::rows>([&]<std::size_t Row>() ARCHETYPE_INLINE_LAMBDA {
            if constexpr (Row == 0 || Row + 1 == Matrix::rows) {
                out[Row * to] = winograd_sum<Matrix, Row, 0, 1, T>(in, from);
            } else if constexpr (Row % 2 == 1) {
                const lanes<T> even = winograd_sum<Matrix, Row, 0, 2, T>(in, from),
                               odd = winograd_sum<Matrix, Row, 1, 2, T>(in, from);
                out[Row * to] = even + odd;
                out[(Row + 1) * to] = even - odd;
            }
        });
    } else {
        // The first and the last column as they are, then sums and differences of the pairs.
        constexpr std::size_t pairs = (Matrix::columns - 2) / 2;
        lanes<T> sums[pairs], differences[pairs];
        each_index<pairs>([&]<std::size_t I>() ARCHETYPE_INLINE_LAMBDA {
            sums[I] = in[(2 * I + 1) * from] + in[(2 * I + 2) * from];
            differences[I] = in[(2 * I + 1) * from] - in[(2 * I + 2) * from];
        });
        each_index<Matrix::rows>([&]<std::size_t Row>() ARCHETYPE_INLINE_LAMBDA {
            const lanes<T>* const half = Row % 2 == 0 ? sums : differences;
            lanes<T> sum = half[0];
            if constexpr (Matrix::at(Row, 1) != 1) sum = sum * broadcast(static_cast<T>(Matrix::at(Row, 1)));
            each_index<pairs - 1>([&]<std::size_t I>() ARCHETYPE_INLINE_LAMBDA {
                constexpr double entry = Matrix::at(Row, 2 * I + 3);
                sum = entry == 1 ? sum + half[I + 1]
                                 : multiply_add(broadcast(static_cast<T>(entry)), half[I + 1], sum);
            });
            each_index<2>([&]<std::size_t I>() ARCHETYPE_INLINE_LAMBDA {
                constexpr std::size_t column = I == 0 ? 0 : Matrix::columns - 1;
                constexpr double entry = Matrix::at(Row, column);
                if constexpr (entry == 1)
                    sum = sum + in[column * from];
                else if constexpr (entry != 0)
                    sum = multiply_add(broadcast(static_cast<T>(entry)), in[column * from], sum);
            });
            out[Row * to] = sum;
        });
    }
}

/// Both axes of a square: out[r][s] = sum over c, d of Matrix[r][c] in[c][d] Matrix[s][d].
template <class Matrix, class T>
ARCHETYPE_INLINE void winograd_square(const lanes<T>* in, lanes<T>* out) {
    lanes<T> half[Matrix::rows * Matrix::columns];
#pragma GCC unroll 6
    for (std::size_t c = 0; c < Matrix::columns; ++c)
        winograd_multiply<Matrix, T>(in + c, Matrix::columns, half + c, Matrix::columns);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < Matrix::rows; ++r)
        winograd_multiply<Matrix, T>(half + r * Matrix::columns, 1, out + r * Matrix::rows, 1);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
