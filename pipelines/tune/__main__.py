from pipelines.tune.stage import run
from project.stage import stage_main

stage_main("tune", run)
