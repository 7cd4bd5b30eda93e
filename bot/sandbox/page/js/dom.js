/**
 * Elements made from values. Text becomes text nodes and nothing else: no string is ever read as
 * HTML, and an address that a browser could run is left out.
 */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "selected", "indeterminate", "popover"]);
const ADDRESSES = new Set(["href", "src", "xlink:href"]);
const NEVER = new Set(["style", "srcdoc", "innerhtml", "outerhtml", "formaction"]);
let given = 0;

/**
 * An HTML element. `props`: attributes by name, `class`, `dataset` (an object), listeners as
 * `onclick` and so on (functions); null, undefined and false leave an attribute out, true sets it
 * empty. Children: nodes, texts, numbers, lists of them; null, undefined and false are left out.
 *
 * @param {string} tag
 * @param {Record<string, unknown> | null} [props]
 * @param {...unknown} children
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  return filled(document.createElement(tag), props, children);
}

/**
 * An SVG element; arguments as of `h`.
 *
 * @param {string} tag
 * @param {Record<string, unknown> | null} [props]
 * @param {...unknown} children
 * @returns {SVGElement}
 */
export function svg(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

/** A list of nodes as one. @param {...unknown} children @returns {DocumentFragment} */
export function fragment(...children) {
  const whole = document.createDocumentFragment();
  append(whole, children);
  return whole;
}

/** An id that no other element of the page has. @param {string} [prefix] @returns {string} */
export function uid(prefix = "k") {
  given += 1;
  return `${prefix}-${given}`;
}

/**
 * The address if a person may be sent there: http, https, mailto, or a path of this page.
 *
 * @param {unknown} address
 * @returns {string | null}
 */
export function safeUrl(address) {
  if (typeof address !== "string") return null;
  if (/^(?:\/(?!\/)|#)/.test(address)) return address;
  return webUrl(address);
}

/** The address if it is one of the web or of mail. @param {unknown} address @returns {string | null} */
export function webUrl(address) {
  if (typeof address !== "string" || !/^(?:https?:\/\/|mailto:)/i.test(address)) return null;
  return /[\u0000-\u0020\u007f]/.test(address) ? null : address;
}

function filled(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value);
  append(node, children);
  return node;
}

function set(node, name, value) {
  if (NEVER.has(name.toLowerCase())) throw new TypeError(`${name} is not set from values`);
  if (value === null || value === undefined || value === false) return;
  if (name === "dataset") {
    for (const [key, each] of Object.entries(value)) {
      if (each !== null && each !== undefined) node.dataset[key] = String(each);
    }
  } else if (name.startsWith("on")) {
    if (typeof value !== "function") throw new TypeError(`${name} takes a function`);
    node.addEventListener(name.slice(2).toLowerCase(), value);
  } else if (PROPERTIES.has(name)) {
    node[name] = value;
  } else if (ADDRESSES.has(name)) {
    const address = safeUrl(value) ?? (name === "src" && dataImage(value));
    if (address) node.setAttribute(name, address);
  } else {
    node.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
  }
}

function dataImage(address) {
  return /^data:image\/(?:png|gif|jpeg|webp);base64,/.test(String(address))
    ? String(address)
    : null;
}

function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}
