"""The closed list of labelers."""

from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

Labeler = SoftmaxThreshold | CalibratedThreshold
