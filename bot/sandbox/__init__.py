"""Real servers on loopback that stand in for the clouds and for Slack. Imports none of the rest."""
