"""The read side: a question -> ranked passages, and the doors through which it is asked."""
