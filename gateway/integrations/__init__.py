"""Other people's services that the gateway asks: identity providers."""
