import torch

from examples.cards.augmentation import augmented, moved


def test_the_map_moves_with_the_picture() -> None:
    pixels = torch.zeros(16, 3, 64, 64, dtype=torch.uint8)
    owners = torch.zeros(16, 32, 32, dtype=torch.uint8)
    pixels[:, :, 12:40, 20:44] = 255
    owners[:, 6:20, 10:22] = 1
    images, maps = moved(pixels, owners, 64, torch.Generator().manual_seed(0))
    small = torch.nn.functional.avg_pool2d(images[:, :1], 2)[:, 0]
    clear = (small < 0.01) | (small > 0.99)
    agree = (small > 0.5) == (maps == 1)
    # Reflection shows again what the map leaves out at the border.
    inner = torch.zeros_like(clear)
    inner[:, 6:-6, 6:-6] = True
    assert agree[clear & inner].float().mean() > 0.97
    assert not torch.equal(images[0], images[1])


def test_augmented_pictures_are_of_the_side_asked_for() -> None:
    pixels = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    owners = torch.zeros(4, 32, 32, dtype=torch.uint8)
    images, maps = augmented(pixels, owners, 48, torch.Generator().manual_seed(1))
    assert images.shape == (4, 3, 48, 48)
    assert maps.shape == (4, 32, 32)
    assert images.min() >= -1
    assert images.max() <= 1
