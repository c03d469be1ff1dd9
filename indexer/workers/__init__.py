"""Confined processes that parse untrusted files. The parent's side: ``pool.py`` (files in, articles out, in order), ``worker.py`` (a
process and its limits). ``child.py`` is that process, ``protocol.py`` their messages and open files. ``confine.py`` restricts it, by
``landlock.py`` in the file system, by ``system_calls.py`` in the kernel.
"""
