/**
 * Elements by type.
 *
 * @typedef {object} Place where an element stands
 * @property {object} block
 * @property {object} element
 * @property {import("../context.js").Context} context
 * @property {boolean} optional whether it may be left empty
 * @property {(hint: string, alsoBy?: string) => Record<string, string | null>} naming the
 *   attributes that name it: by the block's own words where it has any, else by *hint*
 */

import { unknown } from "../unknown.js";
import { renderButton } from "./button.js";
import { renderChoices } from "./choices.js";
import { renderImage } from "./image.js";
import { renderMultiSelect } from "./multi_select.js";
import { renderOverflow } from "./overflow.js";
import { renderPicker } from "./picker.js";
import { renderSelect } from "./select.js";
import { renderTextInput } from "./text_input.js";

const ELEMENTS = {
  button: renderButton,
  overflow: renderOverflow,
  static_select: renderSelect,
  users_select: renderSelect,
  conversations_select: renderSelect,
  multi_static_select: renderMultiSelect,
  datepicker: renderPicker,
  timepicker: renderPicker,
  plain_text_input: renderTextInput,
  checkboxes: renderChoices,
  radio_buttons: renderChoices,
  image: (element) => renderImage(element, "kit-thumbnail"),
};

/** @param {object} element @param {Omit<Place, "element">} place @returns {HTMLElement} */
export function renderElement(element, place) {
  const render = Object.hasOwn(ELEMENTS, element?.type ?? "") ? ELEMENTS[element.type] : null;
  return render ? render(element, { ...place, element }) : unknown("element", element?.type);
}

/** How elements are named outside input blocks. @returns {Place["naming"]} */
export function byHint(describedBy = null) {
  return (hint, alsoBy = null) => {
    if (!alsoBy) return { "aria-label": hint, "aria-describedby": describedBy };
    return { "aria-labelledby": alsoBy, "aria-describedby": describedBy };
  };
}
