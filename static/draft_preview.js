// Shows beside a draft's form what it will look like, while it is written. Without it, or where there
// is no room, the button opens the preview in a tab.
const ROOM = matchMedia("(min-width: 75rem)");
const PAUSE = 600;
for (const button of document.querySelectorAll("button[data-preview]")) {
  const { form } = button;
  const [pane, close, frame] = ["aside", "button", "iframe"].map((tag) => document.createElement(tag));
  pane.className = "preview-pane";
  pane.setAttribute("aria-label", "Preview");
  close.type = "button";
  close.className = "button small quiet";
  close.textContent = "Close the preview";
  frame.title = "Preview";
  frame.setAttribute("sandbox", "allow-same-origin");
  pane.append(close, frame);
  let timer, asked = new AbortController();
  const show = async () => {
    asked.abort();
    asked = new AbortController();
    const body = new FormData(form, button);
    body.set("preview-bare", "yes");
    body.set("preview-show", button.dataset.preview);
    try {
      const answer = await fetch(button.formAction, { method: "POST", body, signal: asked.signal });
      if (!answer.ok && answer.status !== 422) throw new Error("no preview");
      const top = frame.contentWindow?.scrollY ?? 0;
      frame.onload = () => frame.contentWindow.scrollTo(0, top);
      frame.srcdoc = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") frame.srcdoc = "<p>The preview could not be loaded.</p>";
    }
  };
  button.addEventListener("click", (event) => {
    if (!ROOM.matches) return;
    event.preventDefault();
    document.body.append(pane);
    document.body.classList.add("previewing");
    close.focus();
    show();
  });
  close.addEventListener("click", () => {
    pane.remove();
    document.body.classList.remove("previewing");
    button.focus();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (pane.isConnected) timer = setTimeout(show, PAUSE);
  });
}
