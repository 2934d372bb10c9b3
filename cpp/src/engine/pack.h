#pragma once

#include "kernel/elements.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace fn {

inline int32_t round_up(int32_t value, int32_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/** A segment of a packed matrix: `taps` neighbouring pixels of `channels` values, each padded to whole groups. */
struct SegmentShape {
    int32_t taps;
    int32_t channels;
};

/** The extent of a packed matrix; see PackedMatrix for its layout. */
struct PackedShape {
    std::vector<SegmentShape> segments;
    int32_t columns;

    int32_t depth(int32_t group) const {
        int32_t sum = 0;
        for (const SegmentShape& s : segments) sum += s.taps * round_up(s.channels, group);
        return sum;
    }
    int64_t padded_columns(int32_t lanes) const { return static_cast<int64_t>(vectors_in(columns, lanes)) * lanes; }
};

/**
 * Writes the panels of a matrix into zeroed memory.
 *
 * @param weight weight(column, segment, tap, channel) is the matrix's value there
 */
template <class Element, class Weight>
void pack(const PackedShape& shape, const Kernels& kernels, const Weight& weight, Element* panels) {
    const int32_t vectors = vectors_in(shape.columns, kernels.lanes);
    const int32_t panel_count = panels_in(vectors);
    const int64_t depth = shape.depth(kernels.group);
    for (int32_t column = 0; column < shape.columns; column++) {
        const int32_t panel = std::min(column / (panel_vectors * kernels.lanes), panel_count - 1);
        const int32_t panel_begin = panel * panel_vectors * kernels.lanes;
        const int32_t panel_columns =
            (panel < panel_count - 1 ? panel_vectors : vectors - panel * panel_vectors) * kernels.lanes;
        Element* panel_data = panels + panel_begin * depth + static_cast<int64_t>(column - panel_begin) * kernels.group;
        int64_t k = 0;
        for (size_t s = 0; s < shape.segments.size(); s++) {
            for (int32_t tap = 0; tap < shape.segments[s].taps; tap++) {
                for (int32_t c = 0; c < shape.segments[s].channels; c++) {
                    const int64_t at = k + c;
                    Element* group = panel_data + at / kernels.group * kernels.group * panel_columns;
                    store_element(weight(column, static_cast<int32_t>(s), tap, c), group + at % kernels.group);
                }
                k += round_up(shape.segments[s].channels, kernels.group);
            }
        }
    }
}

}  // namespace fn
