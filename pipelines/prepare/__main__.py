from pipelines.prepare.stage import run
from project.stage import stage_main

stage_main("prepare", run)
