#pragma once

#include "fasternet.h"

#include <string>

namespace fn {

/**
 * How many CPUs' time the tightest quota of this process's cgroup and its ancestors, version 1 or 2, allows; 0 if there is none.
 * `root` is prepended to /proc and to the mount points found there: "" for the real ones.
 */
double cgroup_quota(const std::string& root);

fn_cpu_count count_cpus(const std::string& root, int affinity);

}  // namespace fn
