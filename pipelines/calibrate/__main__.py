from pipelines.calibrate.stage import run
from project.stage import stage_main

stage_main("calibrate", run)
