"""How good the taggers are on the frozen test split."""
