from pipelines.prepare.stage import run
from project.stage_command import stage_main

stage_main("prepare", run)
