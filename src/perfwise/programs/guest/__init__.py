"""The guest: CPython as WebAssembly, the pinned bytes and how they were made."""
