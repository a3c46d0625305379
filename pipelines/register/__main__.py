from pipelines.register.stage import run
from project.stage import stage_main

stage_main("register", run)
