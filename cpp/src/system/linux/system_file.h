#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace fn {

/** Lines of a file of /proc or /sys; none if it cannot be read: what such a file would have said is then not known. */
inline std::vector<std::string> read_lines(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

/** The first line; empty if there is none. */
inline std::string read_line(const std::string& path) {
    std::string line;
    std::getline(std::ifstream(path), line);
    return line;
}

}  // namespace fn
