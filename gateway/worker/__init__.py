"""The worker: owns a shard of cameras, pulls, decodes, detects, and reports to the gateways that dial it."""
