"""A build on several machines by Ray."""
