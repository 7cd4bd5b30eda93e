"""Everything Slack, in and out."""
