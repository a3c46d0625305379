"""`efuda query tag IMAGE` and `efuda query search`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from components.errors import InputError
from efuda.command_answer import Answer, AnswerCommand

# Said here too: serving.client takes a tenth of a second to import.
DEFAULT_URL = "http://127.0.0.1:8000"

Url = Annotated[str, typer.Option(help="Address of the service.")]

query = typer.Typer(help="Ask a running service for tags or pictures.", rich_markup_mode=None)


@query.command(cls=AnswerCommand, context_settings={"help_option_names": ["-h", "--help"]})
def tag(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture.")],
    top_k: Annotated[int, typer.Option(help="How many tags at least.")] = 10,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Where each tag is seen (with --json).")
    ] = False,
    url: Url = DEFAULT_URL,
) -> Answer:
    """Tags of a picture."""
    from serving.client import Client

    with Client(url) as client:
        answer = client.tag(image, top_k=top_k, evidence=evidence)
    return Answer(answer, _tag_lines(answer))


@query.command(cls=AnswerCommand, context_settings={"help_option_names": ["-h", "--help"]})
def search(
    text: Annotated[str | None, typer.Option(help="Words to search by.")] = None,
    image: Annotated[Path | None, typer.Option(help="A photograph.")] = None,
    sketch: Annotated[Path | None, typer.Option(help="A drawing, dark lines on white.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many pictures.")] = 24,
    tags: Annotated[
        list[str] | None, typer.Option(help="A tag that must be there; repeatable.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A tag that must not be; repeatable.")
    ] = None,
    url: Url = DEFAULT_URL,
) -> Answer:
    """Pictures like a text, a picture or a sketch; give one of the three."""
    given = sum(each is not None for each in (text, image, sketch))
    if given != 1:
        raise InputError(f"Give one of --text, --image and --sketch; {given} were given.")
    from serving.client import Client

    with Client(url) as client:
        answer = client.search(
            text=text, image=image, sketch=sketch, k=k, tags=tags or (), without=without or ()
        )
    return Answer(answer, _result_lines(answer))


def _tag_lines(answer: dict[str, Any]) -> list[str]:
    scores = "scores, not probabilities: no label was known to calibrate them"
    return ([] if answer["calibrated"] else [scores]) + [
        f"{'*' if tag['present'] else ' '} {tag['probability']:6.3f} "
        f"(from {tag['threshold']:.3f})  {tag['label']}"
        for tag in answer["tags"]
    ]


def _result_lines(answer: dict[str, Any]) -> list[str]:
    if not answer["results"]:
        return ["no picture passes the filters"]
    far = ["nothing close; the nearest:"] if answer["close"] is False else []
    return far + [
        f"{result['score']:7.4f}  {result['path']}  "
        f"[{', '.join(tag['label'] for tag in result['tags'])}]"
        for result in answer["results"]
    ]
