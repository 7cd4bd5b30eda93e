/** `input`: a label, an element, a hint, and what is wrong with what was typed. */

import { h, uid } from "../../dom.js";
import { renderElement } from "../elements/index.js";
import { plainOf } from "../text.js";

const GROUPS = new Set(["checkboxes", "radio_buttons", "multi_static_select"]);
const FIELDS = "input:not(.kit-box), select, textarea";

/** @returns {HTMLElement} */
export function renderInput(block, context) {
  const [label, field, hint, error] = [uid("label"), uid("field"), uid("hint"), uid("error")];
  const { element = {} } = block;
  const isGroup = GROUPS.has(element.type);
  const describedBy = [error, block.hint && hint].filter(Boolean).join(" ");
  const naming = (_hint, alsoBy) => {
    const names = [label, alsoBy].filter(Boolean).join(" ");
    return {
      id: field,
      "aria-describedby": describedBy,
      "aria-labelledby": isGroup ? names : null,
    };
  };
  const optional = block.optional === true;
  const control = renderElement(element, { block, context, optional, naming });
  if (!optional) require(control);
  const shown = h(
    "div",
    { class: "kit-input", dataset: { blockId: block.block_id } },
    h(
      "div",
      { class: "kit-label-row" },
      h(
        isGroup ? "span" : "label",
        { class: "kit-label", id: label, for: isGroup ? null : field },
        plainOf(block.label),
      ),
      optional && h("span", { class: "kit-optional" }, "(optional)"),
    ),
    control,
    h("div", { class: "kit-error", id: error, role: "alert", hidden: true }),
    block.hint && h("div", { class: "kit-hint", id: hint }, plainOf(block.hint)),
  );
  showError(shown, context.errors?.[block.block_id]);
  return shown;
}

/**
 * Put sentences under the inputs of a form, and take away those that stood there.
 *
 * @param {ParentNode} root
 * @param {Record<string, string>} errors by block id
 * @returns {HTMLElement | null} the first control that has one
 */
export function showErrors(root, errors) {
  const wrong = [...root.querySelectorAll(".kit-input")].filter((each) =>
    showError(
      each,
      Object.hasOwn(errors, each.dataset.blockId) ? errors[each.dataset.blockId] : "",
    ),
  );
  return wrong[0]?.querySelector(`${FIELDS}, .kit-box, button`) ?? null;
}

function showError(input, sentence) {
  const error = input.querySelector(".kit-error");
  if (error.textContent !== (sentence ?? "")) error.textContent = sentence ?? "";
  error.hidden = !sentence;
  input.classList.toggle("kit-input-wrong", Boolean(sentence));
  for (const field of input.querySelectorAll(`${FIELDS}, [role=radiogroup]`)) {
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  return Boolean(sentence);
}

/** Said to screen readers; what is missing is the workspace's to find. */
function require(control) {
  for (const field of control.querySelectorAll(FIELDS)) field.required = true;
  control.querySelector("[role=radiogroup]")?.setAttribute("aria-required", "true");
}
