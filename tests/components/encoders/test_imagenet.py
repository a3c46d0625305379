from components.encoders.imagenet import class_names


def test_class_names_are_those_that_timm_lists():
    from timm.data.imagenet_info import ImageNetInfo

    assert list(class_names()) == ImageNetInfo().label_descriptions()
