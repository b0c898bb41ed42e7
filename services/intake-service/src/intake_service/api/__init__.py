"""REST: requests in, answers out; decides nothing."""
