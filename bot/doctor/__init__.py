"""`countersign doctor`: everything that stops the bot, or would stop it later, looked for at once.

It reads only: nothing is posted, cancelled or written, and the bot may be running beside it. One
file for each area; a check is a function that writes what it finds into its area's `Notes`, and
`countersign init` asks the same functions.
"""
