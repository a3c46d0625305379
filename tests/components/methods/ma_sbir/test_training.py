import numpy as np
import pytest
import torch

from components.errors import InputError
from components.methods.ma_sbir.modalities import Modality
from components.methods.ma_sbir.training import ModalitySchedule, SeenImages, fit_modalities

EMBED, CLASSES, EACH = 16, 4, 10
SCHEDULE = ModalitySchedule(num_steps=150, batch_size=64)


def world(seed=0, gap=1.5):
    """Class directions, and for sketches and photographs a direction of their own."""
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(CLASSES, EMBED))
    kinds = rng.normal(size=(2, EMBED)) * gap
    modality = np.repeat([0, 1], CLASSES * EACH)
    classes = np.tile(np.repeat(np.arange(CLASSES), EACH), 2)
    z = names[classes] + kinds[modality] + 0.3 * rng.normal(size=(len(classes), EMBED))
    as_units = [torch.nn.functional.normalize(torch.tensor(v).float(), dim=1) for v in (z, names)]
    return SeenImages(as_units[0], torch.tensor(modality), torch.tensor(classes), as_units[1])


def right_class_first(queries, photos, classes):
    scores = torch.nn.functional.normalize(queries, dim=1) @ photos.T
    return (classes[scores.argmax(dim=1)] == classes).float().mean().item()


def test_loss_falls_and_conversion_finds_photographs_better_without_any_pair():
    seen = world()
    fitted = fit_modalities(seen, SCHEDULE, seed=0)
    assert fitted.losses[-1] < fitted.losses[0]
    photos, sketches = (seen.images[seen.modality == kind] for kind in (0, 1))
    classes = seen.classes[seen.modality == 0]
    m = fitted.table.vectors.detach()
    raw = right_class_first(sketches, photos, classes)
    converted = right_class_first(
        sketches - m[Modality.SKETCH] + m[Modality.PHOTO], photos, classes
    )
    assert converted > raw


def test_discriminator_learns_the_modality_of_what_was_converted():
    seen = world()
    fitted = fit_modalities(seen, SCHEDULE, seed=0)
    target = torch.zeros_like(seen.modality)
    as_photo = fitted.table.convert(seen.images, seen.modality, target)
    foreign = seen.modality == Modality.SKETCH
    judged = fitted.discriminator(as_photo[foreign]).argmax(dim=1)
    assert (judged == Modality.PHOTO).float().mean() > 0.9


def test_same_seed_same_vectors_whatever_the_global_generator():
    torch.manual_seed(1)
    first = fit_modalities(world(), ModalitySchedule(num_steps=5), seed=3).table.vectors
    torch.manual_seed(2)
    again = fit_modalities(world(), ModalitySchedule(num_steps=5), seed=3).table.vectors
    other = fit_modalities(world(), ModalitySchedule(num_steps=5), seed=4).table.vectors
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_given_start_is_used_and_not_changed():
    seen = world()
    start = torch.zeros(3, EMBED)
    kept = fit_modalities(seen, ModalitySchedule(num_steps=0), seed=0, start=start).table.vectors
    assert torch.equal(kept, start)
    fit_modalities(seen, ModalitySchedule(num_steps=2), seed=0, start=start)
    assert not start.any()


@pytest.mark.parametrize("kind", [Modality.PHOTO, Modality.SKETCH])
def test_one_modality_alone_is_refused(kind):
    seen = world()
    own = seen.modality == kind
    lone = SeenImages(seen.images[own], seen.modality[own], seen.classes[own], seen.class_texts)
    with pytest.raises(InputError, match="photographs and sketches"):
        fit_modalities(lone, SCHEDULE, seed=0)


def test_vectors_that_are_not_of_unit_length_are_refused():
    seen = world()
    long = SeenImages(seen.images * 2, seen.modality, seen.classes, seen.class_texts)
    with pytest.raises(InputError, match="unit length"):
        fit_modalities(long, SCHEDULE, seed=0)
