// SPDX-License-Identifier: BSL-1.0
/// @file gradient_summary.hpp
/// How large the gradients of each layer are, and which units have none.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/training/divergence.hpp>

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The gradient of one parameter tensor.
struct gradient_row {
    std::string layer;      ///< "hidden (dense)"
    std::string parameter;  ///< "kernel"
    double norm = 0;        ///< L2 norm of the gradient
    double largest = 0;     ///< of its elements, in size
    double ratio = 0;       ///< norm / norm of the parameter; infinite if that is 0
    std::size_t units = 0;  ///< along the last axis: filters, units
    std::size_t dead = 0;   ///< units whose gradients are all 0
};

/// One row for each trainable parameter tensor, in their order; `<<` writes a table.
struct gradient_summary {
    std::vector<gradient_row> rows = {};

    friend std::ostream& operator<<(std::ostream& out, const gradient_summary& of) {
        out << "layer, parameter: norm, largest, norm / parameter's norm, dead units\n";
        for (const gradient_row& row : of.rows)
            out << row.layer << ", " << row.parameter << ": " << row.norm << ", " << row.largest << ", "
                << row.ratio << ", " << row.dead << " of " << row.units << '\n';
        return out;
    }
};

/// Of `gradient.data()` of a `gradients` object after it was called with a batch: large batches tell dead units from those
/// that some samples did not reach.
template <class Net, class T>
gradient_summary summarize_gradients(const model<Net, T>& net, const T* gradient) {
    gradient_summary found;
    constexpr const auto& layout = detail::parameters_of<Net>;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const detail::parameter_slot& slot = layout.slots[i];
        const parameter& tensor = detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        if (!tensor.trainable) continue;
        gradient_row row{detail::layer_label<Net>(slot.node), std::string(tensor.name)};
        const std::size_t size = tensor.extents.size();
        row.units = tensor.extents.rank == 0 ? 1 : tensor.extents.extents[tensor.extents.rank - 1];
        std::vector<bool> alive(row.units);
        double squares = 0, of_parameter = 0;
        for (std::size_t k = 0; k < size; ++k) {
            const auto slope = static_cast<double>(gradient[slot.offset + k]);
            const auto value = static_cast<double>(net.data()[slot.offset + k]);
            squares += slope * slope;
            of_parameter += value * value;
            if (!(std::abs(slope) <= row.largest)) row.largest = std::abs(slope);
            if (slope != 0) alive[k % row.units] = true;
        }
        row.norm = std::sqrt(squares);
        row.ratio = of_parameter == 0 ? expression::infinity<double> : row.norm / std::sqrt(of_parameter);
        for (const bool one : alive) row.dead += one ? 0 : 1;
        found.rows.push_back(std::move(row));
    }
    return found;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
