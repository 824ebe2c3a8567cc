"""HTTP over packaged models: the door checks rows, the app routes, the server listens."""
