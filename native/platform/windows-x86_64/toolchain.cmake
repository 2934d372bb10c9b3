# Compiles for Windows on Linux and runs its tests under Wine (Debian: g++-mingw-w64-x86-64-posix, wine64). Windows aligns a stack to
# 16 bytes and GCC takes it for aligned to a vector's (bug 54412): the assembler is told to make every move of one an unaligned one.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix -static -Wa,-muse-unaligned-vector-move)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/wine)
