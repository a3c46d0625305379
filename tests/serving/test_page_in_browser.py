"""The page in a real browser. Screenshots go to EFUDA_SCREENSHOTS where that is set."""

import io
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.serving.tiny_bundle import card

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["desk", "phone"])
def page(request, browser, service_url):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    desk = {"viewport": {"width": 1180, "height": 900}, "color_scheme": "light"}
    context = browser.new_context(**(phone if request.param == "phone" else desk))
    page = context.new_page()
    faults: list[str] = []
    # A refused request is logged by the browser, and shown by the page.
    page.on(
        "console",
        lambda line: (
            faults.append(line.text)
            if line.type == "error" and "status of 422" not in line.text
            else None
        ),
    )
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda sent: (
            None
            if sent.url.startswith((service_url, "blob:", "data:"))
            else elsewhere.append(sent.url)
        ),
    )
    page.goto(service_url)
    page.screen = request.param
    yield page
    context.close()
    assert faults == []
    assert elsewhere == []


def keep(page, name: str) -> None:
    if folder := os.environ.get("EFUDA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{page.screen}.png", full_page=True)


def pictures_are_shown(page) -> None:
    image = page.locator(".card img").first
    expect(image).to_be_visible()
    expect(image).not_to_have_js_property("naturalWidth", 0)


def drag(page, selector: str, points: list[tuple[float, float]]) -> None:
    box = page.locator(selector).bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_words_find_cards_that_show_pictures(page):
    page.keyboard.press("/")
    page.keyboard.type("red")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    assert page.locator(".card .labels").first.inner_text() == "red"
    pictures_are_shown(page)
    assert "24 pictures" in page.locator("#status").inner_text()
    keep(page, "text")


def test_a_sketch_finds_cards(page):
    page.click("#open-sketch")
    page.uncheck("#live")
    page.locator("#sketch").scroll_into_view_if_needed()
    drag(page, "#sketch", [(0.3, 0.2), (0.7, 0.2), (0.7, 0.6), (0.3, 0.6), (0.3, 0.2)])
    drag(page, "#sketch", [(0.2, 0.8), (0.8, 0.8)])
    page.click("#sketch-search")
    page.wait_for_selector(".card")
    pictures_are_shown(page)
    keep(page, "sketch")
    page.click("#undo")
    page.click("#clear")
    assert page.locator("#sketch-search").is_disabled()


def test_a_picture_is_tagged_with_evidence_and_found(page):
    buffer = io.BytesIO()
    card("green", 5).save(buffer, "PNG")
    page.click("#open-picture")
    page.set_input_files(
        "#file", {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    )
    page.wait_for_selector("#tags button")
    first = page.locator("#tags button").first
    assert first.locator(".name").inner_text() == "green"
    page.wait_for_selector(".card")
    first.focus()
    painted = "() => { const c = document.getElementById('heat'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean); }"
    assert page.evaluate(painted)
    keep(page, "tags")


def test_the_page_opens_with_pictures_to_browse(page):
    expect(page.locator(".card")).to_have_count(24)
    assert page.locator("#status").inner_text() == "24 of 24 pictures"
    assert page.locator(".card .file").first.inner_text() == "red 0.png"
    pictures_are_shown(page)
    assert "in English" in page.get_attribute("#text", "placeholder")
    page.select_option("#count", "12")
    expect(page.locator(".card")).to_have_count(12)
    page.click("#further")
    expect(page.locator(".card")).to_have_count(24)
    keep(page, "browse")


def test_filters_are_chips_and_a_card_opens(page):
    page.fill("#text", "red")
    page.press("#text", "Enter")
    page.fill("#filter", "blue")
    page.press("#filter", "Enter")
    expect(page.locator(".card")).to_have_count(6)
    page.locator(".filter .turn").click()
    expect(page.locator(".card")).to_have_count(18)
    page.locator(".card").first.click()
    name = page.locator("#detail-title").inner_text()
    assert name.startswith("red ")
    assert page.locator("#detail-path").inner_text() == f"photos/deck/{name}"
    keep(page, "detail")
    page.click("#more")
    page.wait_for_selector("#tags button")


def test_a_filter_clicked_away_is_gone_and_an_unknown_tag_is_told(page):
    page.fill("#filter", "blue")
    page.press("#filter", "Enter")
    expect(page.locator(".card")).to_have_count(6)
    page.locator(".filter .remove").click()
    expect(page.locator(".filter")).to_have_count(0)
    expect(page.locator(".card")).to_have_count(24)
    page.fill("#filter", "yelow")
    page.press("#filter", "Enter")
    expect(page.locator("#filter-fault")).to_contain_text("'yellow'")


def test_an_uploaded_drawing_is_seen_on_the_canvas(page):
    buffer = io.BytesIO()
    card("blue", 2).save(buffer, "PNG")
    page.click("#open-sketch")
    blank = "() => { const c = document.getElementById('sketch'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every((value) => value === 255); }"
    assert page.evaluate(blank)
    page.set_input_files(
        "#sketch-file", {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    )
    expect(page.locator(".card .score").first).to_be_visible()
    assert not page.evaluate(blank)
    assert page.locator(".card .labels").first.inner_text() == "blue"
    keep(page, "drawing")
    page.click("#undo")
    assert page.evaluate(blank)


def test_nothing_close_is_said(page):
    page.fill("#text", "a submarine")
    page.press("#text", "Enter")
    expect(page.locator("#status")).to_contain_text("Nothing close")
    keep(page, "far")


def test_a_fault_is_told_in_plain_words(page):
    page.click("#open-picture")
    with page.expect_response("**/v1/search"):
        page.set_input_files(
            "#file", {"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
    page.wait_for_selector("#status.fault")
    assert "cannot be used" in page.locator("#status").inner_text()
