"""Where the bytes are kept: one protocol, and one file per kind of store."""
