// The page's HTML as it now stands, without what fields hold: a copy is changed, never the page.
(limit) => {
  const copy = document.documentElement.cloneNode(true);
  const named = ["button", "submit", "reset", "radio", "checkbox", "hidden", "image"];
  for (const field of copy.querySelectorAll("input[value]")) {
    if (!named.includes((field.getAttribute("type") || "text").toLowerCase())) field.setAttribute("value", "");
  }
  for (const field of copy.querySelectorAll("textarea")) field.textContent = "";
  for (const editor of copy.querySelectorAll('[contenteditable=""], [contenteditable=true]')) editor.textContent = "";
  const html = "<!DOCTYPE html>" + copy.outerHTML;
  return { html: html.slice(0, limit), characters: html.length };
}
