"""The ground floor: frozen dataclasses and pure functions. Standard library only; no clock, no await."""
