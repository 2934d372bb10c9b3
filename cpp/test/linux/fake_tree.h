#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

/** A directory that plays the root of a file system, removed with the object. */
class FakeTree {
public:
    FakeTree() {
        std::string pattern = std::filesystem::temp_directory_path() / "fasternet-XXXXXX";
        root_ = mkdtemp(pattern.data());
    }
    ~FakeTree() { std::filesystem::remove_all(root_); }
    FakeTree(const FakeTree&) = delete;
    FakeTree& operator=(const FakeTree&) = delete;

    const std::string& root() const { return root_; }

    void write(const std::string& path, const std::string& content) {
        std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
        std::ofstream(root_ + path) << content;
    }

private:
    std::string root_;
};
