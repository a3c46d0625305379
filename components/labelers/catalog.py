"""The closed list of labelers."""

from components.labelers.calibrated_threshold import CalibratedThreshold
from components.labelers.softmax_threshold import SoftmaxThreshold

Labeler = SoftmaxThreshold | CalibratedThreshold
