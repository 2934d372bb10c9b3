#include "system/linux/cpu_count.h"

#include "system/linux/system_file.h"
#include "system/system.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace fn {

namespace {

/** CPUs in a list such as "0-3,8,10-11"; 0 if it is not one. */
int count_in_list(const std::string& list) {
    int count = 0;
    std::istringstream ranges(list);
    for (std::string range; std::getline(ranges, range, ',');) {
        int first, last;
        const int read = std::sscanf(range.c_str(), "%d-%d", &first, &last);
        if (read == 1) last = first;
        if (read < 1 || first < 0 || last < first) return 0;
        count += last - first + 1;
    }
    return count;
}

bool has_word(const std::string& comma_separated, const char* word) {
    std::istringstream words(comma_separated);
    for (std::string w; std::getline(words, w, ',');) {
        if (w == word) return true;
    }
    return false;
}

/** The quota of one cgroup; 0 if it sets none. */
double quota_of(const std::string& directory) {
    double quota = 0, period = 0;
    // Version 2, where "max" means none; else version 1, where -1 does.
    if (std::sscanf(read_line(directory + "/cpu.max").c_str(), "%lf %lf", &quota, &period) < 2) {
        quota = std::atof(read_line(directory + "/cpu.cfs_quota_us").c_str());
        period = std::atof(read_line(directory + "/cpu.cfs_period_us").c_str());
    }
    return quota > 0 && period > 0 ? quota / period : 0;
}

double tighter(double a, double b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

/** A hierarchy that may hold CPU quotas, as /proc/self/mountinfo shows it (proc(5)). */
struct CgroupMount {
    bool version2;
    std::string root;   // the cgroup that is visible at the mount point
    std::string point;
};

/** mountinfo writes blanks and backslashes of a path as three octal digits. */
std::string unescape(const std::string& path) {
    std::string plain;
    for (size_t i = 0; i < path.size(); i++) {
        unsigned code;
        if (path[i] == '\\' && std::sscanf(path.c_str() + i + 1, "%3o", &code) == 1) {
            plain += static_cast<char>(code);
            i += 3;
        } else {
            plain += path[i];
        }
    }
    return plain;
}

std::vector<CgroupMount> cgroup_mounts(const std::string& root) {
    std::vector<CgroupMount> mounts;
    for (const std::string& line : read_lines(root + "/proc/self/mountinfo")) {
        const size_t separator = line.find(" - ");
        if (separator == std::string::npos) continue;
        std::istringstream before(line), after(line.substr(separator + 3));
        std::string id, parent, device, mount_root, point, type, source, options;
        before >> id >> parent >> device >> mount_root >> point;
        after >> type >> source >> options;
        if (type == "cgroup2" || (type == "cgroup" && has_word(options, "cpu"))) {
            mounts.push_back({type == "cgroup2", unescape(mount_root), unescape(point)});
        }
    }
    return mounts;
}

/** This process's cgroup in a hierarchy, from the lines "id:controllers:path" of /proc/self/cgroup (cgroups(7)). */
std::string own_cgroup(const std::vector<std::string>& lines, bool version2) {
    for (const std::string& line : lines) {
        const size_t first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (version2 ? controllers.empty() : has_word(controllers, "cpu")) return line.substr(second + 1);
    }
    return "/";
}

/** The part of `cgroup` below `mount_root`; "" (the mount point itself) if the mount does not show that cgroup. */
std::string visible_path(const std::string& cgroup, const std::string& mount_root) {
    const std::string prefix = mount_root == "/" ? "" : mount_root;
    if (cgroup.compare(0, prefix.size(), prefix) != 0) return "";
    const std::string rest = cgroup.substr(prefix.size());
    // "/../x" is how a cgroup outside this namespace is written.
    return rest.size() > 1 && rest[0] == '/' && rest.compare(0, 3, "/..") != 0 ? rest : "";
}

}  // namespace

double cgroup_quota(const std::string& root) {
    const std::vector<std::string> lines = read_lines(root + "/proc/self/cgroup");
    double quota = 0;
    for (const CgroupMount& mount : cgroup_mounts(root)) {
        std::string path = visible_path(own_cgroup(lines, mount.version2), mount.root);
        while (true) {
            quota = tighter(quota, quota_of(root + mount.point + path));
            if (path.empty()) break;
            path.resize(path.rfind('/'));
        }
    }
    return quota;
}

fn_cpu_count count_cpus(const std::string& root, int affinity) {
    const int online = count_in_list(read_line(root + "/sys/devices/system/cpu/online"));
    return system::usable_of(online, affinity, cgroup_quota(root));
}

}  // namespace fn
