/** Images. The page asks nobody but its own server: for one from elsewhere its words stand in. */

import { h } from "../../dom.js";

/** @param {{image_url?: string, alt_text?: string}} image @param {string} kind a class */
export function renderImage(image, kind) {
  const words = image.alt_text || "image";
  const instead = () =>
    h("span", { class: `${kind} kit-image-missing`, role: "img", "aria-label": words }, words);
  if (!/^(?:data:|\/(?!\/))/.test(image.image_url ?? "")) return instead();
  const shown = h("img", { class: kind, src: image.image_url, alt: words, loading: "lazy" });
  shown.addEventListener("error", () => shown.replaceWith(instead()), { once: true });
  return shown;
}
