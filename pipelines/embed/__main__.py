from pipelines.embed.stage import run
from project.stage import stage_main

stage_main("embed", run)
