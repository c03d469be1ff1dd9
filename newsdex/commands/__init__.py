"""The commands, a module a kind: parse, call, print, exit code; nothing else."""
