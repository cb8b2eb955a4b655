// Makes the copy buttons work, and has links that are too short for the letter copy its text on the
// way. Without it the text is selected and copied by hand.
const copy = async (from, status) => {
  const source = document.getElementById(from.dataset.copy);
  source.select();
  await navigator.clipboard.writeText(source.value);
  status.textContent = from.dataset.done;
};
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button, button.nextElementSibling));
}
for (const link of document.querySelectorAll("a[data-copy]")) {
  const note = document.getElementById(link.dataset.copy.replace("letter-text", "too-long"));
  link.addEventListener("click", () => copy(link, note.querySelector("[role=status]")));
}
