from pipelines.evaluate.stage import run
from project.stage import stage_main

stage_main("evaluate", run)
