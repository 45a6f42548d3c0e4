"""The worker link: what gateways and workers say to each other, and who owns which camera."""
