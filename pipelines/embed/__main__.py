from pipelines.embed.stage import run
from project.stage_command import stage_main

stage_main("embed", run)
