"""Whether the challenger becomes champion; may import project and components."""
