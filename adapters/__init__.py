"""Speaks to devices: one module per protocol, each yielding packets or resolving to one that does."""
