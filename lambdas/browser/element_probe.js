// Why an element cannot be used, and what kind of field it is. Values are not read.
(element) => {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const type = element.localName === "input" ? element.type : null;
  const hint = (element.getAttribute("autocomplete") || "").toLowerCase();
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const kept = ["button", "submit", "reset", "image", "checkbox", "radio", "file", "color", "range", "hidden"];
  return {
    tag: element.localName,
    type,
    visible: box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none",
    disabled: element.disabled === true || element.matches(":disabled") || element.getAttribute("aria-disabled") === "true",
    read_only: element.readOnly === true,
    covered: !!top && top !== element && !element.contains(top) && !top.contains(element) && !(element.labels && [...element.labels].some((label) => label.contains(top))),
    coverer: top ? top.localName : "",
    password: type === "password" || /current-password|new-password|one-time-code/.test(hint),
    select: element.localName === "select",
    writable: element.localName === "textarea" || element.isContentEditable || (element.localName === "input" && !kept.includes(element.type)),
    focused: document.activeElement === element || (element.contains(document.activeElement) && document.activeElement !== document.body),
    focusable: element.tabIndex >= 0 || element.isContentEditable,
    frame_url: location.href,
  };
}
