from pipelines.pseudo_label.stage import run
from project.stage_command import stage_main

stage_main("pseudo_label", run)
