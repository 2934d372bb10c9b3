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
 * Writes one panel of a matrix into zeroed memory.
 *
 * A piece of K is written for all columns before the next one is: the panel stays in the cache line by line, and a column's
 * weights, which lie at neighbouring places of the caller's matrix, are read in runs.
 *
 * @param weight weight(column, segment, tap, channel) is the matrix's value there
 * @param panels of the whole matrix
 */
template <class Element, class Weight>
void pack_panel(const PackedShape& shape, const Kernels& kernels, const Weight& weight, int32_t panel, Element* panels) {
    constexpr int32_t piece = 64;
    const int32_t group = kernels.group;
    const int32_t vectors = vectors_in(shape.columns, kernels.lanes);
    const int32_t begin = panel * panel_vectors * kernels.lanes;
    const bool last = panel == panels_in(vectors) - 1;
    const int32_t width = (last ? vectors - panel * panel_vectors : panel_vectors) * kernels.lanes;
    const int32_t end = std::min(shape.columns, begin + width);
    Element* rows = panels + static_cast<int64_t>(begin) * shape.depth(group);
    for (size_t s = 0; s < shape.segments.size(); s++) {
        const int32_t channels = shape.segments[s].channels;
        for (int32_t tap = 0; tap < shape.segments[s].taps; tap++) {
            for (int32_t first = 0; first < channels; first += piece) {
                const int32_t behind = std::min(channels, first + piece);
                for (int32_t column = begin; column < end; column++) {
                    for (int32_t c = first; c < behind; c++) {
                        Element* row = rows + static_cast<int64_t>(c / group) * group * width;
                        store_element(weight(column, static_cast<int32_t>(s), tap, c),
                                      row + (column - begin) * group + c % group);
                    }
                }
            }
            rows += static_cast<int64_t>(round_up(channels, group)) * width;
        }
    }
}

}  // namespace fn
