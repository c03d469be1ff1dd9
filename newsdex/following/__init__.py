"""Standing questions: each new article that answers one is reported once.

    from newsdex.following import follow, tell

    follow("index_data", "China support for Russia", name="china-russia", jsonl="news.jsonl")
    tell("index_data")  # after each index_paths; the command newsdex index does so itself

docs/FOLLOW.md describes them.
"""

from newsdex.following.questions import follow, followed, preview, remarks_on, unfollow
from newsdex.following.telling import tell

__all__ = ["follow", "followed", "preview", "remarks_on", "tell", "unfollow"]
