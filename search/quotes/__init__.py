"""Whether a quotation is in the archive, and where."""
