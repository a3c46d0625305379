from pipelines.index.stage import run
from project.stage import stage_main

stage_main("index", run)
