// What is asked of a page, in a world of its own: the page's scripts, and what they made of the language's own objects,
// are not in it. A selector engine of Playwright's: it is given a question, and its answer is the attribute of an element
// that belongs to no page. Names on forms and documents that elements may take over are read by their prototypes.
(() => {
  const of = (prototype, name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    return (object) => get.call(object);
  };
  const page = Document.prototype, node = Element.prototype;
  const titleOf = of(page, "title"), bodyOf = of(page, "body"), readyOf = of(page, "readyState");
  const activeOf = of(page, "activeElement"), designOf = of(page, "designMode"), rootOf = of(page, "documentElement");
  const tagOf = of(node, "localName"), parentOf = of(Node.prototype, "parentElement"), shadowOf = of(node, "shadowRoot");
  const childrenOf = of(Node.prototype, "childNodes");
  const attribute = (element, name) => node.getAttribute.call(element, name);
  const all = (selector, root) => [...(root ? node.querySelectorAll.call(root, selector) : page.querySelectorAll.call(document, selector))];
  const boxOf = (element) => node.getBoundingClientRect.call(element);
  const isHtml = (element) => element instanceof HTMLElement;
  const typed = "[typed text]";

  const clip = (text, length) => String(text || "").replace(/\s+/g, " ").trim().slice(0, length);
  const visible = (element) => {
    const box = boxOf(element);
    const style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none" && style.opacity !== "0";
  };

  // The text that shows, without what stands in editors.
  const isEditor = (element) => (isHtml(element) && element.isContentEditable === true) || designOf(document) === "on";
  const textOf = (element) => {
    if (!element) return "";
    if (isEditor(element)) return typed;
    if (!isHtml(element)) return element.textContent || "";
    if (!node.querySelector.call(element, "[contenteditable]")) return element.innerText || "";
    let text = "";
    for (const child of childrenOf(element)) {
      if (child.nodeType === 3) text += child.data.replace(/\s+/g, " ");
      if (child.nodeType !== 1 || ["script", "style", "template", "noscript"].includes(tagOf(child))) continue;
      const display = getComputedStyle(child).display;
      if (display !== "none") text += display.startsWith("inline") ? textOf(child) : `\n${textOf(child)}\n`;
    }
    return text;
  };

  const quoted = (text) => '"' + text.replace(/\\/g, "\\\\").replace(/"/g, '\\"') + '"';
  const only = (selector, element) => {
    try {
      const found = all(selector);
      return found.length === 1 && found[0] === element;
    } catch {
      return false;
    }
  };
  const plain = (text) => text && text.length <= 80 && !/[\n\r\t]/.test(text);
  const naming = ["data-testid", "data-test", "data-test-id", "name", "aria-label", "placeholder", "href", "value"];
  const named = ["button", "submit", "reset", "radio", "checkbox", "option"];
  const own = (element) => {
    const id = attribute(element, "id");
    if (plain(id) && only("#" + CSS.escape(id), element)) return "#" + CSS.escape(id);
    for (const name of naming) {
      const value = attribute(element, name);
      // A text field's value is what somebody typed; a button's or a radio's is its name.
      if (!plain(value) || (name === "value" && !named.includes(element.type))) continue;
      const selector = `${CSS.escape(tagOf(element))}[${name}=${quoted(value)}]`;
      if (only(selector, element)) return selector;
    }
    return null;
  };
  const selectorOf = (element) => {
    const direct = own(element);
    if (direct) return direct;
    let path = "";
    for (let one = element; one; one = parentOf(one)) {
      const parent = parentOf(one);
      const siblings = parent ? [...of(node, "children")(parent)].filter((other) => tagOf(other) === tagOf(one)) : [];
      const step = CSS.escape(tagOf(one)) + (siblings.length > 1 ? `:nth-of-type(${siblings.indexOf(one) + 1})` : "");
      path = path ? `${step} > ${path}` : step;
      if (only(path, element)) return path;
      const above = parent && own(parent);
      if (above && only(`${above} > ${path}`, element)) return `${above} > ${path}`;
    }
    return path;
  };

  const written = ["text", "search", "email", "url", "tel", "number", "password", "date", "time", "month", "week", "datetime-local"];
  const roleOf = (element) => {
    const role = attribute(element, "role");
    const tag = tagOf(element);
    if (role) return clip(role, 30);
    if (tag === "a") return "link";
    if (tag === "select") return element.multiple ? "listbox" : "combobox";
    if (tag === "textarea" || isEditor(element)) return "textbox";
    if (tag === "input") {
      if (["button", "submit", "reset", "image"].includes(element.type)) return "button";
      if (["checkbox", "radio"].includes(element.type)) return element.type;
      return element.type === "range" ? "slider" : element.type === "file" ? "file" : "textbox";
    }
    return tag === "summary" || tag === "button" ? "button" : clip(tag, 30);
  };
  const nameOf = (element, length) => {
    const tag = tagOf(element);
    const ids = (attribute(element, "aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const labelled = ids.map((id) => textOf(page.getElementById.call(document, id))).join(" ");
    const labels = ["input", "select", "textarea", "button"].includes(tag) ? [...(element.labels || [])].map(textOf).join(" ") : "";
    const button = tag === "input" && ["button", "submit", "reset"].includes(element.type) ? attribute(element, "value") || element.type : "";
    const inner = isEditor(element) || ["select", "textarea", "input"].includes(tag) ? "" : textOf(element);
    const image = all("img[alt]", element).map((one) => attribute(one, "alt"))[0];
    const said = labelled.trim() || attribute(element, "aria-label") || labels || button || inner || attribute(element, "alt") || image;
    return clip(said || attribute(element, "placeholder") || attribute(element, "title") || attribute(element, "name"), length);
  };
  const describe = (element, limits) => {
    const tag = tagOf(element);
    const told = { selector: selectorOf(element), role: roleOf(element), name: nameOf(element, limits.name) };
    if (tag === "input" || tag === "button") told.type = element.type;
    if (node.matches.call(element, ":disabled") || attribute(element, "aria-disabled") === "true") told.disabled = true;
    if (tag === "input" && ["checkbox", "radio"].includes(element.type)) told.checked = element.checked;
    else if (attribute(element, "aria-checked")) told.checked = attribute(element, "aria-checked") === "true";
    if (tag === "textarea" || (tag === "input" && written.includes(element.type))) told.filled = element.value !== "";
    else if (isEditor(element)) told.filled = element.innerText.trim() !== "";
    if (tag === "select") {
      told.options = [...element.options].slice(0, limits.options).map((option) => clip(option.label || option.text, limits.name));
      if (element.options.length > limits.options) told.option_count = element.options.length;
    }
    return told;
  };

  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=checkbox], [role=radio], [role=tab], [role=menuitem], [role=option], [role=switch], [role=combobox], [role=textbox], [contenteditable]:not([contenteditable="false" i]), [onclick], [tabindex]:not([tabindex="-1"])';
  const state = (_root, limits) => {
    const usable = all(wanted).filter(visible);
    // A box that is drawn by its label is clicked there.
    for (const label of all("label")) if (label.control && !visible(label.control) && visible(label)) usable.push(label);
    const text = textOf(bodyOf(document));
    let room = limits.all_options;
    const elements = usable.slice(0, limits.elements).map((element) => {
      const told = describe(element, { ...limits, options: Math.min(limits.options, room) });
      room -= told.options ? told.options.length : 0;
      return told;
    });
    const came = performance.getEntriesByType("navigation")[0];
    return {
      ready_state: readyOf(document),
      http_status: came ? came.responseStatus || null : null,
      title: clip(titleOf(document), limits.title),
      text: text.slice(0, limits.text),
      text_characters: text.length,
      elements,
      element_count: usable.length,
    };
  };

  // The HTML as it now stands, without what fields and editors hold: a copy is changed, never the page.
  const html = (_root, limit) => {
    const live = rootOf(document);
    const copy = live.cloneNode(true);
    const lives = all("*", live), copies = all("*", copy);
    lives.forEach((element, number) => {
      const twin = copies[number], tag = tagOf(element);
      if (isEditor(element)) twin.textContent = "";
      if (tag === "input" && !["button", "submit", "reset", "image", "radio", "checkbox"].includes(element.type)) twin.setAttribute("value", "");
      if (tag === "textarea") { twin.textContent = ""; node.removeAttribute.call(twin, "value"); }
    });
    const text = "<!DOCTYPE html>" + copy.outerHTML;
    return { html: text.slice(0, limit), characters: text.length };
  };

  const kept = ["button", "submit", "reset", "image", "checkbox", "radio", "file", "color", "range", "hidden"];
  const probe = (element) => {
    const tag = tagOf(element), box = boxOf(element), style = getComputedStyle(element);
    const type = tag === "input" ? element.type : null;
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
    const top = page.elementFromPoint.call(document, x, y);
    const holds = (outer, inner) => Node.prototype.contains.call(outer, inner);
    const labels = ["input", "select", "textarea", "button"].includes(tag) ? [...(element.labels || [])] : [];
    const focused = focus();
    return {
      tag,
      type,
      visible: box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none",
      disabled: node.matches.call(element, ":disabled") || attribute(element, "aria-disabled") === "true",
      read_only: element.readOnly === true,
      covered: !!top && top !== element && !holds(element, top) && !holds(top, element) && !labels.some((label) => holds(label, top)),
      coverer: top ? tagOf(top) : "",
      password: isPassword(element),
      select: tag === "select",
      writable: tag === "textarea" || isEditor(element) || (tag === "input" && !kept.includes(type)),
      focused: focused === element || (holds(element, focused) && focused !== bodyOf(document)),
      focusable: element.tabIndex >= 0 || isEditor(element),
    };
  };
  const isPassword = (element) => {
    const hint = (attribute(element, "autocomplete") || "").toLowerCase();
    return (tagOf(element) === "input" && element.type === "password") || /current-password|new-password|one-time-code/.test(hint);
  };
  // Where keys go, as far as this frame knows: into its shadow trees, and up to a frame inside of it.
  const focus = () => {
    let element = activeOf(document);
    while (element && shadowOf(element)) {
      const inner = of(ShadowRoot.prototype, "activeElement")(shadowOf(element));
      if (!inner) break;
      element = inner;
    }
    return element;
  };
  const focused = () => {
    const element = focus() || bodyOf(document);
    return { frame: ["iframe", "frame", "object", "embed"].includes(tagOf(element)), password: isPassword(element) };
  };

  // What a click on the element leads to, as far as it says: a file, a page of its own.
  const leadsTo = (element) => {
    const within = (selector) => node.closest.call(element, selector) !== null;
    return within("a[download]") ? "file" : within("a[target=_blank], form[target=_blank]") ? "page" : "";
  };

  const say = (element, kind) => element.dispatchEvent(new Event(kind, { bubbles: true, composed: true }));
  const value = (element) => Object.getOwnPropertyDescriptor(tagOf(element) === "textarea" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype, "value");
  const byValue = ["date", "time", "month", "week", "datetime-local"];
  // Puts text into a field in one go: whatever takes the focus away meanwhile gets none of it.
  const insert = (element, { text, origin, secret, replace }) => {
    if (origin && self.origin !== origin) return { refused: "origin", origin: self.origin };
    for (const again of [false, true]) {
      if (again) HTMLElement.prototype.focus.call(element);
      const is = probe(element);
      if (!secret && text && is.password) return { refused: "password" };
      if (is.disabled) return { refused: "disabled" };
      if (is.read_only) return { refused: "read-only" };
      if (!is.writable) return { refused: "no field" };
    }
    if (focus() !== element) return { refused: "focus" };
    const tag = tagOf(element), field = tag === "input" || tag === "textarea";
    if (field && byValue.includes(element.type)) {
      const before = element.value;
      value(element).set.call(element, text);
      if (text && !element.value) { value(element).set.call(element, before); return { refused: "form" }; }
      say(element, "input"); say(element, "change");
      return { done: true };
    }
    if (replace && field) (tag === "input" ? HTMLInputElement : HTMLTextAreaElement).prototype.select.call(element);
    if (replace && !field) getSelection().selectAllChildren(element);
    const held = field ? element.value : element.innerText;
    if (!text && !held.trim()) return { done: true };
    let heard = false;
    const hear = () => { heard = true; };
    addEventListener("input", hear, true);
    try {
      text ? page.execCommand.call(document, "insertText", false, text) : page.execCommand.call(document, "delete");
    } finally {
      removeEventListener("input", hear, true);
    }
    return heard || (field ? element.value : element.innerText) === text ? { done: true } : { refused: "form" };
  };
  const choose = (element, { wanted }) => {
    if (node.matches.call(element, ":disabled")) return { refused: "disabled" };
    const options = [...element.options].filter((option) => !option.disabled);
    const same = (text) => (text || "").replace(/\s+/g, " ").trim() === wanted.replace(/\s+/g, " ").trim();
    const option = options.find((one) => same(one.label) || same(one.text)) || options.find((one) => one.value === wanted);
    if (!option) return { refused: "option" };
    HTMLElement.prototype.focus.call(element);
    for (const one of element.options) one.selected = one === option;
    say(element, "input"); say(element, "change");
    return { done: true };
  };

  const words = (element, limit) => {
    const field = isEditor(element) || ["input", "textarea", "select"].includes(tagOf(element));
    const text = field ? "" : textOf(element);
    return { text: text.slice(0, limit), characters: text.length, redacted: field };
  };
  const scene = () => [
    location.href, focus() ? node.getAttribute.call(focus(), "id") + tagOf(focus()) : "", (bodyOf(document) || rootOf(document)).innerHTML.length,
    all("*").length, all("input, select, textarea").map((field) => `${field.checked}:${String(field.value).length}`).join(),
  ].join("|");

  const ready = () => readyOf(document);

  const answers = { words, scene, ready, state, html, probe, focused, insert, choose, describe, leads_to: leadsTo };
  const run = (root, body) => {
    const asked = JSON.parse(decodeURIComponent(atob(body)));
    if (asked.what === "focus") return focus();
    const answer = page.createElement.call(document, "template");
    answer.setAttribute("data-answer", JSON.stringify(answers[asked.what](root, asked.about)));
    return answer;
  };
  return { query: run, queryAll: (root, body) => { const found = run(root, body); return found ? [found] : []; } };
})()
