from dataclasses import replace

import numpy as np
import pytest

from benchmarks.attribute_world import GRID, holdout, names, training_set, world
from components.errors import InputError
from components.training.data import Schedule
from components.training.inference import head_logits, holdout_score
from tuning.methods import learn
from tuning.task import CaptionTags, Task


def captioned_task(num_images=300):
    train, val = world(num_images, seed=0), world(150, seed=1)
    data = training_set(train)
    return Task(
        views=data.views,
        regions=data.regions,
        grid=GRID,
        states=data.states,
        names=names(train),
        holdout=holdout(val),
        holdout_states=np.where(val.things, 1, -1).astype(np.int8),
        rule="verified",
        schedule=Schedule(epochs=8, batch_size=256, learning_rate=3e-3),
        captions=CaptionTags(
            caption_vectors=train.captions,
            caption_rows=np.arange(num_images),
            object_tags=train.things.astype(np.int8),
            object_vectors=train.thing_texts,
            attribute_tags=train.colours.astype(np.int8),
            attribute_vectors=train.colour_texts,
        ),
    )


def test_captions_teach_labels_and_the_settings_say_how():
    task, test = captioned_task(), holdout(world(200, seed=2))
    scores = {}
    for method in ("zero_shot", "tagalign"):
        learned = learn(method, task, seed=0)
        scores[method] = holdout_score(head_logits(learned.head, test.vectors, test.regions), test)
    assert scores["tagalign"] > scores["zero_shot"] + 0.1
    assert learned.method == "tagalign"
    assert learned.settings["pool"] in {"mean", "best"}
    assert learned.settings["kinds"] in {"objects", "both"}
    assert not any(isinstance(value, np.ndarray) for value in learned.settings.values())


def test_without_captions_or_regions_it_says_what_is_missing():
    task = captioned_task(num_images=5)
    with pytest.raises(InputError, match="needs captions"):
        learn("tagalign", replace(task, captions=None), seed=0)
    with pytest.raises(InputError, match="region vectors"):
        learn("tagalign", replace(task, regions=()), seed=0)
