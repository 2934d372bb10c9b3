# Included by a platform's toolchain: Zig's Clang, with the C and C++ library of ZIG_TARGET. native/platforms has it fetched.
set(CMAKE_C_COMPILER ${CMAKE_CURRENT_LIST_DIR}/zig cc -target ${ZIG_TARGET})
set(CMAKE_CXX_COMPILER ${CMAKE_CURRENT_LIST_DIR}/zig c++ -target ${ZIG_TARGET})
set(CMAKE_AR ${CMAKE_CURRENT_LIST_DIR}/zig-ar)
set(CMAKE_RANLIB ${CMAKE_CURRENT_LIST_DIR}/zig-ranlib)
# CMake insists on one for macOS and, as no path is changed on installation, does not call it.
set(CMAKE_INSTALL_NAME_TOOL true)
