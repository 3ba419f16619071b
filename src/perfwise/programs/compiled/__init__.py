"""C and C++ as WebAssembly: compiled within bounds, run under fuel in a world that has no files, network or clock."""
