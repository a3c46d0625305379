"""Pictures from files: what is read, within which limits, and why a file is refused.

It imports errors and quarantine reasons, and nothing else of ours.
"""

from components.data.images.budget import KEPT_PIXELS as KEPT_PIXELS
from components.data.images.budget import OWN_FILES as OWN_FILES
from components.data.images.budget import SENT_FILES as SENT_FILES
from components.data.images.budget import Budget as Budget
from components.data.images.decoding import check_known_format as check_known_format
from components.data.images.decoding import decode_image as decode_image
from components.data.images.decoding import decoded_size as decoded_size
from components.data.images.fault import ImageFault as ImageFault
from components.data.images.files import read_image_bytes as read_image_bytes
from components.data.images.formats import FORMATS as FORMATS
from components.data.images.formats import IMAGE_EXTENSIONS as IMAGE_EXTENSIONS
from components.data.images.formats import format_of as format_of
