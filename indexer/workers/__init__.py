"""Confined processes that parse files from untrusted sources.

``pool.py`` is the parent's side: files in, articles out, in order. ``worker.py`` is one process as its parent sees it, with its time
limits. ``child.py`` is that process, ``protocol.py`` the messages and open files between the two. ``confine.py`` drops its privileges and
restricts it: ``landlock.py`` the file system, ``system_calls.py`` the kernel.
"""
