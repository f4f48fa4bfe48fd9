"""Twelve tasks of MiniWoB++, five seeds each, solved with the nine tools alone; the page itself gives the verdict."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tool_contract.secret import origins_parameter_name, parameter_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.browser_tools.conftest import Browsing, Session

SEEDS = range(5)


class Player:
    """Plays one episode: what it knows of the page, the tools have told."""

    def __init__(self, session: Session, origin: str) -> None:
        self.session = session
        self.origin = origin

    def start(self, task: str, seed: int) -> str:
        self.session.result("navigate", url=f"{self.origin}/miniwob/{task}.html?seed={seed}")
        self.session.result("click", selector="#sync-task-cover")
        return self.session.text("#query")

    def click(self, selector: str) -> None:
        self.session.result("click", selector=selector)

    def type(self, selector: str, text: Any) -> None:
        self.session.result("type", selector=selector, text=text)

    def elements(self) -> list[dict[str, Any]]:
        state = self.session.result("get_page_state")
        found: list[dict[str, Any]] = state["untrusted_content"]["elements"]
        return found

    def press(self, role: str, name: str) -> None:
        """Click the first element of a role and a name, as somebody who reads the page's state does."""
        named = [element for element in self.elements() if (element["role"], element["name"]) == (role, name)]
        self.click(named[0]["selector"])

    def type_secret(self, selector: str, text: str) -> None:
        """Type what the page asks for as a secret: a password field takes nothing else."""
        deployed, name = self.session.browsing.deployed, f"miniwob/{uuid.uuid4().hex}"
        deployed.aws.ssm.put_parameter(Name=parameter_name("dev", name), Value=text, Type="SecureString")
        deployed.aws.ssm.put_parameter(Name=origins_parameter_name("dev", name), Value=self.origin, Type="String")
        self.type(selector, {"secret_ref": name})

    def verdict(self) -> float:
        return float(self.session.text("#verdict"))


def quoted(query: str) -> list[str]:
    return re.findall(r'"([^"]*)"', query)


def click_button(player: Player, query: str) -> None:
    player.press("button", quoted(query)[0])


def click_link(player: Player, query: str) -> None:
    player.click(f'#area >> text="{quoted(query)[0]}"')


def click_dialog_2(player: Player, query: str) -> None:
    label = quoted(query)[0]
    player.click(".ui-dialog-titlebar-close" if label == "x" else f'.ui-dialog-buttonset button:has-text("{label}")')


def enter_text(player: Player, query: str) -> None:
    player.type("#tt", quoted(query)[0])
    player.click("#subbtn")


def login_user(player: Player, query: str) -> None:
    user, password = quoted(query)
    player.type("#username", user)
    player.type_secret("#password", password)
    player.click("#subbtn")


def enter_password(player: Player, query: str) -> None:
    for field in ("#password", "#verify"):
        player.type_secret(field, quoted(query)[0])
    player.click("#subbtn")


def click_checkboxes(player: Player, query: str) -> None:
    for name in re.fullmatch(r"Select (.*) and click Submit\.", query)[1].split(", "):  # type: ignore[index]
        if name != "nothing":
            player.click(f'#boxes label:text-is("{name}") input')
    player.click("#subbtn")


def choose_list(player: Player, query: str) -> None:
    player.type("#options", re.fullmatch(r"Select (.*) from the list and click Submit\.", query)[1])  # type: ignore[index]
    player.press("button", "Submit")


def click_option(player: Player, query: str) -> None:
    name = re.fullmatch(r"Select (.*) and click Submit\.", query)[1]  # type: ignore[index]
    player.click(f'#boxes label:text-is("{name}") input')
    player.click("#subbtn")


def click_tab(player: Player, query: str) -> None:
    player.click(f'#area >> text="{query.removeprefix("Click on ").removesuffix(".")}"')


def focus_text_2(player: Player, query: str) -> None:
    number = re.search(r"\d", query)
    player.click(f"#tt{number[0]}" if number else "#tt1")


def click_button_sequence(player: Player, _query: str) -> None:
    player.click("#subbtn")
    player.click("#subbtn2")


TASKS: dict[str, Callable[[Player, str], None]] = {
    "click-button": click_button,
    "click-button-sequence": click_button_sequence,
    "click-checkboxes": click_checkboxes,
    "click-dialog-2": click_dialog_2,
    "click-link": click_link,
    "click-option": click_option,
    "click-tab": click_tab,
    "choose-list": choose_list,
    "enter-password": enter_password,
    "enter-text": enter_text,
    "focus-text-2": focus_text_2,
    "login-user": login_user,
}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_solved_with_every_seed(browsing: Browsing, own_session: Session, task: str) -> None:
    rewards = {}
    for seed in SEEDS:
        player = Player(own_session, browsing.miniwob)
        query = player.start(task, seed)
        TASKS[task](player, query)
        rewards[seed] = player.verdict()

    assert rewards == dict.fromkeys(SEEDS, 1.0)
