"""What `efuda submit` does: checks a Ray cluster, sends it a job, follows it, brings results back."""
