// For pages that embed a letter: makes each frame as high as what is in it, and shows its top
// when another page comes into it.
const site = new URL(document.currentScript.src).origin;
const frames = () => [...document.querySelectorAll("iframe")].filter((one) => one.src.startsWith(`${site}/embed/`));
const met = new WeakSet();
addEventListener("message", ({ data, origin, source }) => {
  const height = Number(data?.campaignHeight);
  if (origin !== site || !(height > 0 && height < 20000)) return;
  const frame = frames().find((one) => one.contentWindow === source);
  if (!frame) return;
  frame.style.height = `${height}px`;
  if (data.campaignIsNew && met.has(frame)) frame.scrollIntoView();
  met.add(frame);
});
// Frames that were ready before this script say it again.
for (const frame of frames()) frame.contentWindow.postMessage({ campaignHeight: "?" }, site);
