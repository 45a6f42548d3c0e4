"""The HTTP and WebSocket face: one router per noun, thin; every route declares its rule."""
