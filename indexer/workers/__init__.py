"""Parsers of files that somebody else wrote, each a process of its own, confined.

``pool.py`` is the parent's side: files in, articles out, in the same order. ``worker.py`` is one process as the parent sees it, with its
clock and its end; ``child.py`` is that process, ``protocol.py`` what the two say to each other, ``handed.py`` how a file gets there.
``confine.py`` says what it may not do: ``landlock.py`` closes files to it, ``system_calls.py`` the kernel, and ``privileges.py`` gives up
what root may.
"""
