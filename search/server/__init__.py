"""The index over HTTP: ``newsdex serve``."""
