#pragma once

#include "kernels.h"

namespace FN_NAMESPACE {
namespace {

/** One register tile: its rows of the segments, its panel of weights, its place in the result. */
struct Tile {
    const fn::Product* product;
    const fn::Run* run;
    int64_t run_row;     // its first row in the run
    int64_t result_row;  // its first row in the result
    int32_t column;
    const Weight* weights;
    const Bias* bias;
    const char*
        ahead;  // weights needed soon, to be fetched into the second-level cache: ahead_step bytes per group of K
    int64_t ahead_step;
};

/** The lanes of a tile's vector that lie in a part, whose addresses `data` and `residual` are shifted to its first one. */
struct Place {
    int first, last;

    Place(const fn::Part& part, int column)
        : first(part.begin > column ? part.begin - column : 0),
          last(part.end - column < lanes ? part.end - column : lanes) {}
    bool empty() const { return first >= last; }
    bool whole() const { return first == 0 && last == lanes; }
};

}  // namespace
}  // namespace FN_NAMESPACE
