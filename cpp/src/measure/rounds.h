#pragma once

#include "fasternet_measure.h"

#include <functional>
#include <vector>

namespace fn {

/** Does some microseconds' work and returns how much it was. */
using Piece = std::function<int64_t()>;

/**
 * Work per second of each round, as fasternet_measure.h describes it. `options.threads` is at most the size of `cpus`.
 *
 * @param cpus  thread i is pinned to cpus[i]
 * @param begin makes what a thread repeats; called on that thread, pinned already
 * @throws std::system_error if a thread or its pinning is refused; what `begin` throws
 */
std::vector<double> measure_rounds(const fn_measure_options& options, const std::vector<int>& cpus,
                                   const std::function<Piece()>& begin);

}  // namespace fn
