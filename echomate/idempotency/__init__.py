"""`Idempotency-Key`: a creation that is asked for twice is done once, and answered the same.

`claims` is the memory, in the table; `repeating` is what a view does with it.
"""

from echomate.idempotency.items import Creation

__all__ = ["Creation"]
