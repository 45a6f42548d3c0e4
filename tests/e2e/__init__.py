"""Browser tests: one running district for all of them, ended with the last."""
