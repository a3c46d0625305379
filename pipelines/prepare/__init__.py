"""From the labels and images as they are to tables; may import project and components."""
