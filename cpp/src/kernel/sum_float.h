#pragma once

/** Sums of products in f32: what elements that are added up so have in common. */
namespace FN_NAMESPACE {
namespace {

using Sum = Vec;
using Bias = float;
/** In how many goes a group is multiplied. */
constexpr int halves = 1;

FN_INLINE Sum load_sum(const Bias* p) { return load(p); }

}  // namespace
}  // namespace FN_NAMESPACE

#define FN_FINISH_HEADER "finish_float.h"
#define FN_HAS_WINOGRAD 1
