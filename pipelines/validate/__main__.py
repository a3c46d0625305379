from pipelines.validate.stage import run
from project.stage import stage_main

stage_main("validate", run)
