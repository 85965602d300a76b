"""What feeds remove of a user who is erased: nothing in the table is theirs."""

from echomate import keys, privacy

privacy.remembers(keys.feed, keys.feed_lock, keys.author_list)
