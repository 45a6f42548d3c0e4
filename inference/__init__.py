"""Turns frames into observations: one module per thing that is detected."""
