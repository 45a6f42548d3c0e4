"""How packets become what browsers play: fragments, RTP payloads, and the hub that shares them."""
