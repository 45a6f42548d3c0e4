"""The doorbell, in process and over Redis."""
