"""From heads to proposals for unknown cells; may import training, labelers and calibration."""
