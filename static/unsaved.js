// Asks before a page is left on which something was written and not saved.
let unsaved = false;
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  form.addEventListener("input", () => { unsaved = true; });
  form.addEventListener("submit", () => { unsaved = false; });
}
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
