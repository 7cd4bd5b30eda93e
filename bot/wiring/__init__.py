"""The wiring room: a file for each part of the bot, each built on `base`. Decides nothing."""
