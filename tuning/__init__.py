"""One search over any method's attempts, in process or on Ray Tune; imports project and components."""
