from pipelines.index.stage import run
from project.stage_command import stage_main

stage_main("index", run)
