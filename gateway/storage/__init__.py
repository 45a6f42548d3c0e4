"""One store over two databases: rows in, frozen dataclasses out."""
