"""The index on disk: immutable, checksummed files that one atomic rename publishes. docs/INDEX_FORMAT.md describes it."""
