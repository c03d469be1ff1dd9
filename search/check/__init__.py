"""Whether the archive says what an answer says."""
