# cmake --install: library, headers and a package config for find_package(xtape).
