"""How a session's Chromium is started: its command line, its environment, its profile."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_SWITCHES: Final = (
    "--headless=new",
    "--remote-debugging-port=0",
    # Everything goes through the proxy, what is addressed to this machine too.
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    # The browser itself never asks a resolver: the proxy does. What would go past the proxy finds no address.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-print-preview",
    # A page that nobody looks at goes on at full speed.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--metrics-recording-only",
    "--mute-audio",
    "--hide-scrollbars",
    "--window-size=1280,720",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--lang=en-US",
    "--password-store=basic",
    "--use-mock-keychain",
)
_FEATURES_OFF: Final = (
    "AiModeOmniboxEntryPoint",  # as the four below that name the omnibox: 70 MB for something that nobody sees
    "AutofillServerCommunication",
    "DialMediaRouteProvider",  # looks for devices in the network
    "GlobalMediaControls",
    "HttpsUpgrades",  # a page is visited as it was named
    "InterestFeedContentSuggestions",
    "MediaRouter",
    "OptimizationHints",
    "PreloadTopChromeWebUI",
    "Translate",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)
_ROOT_SWITCHES: Final = ("--no-sandbox", "--no-zygote")  # as root, which is how containers run, there is no sandbox
_PREFERENCES: Final[dict[str, Any]] = {
    "credentials_enable_service": False,
    "dns_prefetching": {"enabled": False},
    "download": {"prompt_for_download": False},
    # No request of these reaches the proxy. A client asks for http and https alone, this holds if it does not.
    "policy": {"url_blocklist": ["file://*", "chrome://*", "chrome-untrusted://*", "devtools://*", "view-source:*"]},
    "net": {"network_prediction_options": 2},  # never
    "profile": {"password_manager_enabled": False},
    "search": {"suggest_enabled": False},
    "webrtc": {"ip_handling_policy": "disable_non_proxied_udp"},
}
_PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class SessionFolders:
    """What belongs to one session.

    Attributes:
        home: profile, home folder, log. Its path stands in the command line of every process of the session.
        temp: its sockets' folder. Its path is short: that of a socket has about a hundred characters.
    """

    home: Path
    temp: Path

    @property
    def profile(self) -> Path:
        """Chromium's user data directory."""
        return self.home / "profile"

    @property
    def log(self) -> Path:
        """What Chromium writes to stderr."""
        return self.home / "chromium.log"

    @property
    def devtools_port_file(self) -> Path:
        """Where Chromium writes the port and the path of its DevTools endpoint."""
        return self.profile / "DevToolsActivePort"

    def make(self) -> None:
        """Create the folders, and a profile that holds our preferences."""
        self.temp.mkdir(mode=0o700)
        (self.profile / "Default").mkdir(parents=True)
        (self.profile / "Default" / "Preferences").write_text(json.dumps(_PREFERENCES))


def chromium_command(program: Path, folders: SessionFolders, proxy_port: int) -> list[str]:
    """The command line of a session's browser."""
    return [
        str(program),
        *_SWITCHES,
        *(_ROOT_SWITCHES if os.geteuid() == 0 else ()),
        f"--disable-features={','.join(_FEATURES_OFF)}",
        f"--proxy-server=http://127.0.0.1:{proxy_port}",
        f"--user-data-dir={folders.profile}",
        "about:blank",
    ]


def chromium_environment(folders: SessionFolders) -> dict[str, str]:
    """Nothing of the developer's: no credentials, no proxies, no home folder."""
    home = str(folders.home)
    fonts = {name: value for name, value in os.environ.items() if name.startswith("FONTCONFIG_")}
    return fonts | {
        "HOME": home,
        "LANG": "en_US.UTF-8",
        "PATH": _PATH,
        "TMPDIR": str(folders.temp),
        "TZ": os.environ.get("TZ", "UTC"),
        "XDG_CACHE_HOME": f"{home}/cache",
        "XDG_CONFIG_HOME": f"{home}/config",
        "XDG_DATA_HOME": f"{home}/data",
        "XDG_RUNTIME_DIR": str(folders.temp),
    }
