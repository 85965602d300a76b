"""What somebody has liked a moment ago, which their list of likes shows at once."""

from echomate import keys
from echomate.recent import Recent

recent_likes = Recent(keys.recent_likes)
