"""One module a kind of source; ``catalog`` knows them all."""
