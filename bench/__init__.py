"""`make bench`: what a request costs, in CPU, DynamoDB units and Redis calls, beside what it has to cost at least."""
