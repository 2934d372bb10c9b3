# Sourced by the commands of this folder, by their resolved path.
# shellcheck shell=bash

root=${BASH_SOURCE[0]%/native/*}
target=$root/target

say() { echo "fasternet: $*" >&2; }

die() {
    say "$*"
    exit 1
}

# Whether a compiler is of this Java release or a newer one: is_javac COMMAND RELEASE.
is_javac() {
    [[ $("$1" -version 2>&1) =~ ^javac\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= $2))
}

# A JDK of 17 or newer, JAVA_HOME's if that is set, else PATH's.
has_jdk() {
    is_javac "${JAVA_HOME:+$JAVA_HOME/bin/}javac" 17
}

# Prints the Debian packages of what is not here; for the purpose "tests", also of what only tests need.
missing_packages() {
    has_jdk || echo openjdk-17-jdk-headless
    local tool
    for tool in cmake g++ make; do
        command -v "$tool" > /dev/null || echo "$tool"
    done
    command -v mvn > /dev/null || echo maven
    [ "$1" = tests ] || return 0
    # The library for the plain tests, its sources for builds with a sanitizer.
    [ -e /usr/include/gtest/gtest.h ] || echo libgtest-dev
    [ -e /usr/src/googletest ] || echo googletest
    # The test of the benchmarks' page looks for the same names.
    command -v chromium chromium-browser google-chrome > /dev/null || echo chromium
    if [ "$(uname -m)" = x86_64 ]; then
        command -v aarch64-linux-gnu-g++ > /dev/null || echo g++-aarch64-linux-gnu
        command -v qemu-aarch64 > /dev/null || echo qemu-user
        command -v x86_64-w64-mingw32-g++-posix > /dev/null || echo g++-mingw-w64-x86-64-posix
        command -v llvm-objdump > /dev/null || echo llvm
        [ -e /usr/lib/wine/wine64 ] || echo wine64
    fi
}

# Installs what is not here, or says how to: require_tools running|tests.
require_tools() {
    if [ -n "${JAVA_HOME:-}" ] && ! has_jdk; then
        die "JAVA_HOME is $JAVA_HOME, which is not a JDK 17 or newer"
    fi
    local packages
    mapfile -t packages < <(missing_packages "$1")
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v apt-get > /dev/null || die "please install (named as in Debian): ${packages[*]}"
    local install="apt-get install -y --no-install-recommends ${packages[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        say "some tools are missing; this installs them:"
        die "sudo apt-get update && sudo $install"
    fi
    say "installing ${packages[*]}"
    quietly build.log bash -c "apt-get update && DEBIAN_FRONTEND=noninteractive $install"
    mapfile -t packages < <(missing_packages "$1")
    [ ${#packages[@]} -eq 0 ] || die "still not usable after installing: ${packages[*]}"
}

# Runs a command whose output matters only if it fails: quietly LOG COMMAND.
quietly() {
    local log=$target/$1
    shift
    mkdir -p "${log%/*}"
    "$@" > "$log" 2>&1 || {
        cat "$log" >&2
        die "failed: $*"
    }
}

# Puts target/fasternet.jar into the local repository, where builds of their own look for it.
install_library() {
    [ -e "$target/fasternet.jar" ] || die "target/fasternet.jar is not there: mvn package makes it"
    quietly install.log mvn -B -ntp install:install-file -Dfile="$target/fasternet.jar" -DpomFile="$root/pom.xml"
}

# Puts packages of PyPI's into a folder of target, once: fetch_wheel FOLDER REQUIREMENT... [OPTION OF PIP...]. Fails where they cannot
# be had.
fetch_wheel() {
    local folder=$target/$1
    shift
    [ -e "$folder.fetched" ] && return
    rm -rf "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" "$@" >&2 || return 1
    touch "$folder.fetched"
}

# What compiles for macOS here: 100 MB.
fetch_zig() { fetch_wheel zig ziglang==0.17.1; }
