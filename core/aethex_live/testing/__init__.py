"""For authors of plugins: conformance kits of the provider contracts and in-memory fakes that pass them."""
