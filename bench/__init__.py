"""Which method is best with these labels; may import tuning, project and components, no stage."""
