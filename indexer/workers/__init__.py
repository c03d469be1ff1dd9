"""Parsers of files that somebody else wrote, each a process of its own, confined.

``pool.py`` is the parent's side: files in, articles out, in the same order. ``worker.py`` is one process as the parent sees it, with its clock
and its end; ``child.py`` is that process, ``confine.py`` what it may not do, ``protocol.py`` what the two say to each other.
"""
