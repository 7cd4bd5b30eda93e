"""countersign: cloud orders in Slack, cancelled only by two people. No Slack and no SQL here."""
