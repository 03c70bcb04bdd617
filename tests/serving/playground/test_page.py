"""The page as a person uses it, in headless Chromium, over models as `maru run` exports them."""

import base64
import contextlib
import io
import shutil
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from PIL import Image

from serving.command.server import Sources
from serving.repository import model_config
from tests.serving.playground import browser as chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(chromium.MISSING), reason=chromium.MISSING),
]
TOKEN = "correct-horse-battery"
CONTROL, ENTER, TAB, RIGHT = "\ue009", "\ue007", "\ue004", "\ue014"
"""Keys. Source: WebDriver, section 17.4.2, keyboard actions."""
DROP = """
const data = new DataTransfer();
const bytes = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));
data.items.add(new File([bytes], arguments[1]));
const event = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
document.querySelector(".drop").dispatchEvent(event);
"""


def picture(brightness, form="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(np.full((9, 14, 3), brightness, np.uint8)).save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    # Here and not above, so that a run without these tests does not wait for TensorFlow.
    from tests.serving.playground import models

    folder = tmp_path_factory.mktemp("models")
    models.texts(folder / "reviews", 1)
    models.texts(folder / "reviews", 2, shift=9.0)
    models.pairs(folder / "distance", 5)
    models.topics(folder / "topics", 7)
    models.names(folder / "names", 4)
    models.numbers(folder / "numbers", 1)
    examples = [base64.b64encode(picture(one)).decode() for one in (5, 250)]
    models.images(folder / "photos", 3, examples)
    return folder


@contextlib.contextmanager
def serving(folder, **changes):
    """A server of all versions of all models, and the address of its page."""
    from tensorflow_serving.config import model_server_config_pb2

    from tests.serving import served_models

    config = model_server_config_pb2.ModelServerConfig()
    for path in sorted(folder.iterdir()):
        model = config.model_config_list.config.add(
            name=path.name, base_path=str(path), model_platform=model_config.PLATFORM
        )
        model.model_version_policy.all.SetInParent()
    sources = Sources(models=model_config.from_proto(config))
    with served_models.serve(sources, playground=True, **changes) as served:
        yield served, f"http://127.0.0.1:{served.rest_port}/"


@pytest.fixture(scope="module")
def address(exported):
    with serving(exported) as (_, address):
        yield address


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with chromium.opened(tmp_path_factory.mktemp("chromium") / "profile") as opened:
        yield opened


@pytest.fixture
def browser(session):
    session.open("about:blank")  # A change of the fragment alone would not load a page.
    session.errors()
    return session


def start(browser, address, model, version=""):
    browser.open(f"{address}#model={model}&version={version}")
    browser.wait_for("#answer", "Ask, or choose an example")


def test_a_text_is_typed_and_its_labels_are_ranked(browser, address):
    start(browser, address, "reviews", 1)
    assert browser.texts("#inputs label") == ["review sent as text"]
    browser.type("textarea", "다시")
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    labels = browser.texts(".labels .name")
    assert (sorted(labels), labels[0]) == (
        sorted(["짧은 글", "보통 글", "<b>long</b> 📚"]),
        "짧은 글",
    )
    shares = [float(share.removesuffix(" %")) for share in browser.texts(".labels .share")]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert browser.errors() == []


def test_an_example_asks_at_once(browser, address):
    start(browser, address, "distance")
    browser.click("#examples button")
    browser.wait_for("#answer", "Answered in")
    assert browser.text(".number") == "3.25"
    assert browser.run("return [...document.querySelectorAll('textarea')].map((e) => e.value)") == [
        "서울은 어디에 있나요?",
        "In Korea.",
    ]


def test_texts_are_sent_in_the_form_in_which_they_were_typed(browser, address):
    start(browser, address, "distance")
    apart = unicodedata.normalize("NFD", "한글")
    browser.type("#input-first", apart)
    browser.type("#input-second", "한글")
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    assert browser.text(".number") == "4.25"
    assert apart in browser.text("#snippet")


def test_the_labels_that_fit_are_marked_and_come_first(browser, address):
    start(browser, address, "topics")
    browser.type("textarea", "abc")
    browser.press(CONTROL, ENTER)
    browser.wait_for("#answer", "3 of 10 labels, each by a threshold of its own:")
    assert browser.texts(".chosen .name") == ["cats 🐈", "dogs", "음식"]
    assert len(browser.texts(".labels li")) == 8
    browser.click("#answer button")
    assert len(browser.texts(".labels li")) == 10


def test_what_is_found_in_a_text_is_marked_in_it(browser, address):
    """Places count code points: the first sign and its tone of skin are two."""
    start(browser, address, "names")
    browser.click("#examples button")
    browser.wait_for("#answer", "2 found:")
    assert browser.texts("#answer mark") == ["👩🏽PER", " 서LOC"]
    assert browser.text("#answer .text") == "👩🏽PER ab 서LOC울"


def test_an_image_is_chosen_or_dropped(browser, address, tmp_path):
    path = tmp_path / "밝은 그림.png"
    path.write_bytes(picture(250))
    start(browser, address, "photos")
    browser.click("#ask")
    browser.wait_for("#problem", "Choose an image, or drop one.")
    browser.type("input[type=file]", str(path))
    assert browser.text(".drop") == "밝은 그림.png"
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    browser.click("#examples button")
    browser.wait_for("#answer:not(.stale)", "Answered in")
    browser.type("input[type=file]", str(path))
    assert browser.text(".drop") == "밝은 그림.png"
    browser.wait_for("#answer", "The request has changed since.")
    browser.click("#ask")
    browser.wait_for("#answer:not(.stale)", "Answered in")
    assert browser.texts(".labels .name")[0] == "bright"
    assert browser.run("return document.querySelector('.drop img').naturalWidth") == 14
    browser.run(DROP, base64.b64encode(picture(2)).decode(), "dark.png")
    browser.wait_for("#answer", "The request has changed since.")
    browser.click("#ask")
    browser.wait_for("#answer:not(.stale)", "Answered in")
    assert browser.texts(".labels .name")[0] == "dark"
    assert browser.errors() == []


def test_an_image_that_the_server_does_not_read_is_refused_with_its_reason(browser, address):
    start(browser, address, "photos")
    browser.run(DROP, base64.b64encode(picture(90, "WEBP")).decode(), "wren.webp")
    browser.click("#ask")
    browser.wait_for("#problem", "WebP only supports")
    assert browser.text("#answer") == ""


def test_another_version_answers_about_the_same_text(browser, address):
    start(browser, address, "reviews")
    browser.type("textarea", "a text")
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    newest = browser.text(".labels")
    assert browser.texts("#version option") == ["newest (2)", "2", "1"]
    browser.choose("#version", "1")
    browser.wait_for("#answer", "Ask, or choose an example")
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    assert browser.text(".labels") != newest
    assert "/versions/1:predict" in browser.text("#snippet")
    assert browser.run("return location.hash") == "#model=reviews&version=1"


def test_the_newest_version_by_its_number_is_asked_so_in_the_code(browser, address):
    start(browser, address, "reviews")
    assert "/versions/" not in browser.text("#snippet")
    browser.choose("#version", "2")
    browser.wait_for("#snippet", "/versions/2:predict")


def test_a_model_can_be_chosen_again_after_one_that_the_page_cannot_ask_about(browser, address):
    start(browser, address, "reviews")
    browser.choose("#model", "numbers")
    browser.wait_for("#problem", "serving_default of numbers takes x (float)")
    assert browser.text("#request") == ""
    browser.choose("#model", "reviews")
    browser.wait_for("#answer", "Ask, or choose an example")
    browser.type("textarea", "a text")
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")


def test_the_code_gives_the_answer_of_the_page(browser, address, tmp_path):
    (tmp_path / "it's.png").write_bytes(picture(250))
    start(browser, address, "photos", 3)
    browser.type("input[type=file]", str(tmp_path / "it's.png"))
    shown = {}
    for place, name in enumerate(("curl", "Python", "gRPC"), 1):
        browser.click(f"#languages button:nth-child({place})")
        shown[name] = browser.run("return document.querySelector('#snippet').textContent")
    if shutil.which("curl"):
        assert '"label": "bright"' in run(["bash", "-c", shown["curl"]], tmp_path)
    assert run([sys.executable, "-c", shown["Python"]], tmp_path).startswith("bright 0.9")
    assert run([sys.executable, "-c", shown["gRPC"]], tmp_path).startswith("bright 0.9")


def test_code_quotes_what_shells_and_python_would_read_otherwise(browser, address, tmp_path):
    text = 'it\'s "$HOME" `x` \\n %s 각 👍'
    start(browser, address, "reviews", 1)
    browser.run(
        "const area = document.querySelector('textarea'); area.value = arguments[0];"
        "area.dispatchEvent(new Event('input', {bubbles: true}))",
        text,
    )
    browser.click("#ask")
    browser.wait_for("#answer", "Answered in")
    label = browser.texts(".labels .name")[0]
    code = [
        browser.click(f"#languages button:nth-child({place})")
        or browser.run("return document.querySelector('#snippet').textContent")
        for place in (1, 2)
    ]
    if shutil.which("curl"):
        assert f'"label": "{label}"' in run(["bash", "-c", code[0]], tmp_path)
    assert run([sys.executable, "-c", code[1]], tmp_path).startswith(f"{label} 0.")


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_server_that_has_stopped_is_told_of(browser, exported):
    with serving(exported) as (_, address):
        start(browser, address, "reviews", 1)
        browser.type("textarea", "first")
    browser.click("#ask")
    browser.wait_for("#problem", f"The server at {address.rstrip('/')} does not answer.")


def test_a_server_with_a_token_is_asked_with_it(browser, exported):
    with serving(exported, token=TOKEN) as (_, address):
        browser.open(f"{address}#model=reviews")
        browser.wait_for("#token", "This server asks for a token")
        assert browser.text("#problem") == ""
        for wrong, told in [
            ("틀린 것", "A token has ASCII characters only."),
            ("wrong", "The server refuses this token."),
        ]:
            browser.run("document.querySelector('#token-value').value = ''")
            browser.type("#token-value", wrong)
            browser.press(ENTER)
            browser.wait_for("#problem", told)
        browser.run("document.querySelector('#token-value').value = ''")
        browser.type("#token-value", TOKEN)
        browser.press(ENTER)
        browser.wait_for("#answer", "Ask, or choose an example")
        assert browser.text("#token") == ""
        browser.type("textarea", "text")
        browser.click("#ask")
        browser.wait_for("#answer", "Answered in")
        code = browser.text("#snippet")
        assert "Bearer $TOKEN" in code
        assert TOKEN not in code


def test_the_keyboard_reaches_everything(browser, address):
    start(browser, address, "reviews", 1)
    reached = []
    for _ in range(12):
        browser.press(TAB)
        script = "const e = document.activeElement; return e.id || e.textContent"
        reached.append(browser.run(script))
    examples = browser.texts("#examples button")
    assert reached[:4] == ["model", "version", "input-text", "ask"]
    assert len(reached[4:7]) == len(examples) == 3
    assert reached[7:10] == ["curl", "copy", "snippet"]
    browser.run("document.querySelector('[role=tab][tabindex=\"0\"]').focus()")
    browser.press(RIGHT)
    assert browser.text("[aria-selected=true]") == "Python"


def test_a_phone_shows_everything_without_scrolling_sideways(browser, address):
    browser.tell(
        "Emulation.setDeviceMetricsOverride",
        width=390,
        height=844,
        deviceScaleFactor=2,
        mobile=True,
    )
    try:
        start(browser, address, "reviews", 1)
        browser.click("#examples li:nth-child(2) button")
        browser.wait_for("#answer", "Answered in")
        assert browser.run("return document.documentElement.scrollWidth") == 390
    finally:
        browser.tell("Emulation.clearDeviceMetricsOverride")
