"""A task whose training images have captions."""

from benchmarks.attribute_world import task_of, world


def captioned_task(num_images=300):
    """Pictures of coloured things, before a hold-out that is known in full."""
    return task_of(world(num_images, seed=0), world(150, seed=1))
