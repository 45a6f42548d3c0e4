"""The schema's history, packaged with the gateway."""
