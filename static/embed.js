// For pages that embed a letter: makes each frame as high as what is in it.
addEventListener("message", ({ data, source }) => {
  const height = Number(data?.campaignHeight);
  if (!(height > 0 && height < 20000)) return;
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source) frame.style.height = `${height}px`;
  }
});
