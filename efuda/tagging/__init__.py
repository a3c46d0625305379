"""Tags of a whole folder of pictures, here or on Ray; may import all that stands below efuda."""
