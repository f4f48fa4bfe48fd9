// Collects what a page shows and what can be used in it. Runs in the page: everything that it returns is the page's word.
// Values of fields are never read, only whether there is one.
(limits) => {
  const clip = (text, length) => (text || "").replace(/\s+/g, " ").trim().slice(0, length);
  const quoted = (text) => '"' + text.replace(/\\/g, "\\\\").replace(/"/g, '\\"') + '"';
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return false;
    const style = getComputedStyle(element);
    return style.visibility !== "hidden" && style.display !== "none" && style.opacity !== "0";
  };
  const only = (selector, element) => {
    try {
      const found = document.querySelectorAll(selector);
      return found.length === 1 && found[0] === element;
    } catch {
      return false;
    }
  };
  const plain = (text) => text && text.length <= 80 && !/[\n\r\t]/.test(text);
  const attributes = ["data-testid", "data-test", "data-test-id", "name", "aria-label", "placeholder", "href", "value"];
  const own = (element) => {
    const tag = element.localName;
    if (plain(element.id) && only("#" + CSS.escape(element.id), element)) return "#" + CSS.escape(element.id);
    for (const name of attributes) {
      const value = element.getAttribute(name);
      // A text field's value is what somebody typed; a button's or a radio's is its name.
      if (name === "value" && !["button", "submit", "reset", "radio", "checkbox", "option"].includes(element.type)) continue;
      if (!plain(value)) continue;
      const selector = `${tag}[${name}=${quoted(value)}]`;
      if (only(selector, element)) return selector;
    }
    return null;
  };
  const selectorOf = (element) => {
    const direct = own(element);
    if (direct) return direct;
    let path = "";
    for (let node = element; node && node.nodeType === 1; node = node.parentElement) {
      const siblings = node.parentElement ? [...node.parentElement.children].filter((one) => one.localName === node.localName) : [];
      const step = CSS.escape(node.localName) + (siblings.length > 1 ? `:nth-of-type(${siblings.indexOf(node) + 1})` : "");
      path = path ? `${step} > ${path}` : step;
      if (only(path, element)) return path;
      const parent = node.parentElement && own(node.parentElement);
      if (parent && only(`${parent} > ${path}`, element)) return `${parent} > ${path}`;
    }
    return path;
  };
  const textFields = ["text", "search", "email", "url", "tel", "number", "password", "date", "time", "month", "week", "datetime-local"];
  const roleOf = (element) => {
    const role = element.getAttribute("role");
    if (role) return clip(role, 30);
    const tag = element.localName;
    if (tag === "a") return "link";
    if (tag === "select") return element.multiple ? "listbox" : "combobox";
    if (tag === "textarea" || element.isContentEditable) return "textbox";
    if (tag === "input") {
      if (["button", "submit", "reset", "image"].includes(element.type)) return "button";
      if (["checkbox", "radio"].includes(element.type)) return element.type;
      return element.type === "range" ? "slider" : element.type === "file" ? "file" : "textbox";
    }
    return tag === "summary" || tag === "button" ? "button" : tag;
  };
  const nameOf = (element) => {
    const labelled = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.innerText).join(" ");
    const labels = [...(element.labels || [])].map((label) => label.innerText).join(" ");
    const button = element.localName === "input" && ["button", "submit", "reset"].includes(element.type) ? element.value || element.type : "";
    const inner = element.isContentEditable || ["select", "textarea", "input"].includes(element.localName) ? "" : element.innerText;
    const image = element.querySelector?.("img[alt]")?.alt;
    return clip(labelled.trim() || element.getAttribute("aria-label") || labels || button || inner || element.alt || image || element.placeholder || element.title || element.getAttribute("name"), limits.name);
  };
  const describe = (element) => {
    const told = { selector: selectorOf(element), role: roleOf(element), name: nameOf(element) };
    if (element.localName === "input" || element.localName === "button") told.type = element.type;
    if (element.disabled || element.getAttribute("aria-disabled") === "true") told.disabled = true;
    if (["checkbox", "radio"].includes(element.type)) told.checked = element.checked;
    else if (element.getAttribute("aria-checked")) told.checked = element.getAttribute("aria-checked") === "true";
    if (element.localName === "textarea" || (element.localName === "input" && textFields.includes(element.type))) told.filled = element.value !== "";
    else if (element.isContentEditable) told.filled = element.innerText.trim() !== "";
    if (element.localName === "select") told.options = [...element.options].slice(0, limits.options).map((option) => clip(option.label || option.text, limits.name));
    return told;
  };
  if (limits.describe) return describe(limits.describe);
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=checkbox], [role=radio], [role=tab], [role=menuitem], [role=option], [role=switch], [role=combobox], [role=textbox], [contenteditable=""], [contenteditable=true], [onclick], [tabindex]:not([tabindex="-1"])';
  const usable = [...document.querySelectorAll(wanted)].filter(visible);
  // A box that is drawn by its label is clicked there.
  for (const label of document.querySelectorAll("label")) {
    if (label.control && !visible(label.control) && visible(label)) usable.push(label);
  }
  let text = document.body ? document.body.innerText : "";
  for (const editor of document.querySelectorAll('[contenteditable=""], [contenteditable=true]')) {
    if (editor.innerText.trim()) text = text.replace(editor.innerText, "[typed text]");
  }
  return {
    ready_state: document.readyState,
    http_status: performance.getEntriesByType("navigation")[0]?.responseStatus || null,
    title: clip(document.title, limits.title),
    text: text.slice(0, limits.text),
    text_characters: text.length,
    elements: usable.slice(0, limits.elements).map(describe),
    element_count: usable.length,
  };
}
