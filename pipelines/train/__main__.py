from pipelines.train.stage import run
from project.stage import stage_main

stage_main("train", run)
