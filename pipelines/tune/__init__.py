"""Settings of each method, chosen on the hold-out; may import tuning, project and components."""
