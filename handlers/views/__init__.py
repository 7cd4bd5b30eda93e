"""Domain value in, Slack blocks out. No await, no client."""
