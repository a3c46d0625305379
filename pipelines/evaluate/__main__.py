from pipelines.evaluate.stage import run
from project.stage_command import stage_main

stage_main("evaluate", run)
