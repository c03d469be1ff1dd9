"""The index on disk: immutable, checksummed files that one atomic rename publishes. docs/INDEX_FORMAT.md describes it.

files.py      every change of the file system, in the order that survives a power cut
manifest.py   a commit: what the index is made of, and the pointer to it
segment.py    one immutable part of an index: some articles, their passages and vectors
snapshot.py   the read side: one whole commit
writer.py     the write side: a session that ends in one commit
"""
