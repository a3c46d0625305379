"""What stands before every route: limits on bodies, and errors of one shape. Imports no route."""
