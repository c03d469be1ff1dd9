"""The engines that turn text into vectors, one module a library, each imported only when it is chosen (newsdex.encoder)."""
